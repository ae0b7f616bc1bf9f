"""The sections of the states page, for one view or for two side by side."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.cells.equations import having
from rnnviz_core.charts import states as charts
from rnnviz_core.frames import first_look, gates, inspector, states
from rnnviz_core.frames.tokens import axis_of, called, one_step, spread, step_texts
from rnnviz_core.languages import _, pgettext
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_token, choose_unit
from rnnviz_core.ui.controls.clicks import clicked, follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.offers import offer_models
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

WITH_CELL_STATE = having(lambda cell: "cell" in cell.states)


def maps(view: "View", layer: "Layer") -> None:
    """Every state as a heatmap; a click shows the arithmetic of its cell below."""
    trace = view.trace
    names, size = states.names(trace, layer), layer.units(trace)
    follow(view, layer.part, "states-maps")
    above = st.container()
    with st.container(horizontal=True):
        position = choose_token(view, layer.part)
        unit = choose_unit(view, size, first_look.unit(trace, layer, position))
    _arithmetic(view, layer, position, unit)
    with above:
        for shown in layers_shown(view, layer):
            _draw_maps(shown, layer, position, unit, _height(view, layer))
    explain(
        _(
            "Each column is the state after a step, each row one unit; blue is below zero, "
            "orange above. Click a cell: the numbers that make it up stand below."
        )
        + states.clipped_in_words(trace, layer)
        + states.no_cell_in_words(trace, layer),
        _("Look for rows that keep one colour over many steps: the network remembers something there."),
    )
    download_rows(partial(states.cells, trace, layer), "states")
    if "cell" not in names:
        _offer_cell(view)


def none(view: "View", layer: "Layer") -> None:
    """A network without recurrence has no state after a token."""
    del layer
    task = view.entry.spec.task
    offer_models(
        _(
            "This network keeps no state: it averages the embeddings of all tokens, and the mean "
            "is the same in whatever order they come."
        ),
        lambda spec: spec.cell != "none" and spec.task == task,
    )


def _height(view: "View", layer: "Layer") -> int | None:
    """One height for the heatmaps of two views, so that their rows stand level; None for a view alone."""
    both = [one for one in (view, view.other) if one and layer.site("hidden") in one.trace]
    if len(both) < 2:
        return None
    most = max(len(states.names(one.trace, layer)) for one in both)
    return max(charts.map_height(most, layer.units(one.trace)) for one in both)


def _draw_maps(shown: "View", layer: "Layer", position: int, unit: int, height: int | None) -> None:
    trace = shown.trace
    names, size, texts = states.names(trace, layer), layer.units(trace), step_texts(trace, layer.part)
    limits = tuple(states.limit(trace, layer, name) for name in names)
    about = [f"{state_words(name)}: {spread(trace[layer.site(name)])}" for name in names]
    show(
        charts.state_maps(names, size, axis_of(trace, layer.part), limits, height),
        key=shown.key("states-maps"),
        description=_("Heatmap of {count} units; {about}.", count=size, about="; ".join(about)),
        select=None if shown.second else "cell",
        cells=states.cells(trace, layer),
        chosen=one_step(texts, min(position, len(texts) - 1), unit=min(unit, size - 1)),
    )


def _arithmetic(view: "View", layer: "Layer", position: int, unit: int) -> None:
    """The chosen cell's equations with the numbers in them."""
    trace = view.trace
    token = plain(called(step_texts(trace, layer.part), position))
    st.markdown(
        _(
            "**Unit {unit} after {token}**, computed from its gates and the state before:",
            unit=unit,
            token=token,
        )
    )
    weights = inspector.of_unit(view.model, layer, unit)
    for worked in gates.worked(trace, layer, position, unit, weights):
        if worked.name in gates.STATES:
            st.latex(worked.latex)


def units(view: "View", layer: "Layer") -> None:
    """Picked units as lines below the heatmap in which they are picked."""
    size = width(view, layer)
    name = choose_state(view, layer)
    picked = _picked(view, layer, name, size)
    above = st.container()
    for shown in layers_shown(view, layer):
        own = [unit for unit in picked if unit < width(shown, layer)]
        if name not in states.names(shown.trace, layer):
            st.info(no_state(name), icon=":material/info:")
            continue
        show(
            charts.unit_lines(
                name,
                width(shown, layer),
                axis_of(shown.trace, layer.part),
                states.limit(shown.trace, layer, name),
            ),
            key=shown.key("states-units"),
            description=_lines_of(own),
            select=None if shown.second else "cell",
            cells=states.cells(shown.trace, layer, name),
            picked=states.picked(own),
            lines=states.lines(shown.trace, layer, name, own),
        )
    key = url.widget("units", picked)
    above.multiselect(
        _("Units drawn"),
        range(size),
        key=key,
        max_selections=charts.PICKS,
        on_change=lambda: url.put("units", written(st.session_state[key])),
        help=_("Click rows of the heatmap to add their units, remove one with its ×."),
    )
    explain(
        _(
            "Each line is one row of the heatmap. At first you see the units that range most "
            "widely over this text; the address of this page keeps those you pick."
        )
        + states.no_cell_in_words(view.trace, layer),
        _("Click a row that changes its colour once. At which step does its line turn?"),
    )
    download_rows(partial(states.lines, view.trace, layer, name, picked), "states-units")


