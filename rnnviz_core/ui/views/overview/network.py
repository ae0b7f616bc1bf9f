"""The picture of the network at one step, and what is under it."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import overview as charts
from rnnviz_core.charts import series as series_charts
from rnnviz_core.frames import overview as frames
from rnnviz_core.frames import series as series_frames
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.tokens import ordered
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, choose_reference, chosen_token
from rnnviz_core.ui.controls.clicks import clicked
from rnnviz_core.ui.controls.player import play, stop
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import explain, link_pages, plain
from rnnviz_core.ui.views.sections import NUMBERS

from . import details

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

KEY = "network"  # of the picture
STRIPS = {"mean": "mean of all units", "unit": "unit {}"}


def stepped(view: "View") -> str:
    """The part whose steps the player walks through: what is written last."""
    return "decoder" if view.trace.layers("decoder") else "encoder"


def picture(view: "View", step: int) -> None:
    """The network at one step, beside the one it is compared with; a clicked part is taken apart below."""
    _follow_while_playing(view)
    unit = _unit_of_strips(view, step)
    for shown in side_by_side(view):
        trace, columns = shown.trace, frames.columns(shown.trace)
        rows = _rows(trace, "encoder")
        datasets = {"cells": frames.cells(trace), "columns": columns, **_step(shown, step, unit)}
        if stepped(shown) == "encoder":
            chart = charts.sentiment(
                rows, trace.labels["class"], attention="weight" in columns, ordered=ordered(trace)
            )
            datasets["verdicts"] = frames.verdicts(trace)
        else:
            chart = charts.translation(rows, _rows(trace, "decoder"))
            datasets |= {"written": frames.columns(trace, "decoder"), "links": frames.links(trace)}
        key, about = shown.key(KEY), frames.describe(trace)
        show(
            chart,
            key=key,
            description=about,
            height=None,
            select=None if shown.second else "cell",
            **datasets,
        )
    _under(view, step)


def _under(view: "View", step: int) -> None:
    """Under the picture: its sizes in one line, whose gates it shows, and the clicked part taken apart."""
    part = stepped(view)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(frames.dimensions(view.trace)))
        if frames.gates(view.trace, part):
            unit = details.chosen_unit(view, Layer(part), step)
            choose_one(
                "strips", "Gates and memory", {name: text.format(unit) for name, text in STRIPS.items()}
            )
    details.panel(view, part, step)


def _follow_while_playing(view: "View") -> None:
    """A click into a picture that plays ends the walk: the page is drawn anew, at what was clicked."""
    if details.take_over(view, clicked(KEY)):
        stop()
        st.rerun()


def _step(shown: "View", step: int, unit: int | None) -> dict[str, frames.Columns]:
    """The rows that depend on what was chosen: the step, and whose gates the strips show."""
    part = stepped(shown)
    walked = chosen_token(shown, part) is not None
    found = {"now": frames.now(shown.trace, part, step, walked=walked)}
    strips = frames.strips(shown.trace, unit)
    return found if strips is None else {**found, "strips": strips}


def _unit_of_strips(view: "View", step: int) -> int | None:
    """Whose gates the strips show: None for the mean of all units, else the chosen unit."""
    if url.get("strips") != "unit" or not frames.gates(view.trace, stepped(view)):
        return None
    return details.chosen_unit(view, Layer(stepped(view)), step)


def explain_picture(view: "View") -> None:
    """How to read the picture, and what to try with it."""
    trace, thinned = view.trace, frames.thinned_in_words(view.trace)
    several = len(trace.tokens[trace.time_axis(stepped(view))]) > 1  # else there is nothing to step through
    walk = "; walk through the steps (keys ← and →), and watch the verdict under it" * several
    if stepped(view) == "encoder":
        then = (
            "the state mixes it with the state before"
            if trace.layers()
            else "the verdict is read from the mean of all columns so far, whatever their order"
        )
        explain(
            "Time runs from left to right: each token becomes a column of numbers (embedding), and "
            f"{then}. Blue is below zero, orange above{walk}. "
            f"{_cell_in_words(trace, 'encoder')} Click a box: it is taken apart below." + thinned,
            "At which token does the verdict settle? Change the word you would blame, and look again."
            if walk
            else "Write a second word: the network then reads the two together, and the verdict may change.",
        )
        return
    reads, question = (
        "The lines show how strongly the chosen step reads each source token.",
        "Walk through the translation (keys ← and →). Does the strongest line follow the word being "
        "translated?"
        if several
        else "Is the strongest line that of the word being translated?",
    )
    if "attention.weights" not in trace:
        reads = (
            "This network has no attention: every step reads the same numbers, the encoder’s last state"
            + (
                " (read backwards, the last one stands at the first token)." * trace.reverses("encoder")
                or "."
            )
        )
        question = (
            "Write a longer sentence. All of it must fit into those few numbers: which words are lost in the "
            "translation?"
        )
    fed = "outputs one token per step, fed with the token it output before"
    if trace.meta["forced"]:
        fed = "is fed your translation, one token per step, whatever it would have output itself"
    explain(
        f"Above, the encoder reads the sentence; below, the decoder {fed}. {reads} "
        f"{_cell_in_words(trace, 'decoder')} Click a box or a line: it is taken apart below." + thinned,
        question,
    )


def _cell_in_words(trace: frames.Trace, part: str) -> str:
    """What tells the cells apart in the picture."""
    if not trace.layers(part):
        return "There is no state and no memory."
    memory = trace.definition(part).memory
    if memory is None:
        return "There is nothing but the state: no memory runs through, no gate decides."
    state = "cell state" if memory.state == "cell" else "state itself"
    return (
        f"The memory that runs through is the {state}, as thick as the share of it that is kept; the strips "
        "are the gates, dark where they are shut and bright where they are open."
    )


def _rows(trace: frames.Trace, part: str) -> tuple[charts.Row, ...]:
    """The rows of boxes of one part, with their titles."""
    return tuple(
        charts.Row(**frames.row(trace, track)) for track in frames.tracks(trace) if track.part == part
    )


def series_picture(view: "View", step: int) -> None:
    """The network under the series that it reads, at one step."""
    _follow_while_playing(view)
    unit = _unit_of_strips(view, step)
    for shown in side_by_side(view):
        trace = shown.trace
        show(
            series_charts.unrolled(_rows(trace, "encoder")),
            key=shown.key(KEY),
            description=series_frames.describe(trace, step),
            height=None,
            select=None if shown.second else "cell",
            series=series_frames.picture(trace),
            cells=frames.cells(trace),
            columns=frames.columns(trace),
            **_step(shown, step, unit),
        )
        st.markdown(plain(series_frames.errors_in_words(trace)))
    _under(view, step)


def series(view: "View") -> None:
    """The whole page where numbers are read: series above, what goes in, the states."""
    details.take_over(view, clicked(KEY))
    play(view, "encoder", partial(series_picture, view))
    several = len(view.trace[NUMBERS]) > 1  # else there is nothing to step through
    explain(
        "Time runs from left to right. Above, the series and what the network expected of each value one "
        "step before it came; below, the number it reads and the state that carries on what it has seen. "
        "Blue is below zero, orange above. "
        + "Walk through the steps (keys ← and →). " * several
        + f"{_cell_in_words(view.trace, 'encoder')} Click a box: it is taken apart below."
        + frames.thinned_in_words(view.trace),
        "Where is it furthest off: at the turns, or where the noise is large?",
    )
    link_pages(*(route.name for route in routes.TRACED if not route.default))


def network(view: "View") -> None:
    """The whole page: the player over the picture, how to read it, and the way to all other pages."""
    part = stepped(view)
    details.take_over(view, clicked(KEY))
    play(view, part, partial(picture, view))
    if part == "decoder" and "reference" in loaders.options(view.entry):
        choose_reference()  # under the picture, which comes first
    explain_picture(view)
    link_pages(*(route.name for route in routes.TRACED if not route.default))
