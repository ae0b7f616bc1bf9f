"""The sections of the gates page: heatmaps with the chosen cell's arithmetic, and summaries."""

from collections.abc import Iterator
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.cells.equations import having
from rnnviz_core.charts import gates as charts
from rnnviz_core.charts import inspector as inspector_charts
from rnnviz_core.frames import first_look, gate_order, gate_summary, gates, inspector
from rnnviz_core.frames.tokens import axis_of, called, spread, step_texts
from rnnviz_core.languages import N_, _
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, choose_token, choose_unit, current_token, inside
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.offers import offer_models
from rnnviz_core.ui.shell.wording import download_rows, explain, negation, plain

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

GATED = having(lambda cell: len(cell.gates) > 1)
MEANS = {  # the gate by whose mean units are ordered -> that order
    "forget": N_("Mean of forget"),
    "update": N_("Mean of update"),
    "candidate": N_("Mean of candidate"),
}


def units_of(view: "View", layer: "Layer") -> int:
    """How many units the layer has."""
    return layer.units(view.trace)


def comparable(view: "View", layer: "Layer", *, head: bool = True) -> "Iterator[View]":
    """The views that have this layer; the other one gets a word instead."""
    for shown in side_by_side(view, head=head):
        if layer.site("hidden") in shown.trace:
            yield shown
        else:
            st.info(_("This network has no {layer}.", layer=inside(layer.words)), icon=":material/info:")


def maps(view: "View", layer: "Layer") -> None:
    """Every gate as a heatmap; a click shows the arithmetic of its cell below."""
    follow(view, layer.part, "gates-maps")
    kind, above = _choose_order(view), st.container()
    with st.container(horizontal=True):
        position = choose_token(view, layer.part)
        unit = choose_unit(view, units_of(view, layer), first_look.unit(view.trace, layer, position))
    _arithmetic(view, layer, position, unit)
    only = _gates_of(view)
    with above:
        for shown in comparable(view, layer):
            leader = view if shown.model_id == view.model_id else shown  # a unit keeps its row
            _draw_maps(shown, layer, _order(leader, layer, kind), position, unit, _height(view, layer))
    explain(
        " ".join(_how_to_read(view, layer)),
        _question(view, layer),
    )
    download_rows(partial(gates.cells, view.trace, layer, _order(view, layer, kind)), "gates")
    if not only:
        st.markdown(
            _(
                "**A plain RNN has no gates.** Nothing decides what to keep: every step rewrites the "
                "whole state. All it computes is this candidate, which is at once its new hidden "
                "state."
            )
        )
        task = view.entry.spec.task
        offer_models(
            _("Every other cell has gates."),
            lambda spec: spec.cell in GATED and spec.task == task,
        )


def _how_to_read(view: "View", layer: "Layer") -> "Iterator[str]":
    """The sentences under the heatmaps."""
    if axis_of(view.trace, layer.part) == "numbers":
        yield _("Each column is a step, each row one unit.")
    else:
        yield _("Each column is a token, each row one unit.")
    if _gates_of(view):
        yield _("Yellow gates are open (1), purple ones shut (0).")
    yield _candidate(view, layer)
    yield _("Click a cell: the numbers that make it up stand below.")


def none(view: "View", layer: "Layer") -> None:
    """A network without recurrence has no cell, and so no gates."""
    del layer
    task = view.entry.spec.task
    offer_models(
        _(
            "This network has no cell: it averages the embeddings of all tokens. Nothing is "
            "carried from one token to the next, so there is nothing to keep and nothing to "
            "forget."
        ),
        lambda spec: spec.cell != "none" and spec.task == task,
    )


def _candidate(view: "View", layer: "Layer") -> str:
    """What the candidate's colours mean; one that no function bounds may lie beyond them."""
    values = view.trace[layer.site("candidate")]
    beyond = int((np.abs(values) > 1).sum())
    if not beyond:
        return _("The candidate runs from blue (−1) to orange (1).")
    return _(
        "The candidate runs from blue (−1) to orange (1); {beyond} of its {count} numbers "
        "lie beyond and share an end colour.",
        beyond=beyond,
        count=values.size,
    )