def _lines_of(units: list[int]) -> str:
    """What is drawn, for a reader who cannot see it."""
    if not units:
        return _("Heatmap, and lines of no unit.")
    named = ", ".join(_("unit {unit}", unit=unit) for unit in units)
    return _("Heatmap, and lines of {units}.", units=named)


def state_words(name: str) -> str:
    """What a state is called."""
    return _("cell state") if name == "cell" else _("hidden state")


def no_state(name: str) -> str:
    """What is said of a network that lacks a state."""
    if name == "cell":
        return _("This network has no cell state.")
    return _("This network has no hidden state.")


def written(chosen: list[int]) -> str:
    """Picked units as the URL holds them: ``3,17``; none is ``-``."""
    return ",".join(map(str, chosen)) or "-"


def read_units(size: int, raw: str) -> list[int] | None:
    """What `written` wrote, as far as it fits a layer of `size` units."""
    if raw == "-":
        return []
    found = [url.number(part) for part in raw[:200].split(",")]
    known = dict.fromkeys(unit for unit in found if unit is not None and unit < size)
    return list(known)[: charts.PICKS] or None if None not in found else None


def _picked(view: "View", layer: "Layer", name: str, size: int) -> list[int]:
    """The units in the URL, those of a new click among them; at first the widest ranging ones."""
    wide = states.widest(view.trace, layer, name)
    now = url.checked("units", partial(read_units, size), wide, shown=_("those that range most widely"))
    if cell := clicked("states-units"):
        unit = int(cell["unit"])
        now = [one for one in now if one != unit] if unit in now else [*now[1 - charts.PICKS :], unit]
        url.put("units", written(now))
        url.put("unit", str(unit))
        url.write()
    return now


def choose_state(view: "View", layer: "Layer") -> str:
    """Hidden or cell state; a widget only where there are both."""
    names = states.names(view.trace, layer)
    chosen = url.checked("state", url.one_of(gates.STATES), "hidden")
    chosen = chosen if chosen in names else "hidden"
    if len(names) > 1:
        key = url.widget("state", chosen)
        titles = {"hidden": pgettext("state", "Hidden"), "cell": pgettext("state", "Cell")}
        st.segmented_control(
            _("State"),
            names,
            format_func=titles.__getitem__,
            key=key,
            on_change=lambda: url.put("state", st.session_state[key]),
            required=True,
        )
    return chosen


def changes(view: "View", layer: "Layer") -> None:
    """How far each token moved the state."""
    traces = [one.trace for one in (view, view.other) if one and layer.site("hidden") in one.trace]
    follow(view, layer.part, "states-changes")
    above = st.container()
    position = choose_token(view, layer.part)
    with above:
        for shown in layers_shown(view, layer):
            texts = step_texts(shown.trace, layer.part)
            at = min(position, len(texts) - 1)
            said = states.change_in_words(shown.trace, layer, at)
            said += " " + states.changes_in_words(shown.trace, layer)
            show(
                charts.change_bars(states.names(shown.trace, layer), axis_of(shown.trace, layer.part)),
                key=shown.key("states-changes"),
                description=_("Bars: how far each step moved the state. {said}", said=said),
                select=None if shown.second else "cell",
                changes=states.changes(shown.trace, layer, *traces),
                chosen=one_step(texts, at),
            )
            st.markdown(plain(said))
    explain(
        _(
            "A bar is the length of the difference between the state after a step and the state "
            "before it; the first step is measured from the initial state."
        ),
        _("Which steps move the state most: turns and jumps, or those that go on as before?")
        if axis_of(view.trace, layer.part) == "numbers"
        else _(
            "Which words move the state most: those that judge, or those that hold the sentence together?"
        ),
    )
    download_rows(partial(states.changes, view.trace, layer), "states-changes")


def width(view: "View", layer: "Layer") -> int:
    """How many units the layer has."""
    size: int = view.trace[layer.site("hidden")].shape[1]
    return size


def layers_shown(view: "View", layer: "Layer") -> "Iterator[View]":
    """One view or both, without those that have no such layer."""
    for shown in side_by_side(view):
        if layer.site("hidden") in shown.trace:
            yield shown
        else:
            st.info(_("This network has no such layer."), icon=":material/info:")


def _offer_cell(view: "View") -> None:
    task = view.entry.spec.task
    offer_models(
        _(
            "An LSTM has a second, inner memory beside its hidden state, the cell state, and "
            "shows only a part of it outside."
        ),
        lambda spec: spec.cell in WITH_CELL_STATE and spec.task == task,
    )
