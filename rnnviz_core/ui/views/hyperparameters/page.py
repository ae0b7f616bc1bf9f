"""The page from top to bottom."""

import functools

import streamlit as st

from rnnviz_core.charts import study as charts
from rnnviz_core.frames import study as frames
from rnnviz_core.languages import N_, _
from rnnviz_core.tuning.report import Report, shipped
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.wording import explain, plain

# What the study that comes with RNNViz was trained on, as its report has it.
ABOUT = N_("4,000 training sentences of the Stanford Sentiment Treebank, drawn at random")


@functools.cache
def _studies() -> dict[str, Report]:
    return shipped()


def draw() -> None:
    """What was tried, what came of it, and what a best trial does not say."""
    for name, report in _studies().items():
        _study(name, report)


def _study(name: str, report: Report) -> None:
    low, high = frames.span(report)
    fixed = report.settings
    about = str(fixed.get("about", fixed.get("data", "")))
    seconds = sum(one.seconds for one in report.trials)
    st.markdown(
        _(
            "**{name}**: {said} Each trial is a training of {epochs} epochs on {data}; all of them took "
            "{minutes:.0f} minutes on a busy machine, one thread each.",
            name=plain(name),
            said=plain(frames.in_words(report)),
            epochs=fixed.get("epochs", 10),
            data=plain(_(ABOUT) if about == ABOUT else about),
            minutes=seconds / 60,
        )
    )
    show(
        charts.parallel(frames.axes(report), report.metric, low, high),
        key=f"study-lines-{name}",
        description=_("Parallel coordinates, a line per trial. {said}", said=frames.in_words(report)),
        lines=frames.lines(report),
        marks=frames.marks(report),
    )
    first, second = st.columns(2)
    with first:
        show(
            charts.importances(tuple(map(str, frames.importances(report)["setting"]))),
            key=f"study-importances-{name}",
            description=_("Bars: the share of the variance of the figure that each setting accounts for."),
            importances=frames.importances(report),
        )
    with second:
        show(
            charts.course(report.metric),
            key=f"study-course-{name}",
            description=_("Dots: the figure of each trial; a line: the best so far."),
            course=frames.course(report),
        )
    explain(
        _(
            "Optuna proposes settings, more and more near those that did well (TPE), and ends a run "
            "early that is worse than the median of the others after the same epoch. Importances are "
            "computed over the trials that came to the end. A click on a dot of the first picture picks "
            "out a trial, a double click shows all again."
        ),
        _(
            "Which settings do the best trials share, and which do not matter? Is the best trial much "
            "better than the second, or within the noise of another seed?"
        ),
    )
    st.dataframe(frames.table(report), hide_index=True, width="stretch", key=f"study-table-{name}")
    st.caption(
        _(
            "The best of many validation figures is too good: it was chosen for being the highest. Only "
            "data that no trial has seen tell how good the network is. This command trains it again:"
        )
    )
    st.code(report.command, language="shell", wrap_lines=True)