def _question(view: "View", layer: "Layer") -> str:
    """What to try on the heatmaps, in words of the language that is read."""
    word = negation(view)
    if axis_of(view.trace, layer.part) == "numbers":
        return _("Change one number of the series. For how many steps do the columns differ?")
    if layer.part == "decoder" or word is None:
        return _("Change one word of the sentence. From which step on do the columns differ?")
    if word == "not":
        return _("Put “{word}” before an adjective. Which units change their colour there?", word=word)
    return _("Put “{word}” before the verb. Which units change their colour there?", word=word)


def _gates_of(view: "View") -> tuple[str, ...]:
    return tuple(name for name in gates.names(view.trace) if name != "candidate")


def _choose_order(view: "View") -> str:
    keeper = gate_order.keeper(view.trace)
    mean = _(MEANS[keeper]) if keeper in MEANS else _("Mean of {gate}", gate=keeper)
    kinds = {"index": _("Unit number"), "mean": mean, "similar": _("Similar units together")}
    return choose_one(
        "order",
        _("Order of the units"),
        kinds,
        help=_(
            "The same order in every heatmap: by number, by the unit’s mean, or units that move "
            "alike side by side (clustering)."
        ),
    )


def _order(view: "View", layer: "Layer", kind: str) -> np.ndarray | None:
    """The units from the top row down; None: by their numbers."""
    if kind == "index":
        return None
    return gate_order.order(view.trace, layer, gates.names(view.trace), kind)


def _height(view: "View", layer: "Layer") -> int | None:
    """One height for the heatmaps of two views, so that their rows stand level; None for a view alone."""
    both = [one for one in (view, view.other) if one and layer.site("hidden") in one.trace]
    if len(both) < 2:
        return None
    most = max(len(gates.names(one.trace)) for one in both)
    return max(charts.map_height(most, units_of(one, layer)) for one in both)


def _panels(shown: "View", beside: bool) -> tuple[str, ...]:
    """The gates from the top down; beside another cell in the order of what they do: keep, write, ..."""
    only = _gates_of(shown)
    if not beside:
        return (*only, "candidate")
    first = shown.trace.definition("encoder").keeper
    ranked = [*(name for name in only if name == first), *(name for name in only if name != first)]
    return (*ranked[:2], "candidate", *ranked[2:])


def _draw_maps(
    shown: "View",
    layer: "Layer",
    order: np.ndarray | None,
    position: int,
    unit: int,
    height: int | None,
) -> None:
    trace, units = shown.trace, units_of(shown, layer)
    cell = trace.definition(layer.part)
    names = _panels(shown, height is not None)
    places = [cell.gate_names.index(name) for name in names]
    at = min(position, len(step_texts(trace, layer.part)) - 1)
    about = [f"{charts.gate_title(name)}: {spread(trace[layer.site(name)])}" for name in names]
    show(
        charts.gate_maps(
            names,
            units,
            axis_of(trace, layer.part),
            order is not None,
            tuple(cell.meanings[place] for place in places),
            tuple(cell.function(name) for name in names),
            height,
        ),
        key=shown.key("gates-maps"),
        description=_(
            "Heatmaps of {units} units over the steps. {about}.", units=units, about="; ".join(about)
        ),
        select=None if shown.second else "cell",
        cells=gates.cells(trace, layer, order),
        chosen=gates.chosen(trace, layer.part, at, min(unit, units - 1), order),
    )


def _arithmetic(view: "View", layer: "Layer", position: int, unit: int) -> None:
    """The chosen cell's equations with the numbers in them, and the way to all the rest of it."""
    token = plain(called(step_texts(view.trace, layer.part), position))
    with st.container(border=True):
        st.markdown(_how(view, layer, unit, token))
        weights = inspector.of_unit(view.model, layer, unit)
        st.html(formula_lines(gates.in_brief(view.trace, layer, position, unit, weights)))
        st.button(
            _("Take this cell apart"),
            icon=":material/search:",
            key="gates-apart",
            on_click=url.put,
            args=("section", "cell"),
            help=_("The cell as a drawing, every formula, and the inputs behind each sum"),
        )


