"""Detectors that look at what the first layer reads: numbers as people have them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .symptoms import Symptom, some

ENOUGH = 10  # steps of all sequences together
UNSCALED = 20.0  # a column that is larger than this on the mean shuts gates at once
APART = 100.0  # how much wider one column may range than another
UNUSED = 1e-3  # what a column adds to the gates, as a share of what the strongest adds
PADDED = 3  # equal steps at an end that look like padding
PADDED_ROWS = 0.25  # share of the sequences that end so
SMOOTHER = 0.25  # neighbours along the batch this much closer than along time: the axes may be mixed up


def look(rows: Sequence[np.ndarray], names: Sequence[str], weights: np.ndarray | None) -> Iterator[Symptom]:
    """All findings on what is read.

    Parameters
    ----------
    rows
        A sequence each, (time, column).
    names
        Of the columns.
    weights
        Of the first layer, (rows of all gates, column), where they are known.
    """
    read = np.concatenate(rows).astype(np.float64)
    if len(read) < ENOUGH:
        return
    yield from _scale(read, names)
    yield from _constant(read, names)
    if weights is not None:
        yield from _unused(read, names, weights)
    if len(rows) > 1:
        yield from _padding(rows)


def _scale(read: np.ndarray, names: Sequence[str]) -> Iterator[Symptom]:
    sizes, spreads = np.abs(read).mean(0), read.std(0)
    large = np.flatnonzero(sizes > UNSCALED).tolist()
    if large:
        worst = int(sizes.argmax())
        columns = [names[place] for place in large]
        yield Symptom(
            "unscaled input",
            f"{len(large)} of {len(sizes)} columns are large: {names[worst]} is {sizes[worst]:.4g} on "
            "the mean.",
            "Numbers of this size go through the weights into sums of tens and hundreds, where sigmoid "
            "and tanh are flat.",
            "Subtract the mean and divide by the standard deviation of the training part, or scale to 0 "
            ".. 1; scale new "
            "data by the same numbers.",
            "likely",
            1.0,
            {"mean_size": float(sizes[worst])},
            {"columns": columns},
        )
        return
    alive = spreads[spreads > 0]
    if len(alive) > 1 and alive.max() > APART * alive.min():
        wide, narrow = int(spreads.argmax()), int(np.where(spreads > 0, spreads, np.inf).argmin())
        yield Symptom(
            "columns of unlike scale",
            f"{names[wide]} varies by {spreads[wide]:.3g}, {names[narrow]} by {spreads[narrow]:.3g}: "
            f"{alive.max() / alive.min():.0f} times less.",
            "With weights of one size the narrow column is hardly seen.",
            "Scale every column on its own.",
            "possible",
            0.5,
            {"widest": float(spreads[wide]), "narrowest": float(spreads[narrow])},
            {"columns": [names[wide], names[narrow]]},
        )


def _constant(read: np.ndarray, names: Sequence[str]) -> Iterator[Symptom]:
    still = np.flatnonzero(np.ptp(read, axis=0) == 0).tolist()
    if not still:
        return
    columns = [names[place] for place in still]
    yield Symptom(
        "constant columns",
        f"{len(columns)} of {read.shape[1]} columns hold one value at every step: {some(columns, 5)}.",
        "On these sequences they act as a bias and carry no information.",
        "Look at more data; a column that is always the same can be left out.",
        "certain" if len(read) >= 100 else "possible",
        len(columns) / read.shape[1],
        {"columns": len(columns)},
        {"columns": columns},
    )


def _unused(read: np.ndarray, names: Sequence[str], weights: np.ndarray) -> Iterator[Symptom]:
    adds = np.linalg.norm(weights.astype(np.float64), axis=0) * read.std(0)
    moving = read.std(0) > 0
    unused = np.flatnonzero(moving & (adds < UNUSED * adds.max(initial=0))).tolist()
    if not unused:
        return
    columns = [names[place] for place in unused]
    strongest = int(adds.argmax())
    yield Symptom(
        "unused columns",
        f"{len(columns)} of {len(adds)} columns move the gates by less than a thousandth of what "
        f"{names[strongest]} does: "
        f"{some(columns, 5)}.",
        "The network does without them: weights near 0, or numbers that are small beside the others.",
        "Scale the columns and train again, or leave them out.",
        "likely",
        len(columns) / len(adds),
        {"columns": len(columns), "share": float((adds[unused] / adds.max()).max())},
        {"columns": columns},
    )


def _padding(rows: Sequence[np.ndarray]) -> Iterator[Symptom]:
    counts = {"end": [], "beginning": []}  # type: dict[str, list[int]]
    for row in rows:
        for place, read in (("end", row[::-1]), ("beginning", row)):
            same = np.all(read == read[:1], axis=1)
            counts[place].append(int(same.argmin()) if not same.all() else 0)
    for place, found in counts.items():
        padded = [count for count in found if count >= PADDED]
        if len(padded) < max(2, PADDED_ROWS * len(rows)) or len(set(found)) == 1:
            continue
        yield Symptom(
            "padding is read",
            f"{len(padded)} of {len(rows)} sequences hold one value for {min(padded)} to {max(padded)} "
            f"steps at their {place}.",
            "This looks like padding, and the network reads it like any other step: the state goes on "
            "changing."
            + (
                " A readout of the last state then reads the state after the padding."
                if place == "end"
                else ""
            ),
            "Pass lengths (pack_padded_sequence, `lengths=` here), a mask, or read the state at each "
            "sequence's own end.",
            "likely",
            len(padded) / len(rows),
            {"sequences": len(padded), "of": len(rows), "steps": max(padded)},
            {"place": place},
        )


def axes(x: np.ndarray, batch_first: bool) -> Iterator[Symptom]:
    """Whether time and batch may be mixed up, (time, batch, column) or (batch, time, column)."""
    series = x.swapaxes(0, 1) if batch_first else x
    steps, rows = series.shape[:2]
    if steps < 8 or rows < 8 or not np.isfinite(series).all():
        return
    centred = series - series.mean((0, 1))
    along, across = (float(np.abs(np.diff(centred, axis=axis)).mean()) for axis in (0, 1))
    if across >= SMOOTHER * along:
        return
    yield Symptom(
        "time and batch mixed up",
        f"Neighbours along the batch ({rows} rows) differ by {across:.3g}, neighbours in time ({steps} "
        f"steps) by {along:.3g}.",
        "Series change little from step to step; here they change little from row to row. The module reads "
        f"{'(batch, time, column)' if batch_first else '(time, batch, column)'}.",
        f"Check the order of the axes: the module was made with batch_first={batch_first}.",
        "likely",
        1 - across / along,
        {"in_time": along, "in_batch": across},
        {},
    )


def not_finite(x: np.ndarray, names: Sequence[str]) -> Iterator[Symptom]:
    """The first step and column of what is read that is no number; (..., time, column)."""
    bad = ~np.isfinite(x)
    if not bad.any():
        return
    place: Any = np.argwhere(bad)[0].tolist()
    columns = [names[column] for column in np.flatnonzero(bad.reshape(-1, x.shape[-1]).any(0)).tolist()]
    yield Symptom(
        "input that is not finite",
        f"{int(bad.sum())} of {x.size} numbers that are read are NaN or infinite, first in "
        f"{names[place[-1]]} at "
        f"{place[:-1]}.",
        "From there on every state and every gradient is NaN.",
        "Fill or drop what is missing before scaling; look for divisions by zero and logarithms of 0.",
        "certain",
        1.0,
        {"numbers": int(bad.sum()), "first": place},
        {"columns": columns},
    )
