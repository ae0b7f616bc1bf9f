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
from rnnviz_core.languages import _
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
            strips = {"mean": _("mean of all units"), "unit": _("unit {unit}", unit=unit)}
            choose_one("strips", _("Gates and memory"), strips)
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
    several = len(view.trace.tokens[view.trace.time_axis(stepped(view))]) > 1  # else nothing to step through
    if stepped(view) == "encoder":
        _explain_verdict(view, several)
    else:
        _explain_translation(view, several)


def _explain_verdict(view: "View", several: bool) -> None:
    trace = view.trace
    if trace.layers():
        read = _(
            "Time runs from left to right: each token becomes a column of numbers (embedding), "
            "and the state mixes it with the state before."
        )
    else:
        read = _(
            "Time runs from left to right: each token becomes a column of numbers (embedding), "
            "and the verdict is read from the mean of all columns so far, whatever their order."
        )
    if several:
        colours = _(
            "Blue is below zero, orange above; walk through the steps (keys ← and →), and watch "
            "the verdict under it."
        )
        question = _(
            "At which token does the verdict settle? Change the word you would blame, and look again."
        )
    else:
        colours = _("Blue is below zero, orange above.")
        question = _(
            "Write a second word: the network then reads the two together, and the verdict may change."
        )
    explain(f"{read} {colours}{below_picture(trace, 'encoder')}", question)


def _explain_translation(view: "View", several: bool) -> None:
    trace = view.trace
    if "attention.weights" in trace:
        reads = _("The lines show how strongly the chosen step reads each source token.")
        question = (
            _(
                "Walk through the translation (keys ← and →). Does the strongest line follow the "
                "word being translated?"
            )
            if several
            else _("Is the strongest line that of the word being translated?")
        )
    else:
        reads = (
            _(
                "This network has no attention: every step reads the same numbers, the encoder’s "
                "last state (read backwards, the last one stands at the first token)."
            )
            if trace.reverses("encoder")
            else _(
                "This network has no attention: every step reads the same numbers, the encoder’s last state."
            )
        )
        question = _(
            "Write a longer sentence. All of it must fit into those few numbers: which words are "
            "lost in the translation?"
        )
    fed = (
        _(
            "Above, the encoder reads the sentence; below, the decoder is fed your translation, "
            "one token per step, whatever it would have output itself."
        )
        if trace.meta["forced"]
        else _(
            "Above, the encoder reads the sentence; below, the decoder outputs one token per "
            "step, fed with the token it output before."
        )
    )
    explain(f"{fed} {reads}{below_picture(trace, 'decoder')}", question)


def below_picture(trace: frames.Trace, part: str, several: bool = False) -> str:
    """What every explanation of the picture ends in: how to walk through it, its cell, what a click does."""
    said = [_("Walk through the steps (keys ← and →).")] if several else []
    click = (
        _("Click a box or a line: it is taken apart below.")
        if part == "decoder"
        else _("Click a box: it is taken apart below.")
    )
    return " ".join(("", *said, _cell_in_words(trace, part), click)) + frames.thinned_in_words(trace)


def _cell_in_words(trace: frames.Trace, part: str) -> str:
    """What tells the cells apart in the picture."""
    if not trace.layers(part):
        return _("There is no state and no memory.")
    memory = trace.definition(part).memory
    if memory is None:
        return _("There is nothing but the state: no memory runs through, no gate decides.")
    if memory.state == "cell":
        return _(
            "The memory that runs through is the cell state, as thick as the share of it that is "
            "kept; the strips are the gates, dark where they are shut and bright where they are "
            "open."
        )
    return _(
        "The memory that runs through is the state itself, as thick as the share of it that "
        "is kept; the strips are the gates, dark where they are shut and bright where they "
        "are open."
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
        _(
            "Time runs from left to right. Above, the series and what the network expected of "
            "each value one step before it came; below, the number it reads and the state that "
            "carries on what it has seen. Blue is below zero, orange above."
        )
        + below_picture(view.trace, "encoder", several),
        _("Where is it furthest off: at the turns, or where the noise is large?"),
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