def _how(view: "View", layer: "Layer", unit: int, token: str) -> str:
    """What makes up a gate of this cell, in a line."""
    cell = view.trace.definition(layer.part)
    if not cell.reads_state:
        said = N_("**Unit {unit} at {token}**: what the input says, and for a gate its σ.")
    elif cell.peepholes:
        said = N_(
            "**Unit {unit} at {token}**: what the input says plus what the old state says, for "
            "three gates what the cell says through its peephole, then σ or tanh."
        )
    else:
        said = N_(
            "**Unit {unit} at {token}**: what the input says plus what the old state says, then σ or tanh."
        )
    return _(said, unit=unit, token=token)


def formula_lines(found: list[tuple[str, str, str]]) -> str:
    """Formulas in numbers, a line each, that wrap on a phone."""
    rows = []
    for words, formula, result in found:
        start = f"{escape(formula)} ≈ " if formula != result else ""
        rows.append(
            f'<div class="rv-row"><span class="rv-key" style="flex-basis:6.5rem">{escape(words)}</span>'
            f'<span class="rv-value">{start}<strong>{escape(result)}</strong></span></div>'
        )
    return f'<div class="rv-head">{"".join(rows)}</div>'


def summary(view: "View", layer: "Layer") -> None:
    """How open the gates are: per token, and over all values."""
    follow(view, layer.part, "gates-means")
    position, views = current_token(view, layer.part), []
    for shown in comparable(view, layer):
        if _gates_of(shown):
            _draw_means(shown, layer, position)
            views.append(shown)
        else:
            st.info(_("This network has no gates."), icon=":material/info:")
    explain(
        _(
            "A line is the mean over all units; the band around it holds the middle 80 % of "
            "them, from the 10th to the 90th in a hundred."
        ),
        _("At which step is a band widest? There the units disagree most about what to keep."),
    )
    for shown in comparable(view, layer, head=False):
        if shown in views:
            _draw_shares(shown, layer, *(one.trace for one in views))
    explain(
        _(
            "How often each value occurs over all units and steps, and how much of each gate is "
            "nearly shut or open."
        ),
        _("A gate that is always half open decides little. Which gate of this network decides most?"),
    )
    with st.container(horizontal=True):
        only = _gates_of(view)
        download_rows(partial(gate_summary.means, view.trace, layer, only), "gates-means")
        download_rows(partial(gate_summary.shares, view.trace, layer, only), "gates-shares")


def _draw_means(shown: "View", layer: "Layer", position: int) -> None:
    only = _gates_of(shown)
    words = gate_summary.means_in_words(shown.trace, layer, only)
    show(
        charts.gate_means(only, axis_of(shown.trace, layer.part)),
        key=shown.key("gates-means"),
        description=_("Lines: how open each gate is per step. On average {words}.", words=words),
        select=None if shown.second else "cell",
        means=gate_summary.means(shown.trace, layer, only),
        chosen=marked(shown, layer, position),
    )


def marked(shown: "View", layer: "Layer", position: int) -> gates.Columns:
    """The row that marks the chosen step; of a shorter text its last one."""
    last = len(step_texts(shown.trace, layer.part)) - 1
    return gates.chosen(shown.trace, layer.part, min(position, last), None)


def _draw_shares(shown: "View", layer: "Layer", *beside: gates.Trace) -> None:
    trace, only = shown.trace, _gates_of(shown)
    show(
        inspector_charts.gate_histograms(only),
        key=shown.key("gates-histograms"),
        description=_(
            "Histogram of each gate. {shares}", shares=gate_summary.shares_in_words(trace, layer, only)
        ),
        bins=gate_summary.histograms(trace, layer, only, *beside),
        shares=gate_summary.shares(trace, layer, only),
    )
