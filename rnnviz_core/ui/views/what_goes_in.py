"""Where numbers are read, several per step: the series above the heatmaps, and a section of its own."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import what_goes_in as charts
from rnnviz_core.frames import what_goes_in as frames
from rnnviz_core.frames.tokens import axis_of, grid_columns, one_step, spread, step_texts
from rnnviz_core.languages import _
from rnnviz_core.ui.controls.choose import choose_token
from rnnviz_core.ui.drawing.show import show, showing
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

if TYPE_CHECKING:
    from rnnviz_core.tracing.trace import Trace
    from rnnviz_core.ui.serving.view import View


def above(view: "View") -> None:
    """The series over a section's charts; of a part of a longer one all of it, with the part shaded."""
    whole = _whole(view)
    names = frames.columns(view.trace)[: frames.DRAWN]
    if whole is None:
        show(
            charts.above(names, part=False),
            key="goes-in",
            description=_("Lines: the series that is read. {about}", about=frames.in_words(view.trace)),
            lines=frames.lines(view.trace),
            steps=frames.steps(view.trace),
        )
        return
    first = int(view.trace.meta["first_step"])
    last = first + len(view.trace[frames.INPUTS]) - 1
    with showing(None):  # a brush over the steps shown says nothing of all others
        show(
            charts.above(names, part=True),
            key="goes-in",
            description=_(
                "Lines: all that is read, of which the steps {first} to {last} are shown. {about}",
                first=first,
                last=last,
                about=frames.in_words(whole),
            ),
            lines=frames.lines(whole),
            steps=frames.steps(whole),
            span=frames.span(first, last),
        )


def _whole(view: "View") -> "Trace | None":
    """The run over all steps, where the trace is a part of it."""
    if "first_step" not in view.trace.meta:
        return None
    found: Trace | None = getattr(view.model, "whole", None)
    return found if found is not None and frames.INPUTS in found else None


def numbers(view: "View", part: str) -> None:
    """What goes in, column by column: as it is, and the number that is made of it."""
    position = choose_token(view, part)
    for shown in side_by_side(view):
        if not (names := frames.columns(shown.trace)):
            st.info(_("This one reads no numbers."), icon=":material/info:")
            continue
        texts = step_texts(shown.trace, part)
        show(
            charts.panels(names[: frames.DRAWN]),
            key=shown.key("goes-in-panels"),
            description=_("Lines, a panel per column: {about}", about=frames.in_words(shown.trace)),
            lines=frames.lines(shown.trace),
            steps=frames.steps(shown.trace),
            chosen=one_step(texts, min(position, len(texts) - 1)),
        )
        if len(names) > frames.DRAWN:
            st.caption(
                _(
                    "Drawn are the first {drawn} of {count} columns; the table has them all.",
                    drawn=frames.DRAWN,
                    count=len(names),
                )
            )
        st.dataframe(frames.table(shown.trace), hide_index=True)
    explain(
        _(
            "Each panel is one column of your file in its own unit; the table says what is done "
            "to it before the network reads it. Scaling is not part of a network’s file: it must "
            "be the one of its training, or the numbers mean something else to the network."
        ),
        _(
            "Are the numbers read in the range of the training, often −3 to 3 or 0 to 1? If not, "
            "choose another scaling on the page Your own."
        ),
    )
    download_rows(partial(frames.lines, view.trace), "goes-in")


def read(view: "View", part: str) -> None:
    """What the first recurrent layer reads, where the input itself is not known or something lies between."""
    for shown in side_by_side(view):
        if frames.READ not in shown.trace:
            st.info(_("What its first layer reads is not part of this trace."), icon=":material/info:")
            continue
        values = shown.trace[frames.READ]
        texts = step_texts(shown.trace, part)
        show(
            charts.read_map(values.shape[1], axis_of(shown.trace, part), frames.limit(values)),
            key=shown.key("goes-in-read"),
            description=_(
                "Heatmap: {count} numbers per step, {values}", count=values.shape[1], values=spread(values)
            ),
            cells=grid_columns(texts, values.shape[1], "dim", value=values),
        )
        names = shown.trace.labels.get("dim", ())
        if len(names) == values.shape[1]:
            st.caption(
                plain(_("Rows: {rows}", rows=", ".join(f"{n} {name}" for n, name in enumerate(names[:40]))))
            )
    explain(
        _(
            "Each column holds the numbers that the first recurrent layer reads at a step. Blue "
            "is below zero, orange above."
        ),
        _("Does a row hold one value throughout? Then nothing is read there."),
    )
