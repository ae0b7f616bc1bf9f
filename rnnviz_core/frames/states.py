"""Frames of the states page: hidden and cell state, and how far each token moved them."""

import numpy as np
import pandas as pd

from ..trace import Trace
from .gates import Place
from .tokens import clipped, grid_frame, step_frame, step_texts

CELL_LIMIT = 3.0  # the cell state's colours end at ±CELL_LIMIT; a hidden state never leaves ±1


def states(trace: Trace, place: Place, name: str) -> pd.DataFrame:
    """One row per unit and step: step columns, ``unit``, ``value``."""
    return grid_frame(trace[place.site(name)], step_texts(trace, place.part), "unit")


def names(trace: Trace, place: Place) -> tuple[str, ...]:
    """The states this layer has: ``hidden`` and, in an LSTM, ``cell``."""
    return tuple(name for name in ("hidden", "cell") if place.site(name) in trace)


def companions(trace: Trace, place: Place, name: str, unit: int, count: int = 3) -> list[int]:
    """The chosen unit, then `count` others: those that range most widely over this text."""
    spread = np.ptp(trace[place.site(name)], axis=0)
    order = [int(other) for other in np.argsort(-spread, kind="stable") if other != unit]
    return [unit, *order[:count]]


def lines(trace: Trace, place: Place, name: str, units: list[int]) -> pd.DataFrame:
    """One row per unit and step: step columns, ``unit``, ``line`` (its name), ``value``.

    ``order`` counts the units as given; 0 is the chosen one.
    """
    values, steps = trace[place.site(name)], step_frame(step_texts(trace, place.part))
    frames = [
        steps.assign(unit=unit, line=f"unit {unit}", order=order, value=values[:, unit])
        for order, unit in enumerate(units)
    ]
    return pd.concat(frames, ignore_index=True)


def outside(trace: Trace, place: Place, name: str) -> int:
    """How many numbers lie beyond the colours of their heatmap."""
    return clipped(trace[place.site(name)], CELL_LIMIT if name == "cell" else 1.0)


def clipped_in_words(trace: Trace, place: Place) -> str:
    """A sentence on the cell state's numbers beyond the colours; empty when there are none."""
    count = outside(trace, place, "cell") if "cell" in names(trace, place) else 0
    if not count:
        return ""
    total = trace[place.site("cell")].size
    return (
        f" {count} of {total} numbers of the cell state lie beyond ±{CELL_LIMIT:g} and share an end colour."
    )


def changes(trace: Trace, place: Place) -> pd.DataFrame:
    """One row per state and step: ``change``, the length of the change that the token made.

    For ``hidden`` this is ||h_t - h_(t-1)||, measured from the initial state for the token read
    first, and for ``cell`` the same of c. ``size`` is the length of the state itself.
    """
    steps, frames = step_frame(step_texts(trace, place.part)), []
    for name in names(trace, place):
        size = np.linalg.norm(trace[place.site(name)], axis=1)
        frames.append(steps.assign(state=name, change=_moves(trace, place, name), size=size))
    return pd.concat(frames, ignore_index=True)


def changes_in_words(frame: pd.DataFrame) -> str:
    """The token that moved the hidden state most, for a reader who cannot see the bars."""
    hidden = frame[frame["state"] == "hidden"]
    row = hidden.loc[hidden["change"].idxmax()]
    return f"Most: “{row['token']}” (step {row['position']}), by {row['change']:.2f}."


def _moves(trace: Trace, place: Place, name: str) -> np.ndarray:
    values, first = trace[place.site(name)], trace[place.site(f"initial_{name}")][None]
    path = np.concatenate([values, first]) if place.reverse else np.concatenate([first, values])
    return np.linalg.norm(np.diff(path, axis=0), axis=1)
