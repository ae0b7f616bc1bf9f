"""The numbers behind a finding as one row of a chart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POINTS = 600  # of a row at most; of longer ones the largest (or smallest) of every few is kept


@dataclass(frozen=True)
class Evidence:
    """A number for each unit, step or column.

    Attributes
    ----------
    over
        What the numbers are of: ``unit``, ``step``, ``column`` or ``position``.
    title, value
        Of the chart, and of its axis of values.
    values
        One each.
    marked
        Places of those that the finding is about; empty: all of them alike.
    limit
        A line at the value from which on it is a finding.
    log
        Whether the values span powers of ten.
    labels
        A name for each, where they have one.
    every
        How many places one value stands for.
    """

    over: str
    title: str
    value: str
    values: tuple[float, ...]
    marked: tuple[int, ...] = ()
    limit: float | None = None
    log: bool = False
    labels: tuple[str, ...] = ()
    every: int = 1


def row(
    over: str,
    title: str,
    value: str,
    values: "np.ndarray | Sequence[float]",
    *,
    marked: Sequence[int] = (),
    limit: float | None = None,
    log: bool = False,
    labels: Sequence[str] = (),
) -> Evidence:
    """Evidence of any length: of a long row the largest value of every few places is kept."""
    found = np.asarray(values, dtype=np.float64)
    every = -(-len(found) // POINTS)
    if every > 1:
        padded = np.pad(found, (0, -len(found) % every), constant_values=-np.inf)
        found = padded.reshape(-1, every).max(1)
        marked = sorted({place // every for place in marked})
        labels = list(labels)[::every]
    return Evidence(
        over,
        title,
        value,
        tuple(float(f"{one:.6g}") for one in found.tolist()),
        tuple(int(place) for place in marked),
        limit,
        log,
        tuple(labels),
        max(1, every),
    )
