"""The overview: the picture of the network at one step, and the way from each of its parts to its page."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.charts import overview as charts
from rnnviz_core.charts import series as series_charts
from rnnviz_core.frames import overview as frames
from rnnviz_core.frames import series as series_frames
from rnnviz_core.frames.tokens import ordered
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import TOKEN_NAMES, choose_reference
from rnnviz_core.ui.controls.clicks import clicked
from rnnviz_core.ui.controls.player import play
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import explain, link_pages, plain
from rnnviz_core.ui.views.sections import NUMBERS, Needs, Section

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

KEY = "network"  # of the picture
PAGES = {"embedding": "embeddings", "hidden": "states", "attention": "attention", "readout": "softmax"}


def stepped(view: "View") -> str:
    """The part whose steps the player walks through: what is written last."""
    return "decoder" if view.trace.layers("decoder") else "encoder"


def picture(view: "View", step: int) -> None:
    """The network at one step, beside the one it is compared with; a clicked part opens its page."""
    if found := clicked(KEY):
        _open(view, found)
    for shown in side_by_side(view):
        trace, columns = shown.trace, frames.columns(shown.trace)
        rows = _rows(trace, "encoder")
        datasets: dict[str, frames.Columns] = {
            "cells": frames.cells(trace),
            "columns": columns,
            "now": frames.now(trace, stepped(shown), step),
        }
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
            f"{then}. Blue is below zero, orange above{walk}. Click a box: its "
            "page opens at that token." + thinned,
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
        f"Above, the encoder reads the sentence; below, the decoder {fed}. {reads} Click a box or a line: "
        "its page opens at that step." + thinned,
        question,
    )


def _rows(trace: frames.Trace, part: str) -> tuple[charts.Row, ...]:
    """The rows of boxes of one part, with their titles."""
    return tuple(
        charts.Row(track.site, frames.title(track), track.kind, track.size, track.every, track.reverse)
        for track in frames.tracks(trace)
        if track.part == part
    )


def _open(view: "View", found: dict[str, Any]) -> None:
    """Go to the page of the clicked part, with its token, unit and layer chosen."""
    site, page = str(found.get("site") or ""), ""
    for ending, name in PAGES.items():
        if site.endswith(ending):
            page = name
    if not page:
        return
    st.session_state.pop(f"clicked-{KEY}", None)  # the same part may be clicked again
    part = site.split(".")[0] if "." in site else stepped(view)
    url.put(TOKEN_NAMES[view.trace.time_axis(part)], str(int(found["position"])))
    if page == "states":
        url.put("layer", site.removesuffix(".hidden"))
        url.put("unit", str(int(found["unit"])))
    if page == "embeddings":
        url.put("side", part if "decoder.embedding" in view.trace else None)
    st.switch_page(routes.route(page).path)


def series_picture(view: "View", step: int) -> None:
    """The network under the series that it reads, at one step."""
    if found := clicked(KEY):
        _open(view, found)
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
            now=frames.now(trace, "encoder", step),
        )
        st.markdown(plain(series_frames.errors_in_words(trace)))


def series(view: "View") -> None:
    """The whole page where numbers are read: series above, what goes in, the states."""
    play(view, "encoder", partial(series_picture, view))
    several = len(view.trace[NUMBERS]) > 1  # else there is nothing to step through
    explain(
        "Time runs from left to right. Above, the series and what the network expected of each value one "
        "step before it came; below, the number it reads and the state that carries on what it has seen. "
        "Blue is below zero, orange above. "
        + "Walk through the steps (keys ← and →). " * several
        + "Click a box: its page opens at that step."
        + frames.thinned_in_words(view.trace),
        "Where is it furthest off: at the turns, or where the noise is large?",
    )
    link_pages(*(route.name for route in routes.ROUTES if not route.default))


def network(view: "View") -> None:
    """The whole page: the player over the picture, how to read it, and the way to all other pages."""
    part = stepped(view)
    if part == "decoder":
        choose_reference()
    play(view, part, partial(picture, view))
    explain_picture(view)
    link_pages(*(route.name for route in routes.ROUTES if not route.default))


SECTIONS = (
    Section("network", "Network", network, Needs(without=(NUMBERS,))),
    Section("network", "Network", series, Needs(sites=(NUMBERS,))),
)
