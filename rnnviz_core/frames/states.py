"""Frames of the states page: hidden and cell state, and how far each token moved them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .layer import Layer
from .tokens import called, clipped, grid_columns, step_texts, tick_texts

CELL_LIMIT = 3.0  # where the colours of a cell state end, and of a hidden state that goes beyond ±1


def cells(trace: Trace, place: Layer, *states: str) -> Columns:
    """One row per unit and step: step columns, ``unit``, and a column per state of the layer.

    Where a projection makes the hidden state narrower than the cell, its rows end in NaN, which is not drawn.
    """
    arrays = {name: trace[place.site(name)] for name in states or names(trace, place)}
    units = max(array.shape[1] for array in arrays.values())
    arrays = {
        name: array
        if array.shape[1] == units
        else np.pad(array, ((0, 0), (0, units - array.shape[1])), constant_values=np.nan)
        for name, array in arrays.items()
    }
    return grid_columns(step_texts(trace, place.part), units, "unit", **arrays)


def names(trace: Trace, place: Layer) -> tuple[str, ...]:
    """The states this layer has: ``hidden`` and, in an LSTM, ``cell``."""
    return tuple(name for name in ("hidden", "cell") if place.site(name) in trace)


def no_cell_in_words(trace: Trace, place: Layer) -> str:
    """Why a cell that is not an LSTM has no cell state."""
    if "cell" in names(trace, place):
        return ""
    cell = trace.definition(place.part).family
    return _(
        " There is no cell state here: {cell} keeps all it remembers in its hidden state.", cell=_(cell.named)
    )


def widest(trace: Trace, place: Layer, name: str, count: int = 3) -> list[int]:
    """The units that range most widely over this text."""
    spread = np.ptp(trace[place.site(name)], axis=0)
    return [int(unit) for unit in np.argsort(-spread, kind="stable")[:count]]


def picked(units: Sequence[int]) -> Columns:
    """One row per unit drawn as a line: ``unit``, ``line`` (its name), ``order`` (0 is the first)."""
    return {
        "unit": np.asarray(units, dtype=np.int16),
        "line": [_("unit {unit}", unit=unit) for unit in units],
        "order": np.arange(len(units), dtype=np.int16),
    }


def lines(trace: Trace, place: Layer, name: str, units: Sequence[int]) -> Columns:
    """One row per picked unit and step: step columns, ``unit``, ``line``, ``order``, ``value``."""
    texts, chosen = step_texts(trace, place.part), list(units)
    position = np.tile(np.arange(len(texts), dtype=np.int16), len(chosen))
    order = np.repeat(np.arange(len(chosen), dtype=np.int16), len(texts))
    return {
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, texts),
        "unit": np.asarray(chosen, dtype=np.int16)[order],
        "line": Texts(order, [_("unit {unit}", unit=unit) for unit in chosen]),
        "order": order,
        "value": np.ascontiguousarray(trace[place.site(name)][:, chosen].T, dtype=np.float32).reshape(-1),
    }


def limit(trace: Trace, place: Layer, name: str) -> float:
    """Where the colours of a state end: at ±1, unless it is a cell state or goes beyond."""
    beyond = name == "cell" or float(np.abs(trace[place.site(name)]).max()) > 1
    return CELL_LIMIT if beyond else 1.0


def outside(trace: Trace, place: Layer, name: str) -> int:
    """How many numbers lie beyond the colours of their heatmap."""
    return clipped(trace[place.site(name)], limit(trace, place, name))


def clipped_in_words(trace: Trace, place: Layer) -> str:
    """A sentence per state on the numbers beyond the colours; empty when there are none."""
    counts = {name: outside(trace, place, name) for name in names(trace, place)}
    return "".join(_clipped(trace, place, name, count) for name, count in counts.items() if count)


def _clipped(trace: Trace, place: Layer, name: str, count: int) -> str:
    values = {"count": count, "total": trace[place.site(name)].size, "limit": limit(trace, place, name)}
    if name == "cell":
        return _(
            " {count:,} of {total:,} numbers of the cell state lie beyond ±{limit:g} and share an end "
            "colour.",
            **values,
        )
    return _(
        " {count:,} of {total:,} numbers of the hidden state lie beyond ±{limit:g} and share an end colour.",
        **values,
    )


def changes(trace: Trace, place: Layer, *beside: Trace) -> Columns:
    """One row per state and step: ``change``, the length of the change that the token made.

    For ``hidden`` this is ||h_t - h_(t-1)||, measured from the initial state for the token read
    first, and for ``cell`` the same of c. ``size`` is the length of the state itself. ``high`` (the same
    on every row) is the end of the axis, which fits the traces drawn `beside` this one, too.
    """
    texts, found = step_texts(trace, place.part), names(trace, place)
    position = np.tile(np.arange(len(texts), dtype=np.int16), len(found))
    moves = [_moves(trace, place, name) for name in found]
    high = max(
        float(_moves(one, place, name).max(initial=0))
        for one in (trace, *beside)
        for name in names(one, place)
    )
    return {
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, texts),
        "state": Texts(np.repeat(np.arange(len(found), dtype=np.int16), len(texts)), found),
        "change": np.concatenate(moves).astype(np.float32),
        "size": np.concatenate([np.linalg.norm(trace[place.site(name)], axis=1) for name in found]),
        "high": np.full(len(position), high, dtype=np.float32),
    }


def changes_in_words(trace: Trace, place: Layer) -> str:
    """The token that moved the hidden state most, for a reader who cannot see the bars."""
    moves = _moves(trace, place, "hidden")
    most = int(moves.argmax())
    return _(
        "Most: {token}, by {change:.2f}.",
        token=_with_number(step_texts(trace, place.part), most),
        change=moves[most],
    )


def change_in_words(trace: Trace, place: Layer, position: int) -> str:
    """How far one token moved each state, beside the state's own length."""
    token = _with_number(step_texts(trace, place.part), position)
    values: dict[str, Any] = {"token": token[:1].upper() + token[1:]}
    for name in names(trace, place):
        values[name] = _moves(trace, place, name)[position]
        values[f"{name}_length"] = np.linalg.norm(trace[place.site(name)][position])
    if "cell" in values:
        return _(
            "{token} moved the hidden state by {hidden:.2f}, to a length of "
            "{hidden_length:.2f} and the cell state by {cell:.2f}, to a length of {cell_length:.2f}.",
            **values,
        )
    return _(
        "{token} moved the hidden state by {hidden:.2f}, to a length of {hidden_length:.2f}.",
        **values,
    )


def _with_number(texts: Sequence[str], step: int) -> str:
    """``“thin” (step 3)``, or ``step 3`` alone where steps have no other name."""
    name = called(texts, step)
    return name if texts[step] == str(step) else _("{token} (step {step})", token=name, step=step)


def _moves(trace: Trace, place: Layer, name: str) -> np.ndarray:
    values, first = trace[place.site(name)], trace[place.site(f"initial_{name}")][None]
    path = np.concatenate([values, first]) if place.reverse else np.concatenate([first, values])
    return np.linalg.norm(np.diff(path, axis=0), axis=1)
