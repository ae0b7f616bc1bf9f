"""Detectors that look at what the first layer reads: numbers as people have them."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rnnviz_core.languages import _

from .evidence import Evidence, row
from .symptoms import Measured, Symptom, some

ENOUGH = 10  # steps of all sequences together
UNSCALED = 20.0  # a column that is larger than this on the mean shuts gates at once
APART = 100.0  # how much wider one column may range than another
UNUSED = 1e-3  # what a column adds to the gates, as a share of what the strongest adds
PADDED = 3  # equal steps at an end that look like padding
PADDED_ROWS = 0.25  # share of the sequences that end so
BY_COLUMN = (
    "unscaled input",
    "columns of unlike scale",
    "constant columns",
    "unused columns",
    "padding is read",
)
SMOOTHER = 0.25  # neighbours along the batch this much closer than along time: the axes may be mixed up


def look(
    rows: Sequence[np.ndarray], names: Sequence[str], weights: np.ndarray | None
) -> Iterator[Symptom | Measured]:
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
        said = _(
            "columns are looked at from {least} steps on; there are {count}", least=ENOUGH, count=len(read)
        )
        yield from (Measured(name, said) for name in BY_COLUMN)
        return
    yield from _scale(read, names)
    yield from _constant(read, names)
    if weights is not None:
        yield from _unused(read, names, weights)
    else:
        yield Measured("unused columns", _("looked at where the weights are known"))
    yield from padding(rows)


def _scale(read: np.ndarray, names: Sequence[str]) -> Iterator[Symptom | Measured]:
    sizes, spreads = np.abs(read).mean(0), read.std(0)
    large, worst = np.flatnonzero(sizes > UNSCALED).tolist(), int(sizes.argmax())
    yield Measured(
        "unscaled input",
        _(
            "the largest column, {column}, is {size:.3g} on the mean; from {limit:g} on",
            column=names[worst],
            size=sizes[worst],
            limit=UNSCALED,
        ),
        float(sizes[worst]) / UNSCALED,
    )
    if large:
        columns = [names[place] for place in large]
        yield Symptom(
            "unscaled input",
            _(
                "{count} of {of} columns are large: {column} is {size:.4g} on the mean.",
                count=len(large),
                of=len(sizes),
                column=names[worst],
                size=sizes[worst],
            ),
            _(
                "Numbers of this size go through the weights into sums of tens and hundreds, where sigmoid "
                "and tanh are flat."
            ),
            _(
                "Subtract the mean and divide by the standard deviation of the training part, or scale to 0 "
                ".. 1; scale new data by the same numbers."
            ),
            "likely",
            1.0,
            {"mean_size": float(sizes[worst])},
            {"columns": columns},
            _columns(
                _("Mean size of each column"), _("mean of |x|"), sizes, names, large, limit=UNSCALED, log=True
            ),
        )
        return
    alive = spreads[spreads > 0]
    if len(alive) < 2:
        return
    ratio = float(alive.max() / alive.min())
    yield Measured(
        "columns of unlike scale",
        _(
            "the widest column varies {ratio:.3g} times as much as the narrowest; from {limit:g} times on",
            ratio=ratio,
            limit=APART,
        ),
        math.log(ratio) / math.log(APART),
    )
    if ratio > APART:
        wide, narrow = int(spreads.argmax()), int(np.where(spreads > 0, spreads, np.inf).argmin())
        yield Symptom(
            "columns of unlike scale",
            _(
                "{wide} varies by {most:.3g}, {narrow} by {least:.3g}: {ratio:.0f} times less.",
                wide=names[wide],
                most=spreads[wide],
                narrow=names[narrow],
                least=spreads[narrow],
                ratio=alive.max() / alive.min(),
            ),
            _("With weights of one size the narrow column is hardly seen."),
            _("Scale every column on its own."),
            "possible",
            0.5,
            {"widest": float(spreads[wide]), "narrowest": float(spreads[narrow])},
            {"columns": [names[wide], names[narrow]]},
            _columns(
                _("How much each column varies"),
                _("standard deviation"),
                spreads,
                names,
                [wide, narrow],
                log=True,
            ),
        )


def _columns(
    title: str,
    value: str,
    values: np.ndarray,
    names: Sequence[str],
    marked: Sequence[int],
    *,
    limit: float | None = None,
    log: bool = False,
) -> Evidence:
    return row("column", title, value, values, marked=marked, limit=limit, log=log, labels=names)


def _constant(read: np.ndarray, names: Sequence[str]) -> Iterator[Symptom | Measured]:
    ranges = np.ptp(read, axis=0)
    still = np.flatnonzero(ranges == 0).tolist()
    yield Measured(
        "constant columns",
        _("{count} of {of} columns hold one value", count=len(still), of=read.shape[1]),
        float(bool(still)),
    )
    if not still:
        return
    columns = [names[place] for place in still]
    yield Symptom(
        "constant columns",
        _(
            "{count} of {of} columns hold one value at every step: {listed}.",
            count=len(columns),
            of=read.shape[1],
            listed=some(columns, 5),
        ),
        _("On these sequences they act as a bias and carry no information."),
        _("Look at more data; a column that is always the same can be left out."),
        "certain" if len(read) >= 100 else "possible",
        len(columns) / read.shape[1],
        {"columns": len(columns)},
        {"columns": columns},
        _columns(_("How far each column ranges"), _("largest minus smallest value"), ranges, names, still),
    )


def _unused(read: np.ndarray, names: Sequence[str], weights: np.ndarray) -> Iterator[Symptom | Measured]:
    adds = np.linalg.norm(weights.astype(np.float64), axis=0) * read.std(0)
    moving = read.std(0) > 0
    most = float(adds.max(initial=0))
    if not moving.any() or most == 0:
        return
    unused = np.flatnonzero(moving & (adds < UNUSED * most)).tolist()
    least = max(float(adds[moving].min()) / most, 1e-300)
    yield Measured(
        "unused columns",
        _(
            "the weakest column moves the gates by {least:.2g} of what the strongest does; below {limit:g}",
            least=least,
            limit=UNUSED,
        ),
        min(math.log(least) / math.log(UNUSED), 99.0),
    )
    if not unused:
        return
    columns = [names[place] for place in unused]
    strongest = int(adds.argmax())
    yield Symptom(
        "unused columns",
        _(
            "{count} of {of} columns move the gates by less than a thousandth of what {strongest} does: "
            "{listed}.",
            count=len(columns),
            of=len(adds),
            strongest=names[strongest],
            listed=some(columns, 5),
        ),
        _("The network does without them: weights near 0, or numbers that are small beside the others."),
        _("Scale the columns and train again, or leave them out."),
        "likely",
        len(columns) / len(adds),
        {"columns": len(columns), "share": float((adds[unused] / most).max())},
        {"columns": columns},
        _columns(
            _("How much each column moves the gates"),
            _("length of its weights times its deviation"),
            adds,
            names,
            unused,
            limit=UNUSED * most,
            log=True,
        ),
    )


def padding(rows: Sequence[np.ndarray], *, same: bool = False) -> Iterator[Symptom | Measured]:
    """Whether many sequences end, or begin, with one value; with `same` it must be the same one in all."""
    if len(rows) < 2:
        yield Measured("padding is read", _("looked at where there are several sequences"))
        return
    counts = {"end": [], "beginning": []}  # type: dict[str, list[int]]
    values = {"end": [], "beginning": []}  # type: dict[str, list[bytes]]
    for sequence in rows:
        for place, read in (("end", sequence[::-1]), ("beginning", sequence)):
            equal = np.all(read == read[:1], axis=1)
            counts[place].append(int(equal.argmin()) if not equal.all() else 0)
            values[place].append(read[:1].tobytes())
    for place, found in counts.items():
        padded = [number for number, count in enumerate(found) if count >= PADDED]
        if same and padded:
            kinds = [values[place][number] for number in padded]
            usual = max(set(kinds), key=kinds.count)
            padded = [number for number, kind in zip(padded, kinds, strict=True) if kind == usual]
        alike = len(set(found)) == 1  # all of them: that is what the sequences are like
        share = 0.0 if alike else len(padded) / max(2.0, PADDED_ROWS * len(rows))
        yield Measured(
            "padding is read",
            _padded_so_far(place, len(padded), len(rows)),
            share,
        )
        if share < 1:
            continue
        steps = [found[number] for number in padded]
        yield Symptom(
            "padding is read",
            *_padded(place, len(padded), len(rows), steps),
            _(
                "Pass lengths (pack_padded_sequence, `lengths=` here), a mask, or read the state at each "
                "sequence's own end."
            ),
            "likely",
            len(padded) / len(rows),
            {"sequences": len(padded), "of": len(rows), "steps": max(steps)},
            {"place": place},
            row(
                "position",
                _("Steps of one value at the end of each sequence")
                if place == "end"
                else _("Steps of one value at the beginning of each sequence"),
                _("steps"),
                found,
                marked=padded,
                limit=PADDED,
            ),
        )


def _padded_so_far(place: str, count: int, of: int) -> str:
    """What was measured at one end of all sequences."""
    words = {"count": count, "of": of, "least": PADDED, "limit": PADDED_ROWS}
    if place == "end":
        return _(
            "{count} of {of} sequences hold one value for {least} or more steps at their end; from "
            "{limit:.0%} of them on",
            **words,
        )
    return _(
        "{count} of {of} sequences hold one value for {least} or more steps at their beginning; from "
        "{limit:.0%} of them on",
        **words,
    )


def _padded(place: str, count: int, of: int, steps: Sequence[int]) -> tuple[str, str]:
    """What was found at one end of many sequences, and what it means."""
    words = {"count": count, "of": of, "least": min(steps), "most": max(steps)}
    if place == "end":
        return _(
            "{count} of {of} sequences hold one value for {least} to {most} steps at their end.", **words
        ), _(
            "This looks like padding, and the network reads it like any other step: the state goes on "
            "changing. A readout of the last state then reads the state after the padding."
        )
    return _(
        "{count} of {of} sequences hold one value for {least} to {most} steps at their beginning.", **words
    ), _("This looks like padding, and the network reads it like any other step: the state goes on changing.")


def axes(x: np.ndarray, batch_first: bool) -> Iterator[Symptom | Measured]:
    """Whether time and batch may be mixed up, (time, batch, column) or (batch, time, column)."""
    series = x.swapaxes(0, 1) if batch_first else x
    steps, rows = series.shape[:2]
    if steps < 8 or rows < 8 or not np.isfinite(series).all():
        yield Measured(
            "time and batch mixed up", f"looked at from 8 steps and 8 rows on; there are {steps} and {rows}"
        )
        return
    centred = series - series.mean((0, 1))
    along, across = (float(np.abs(np.diff(centred, axis=axis)).mean()) for axis in (0, 1))
    yield Measured(
        "time and batch mixed up",
        f"neighbours along the batch differ by {across:.3g}, neighbours in time by {along:.3g}; below "
        f"{SMOOTHER:g} of "
        "that",
        min(SMOOTHER * along / max(across, 1e-12), 99.0),
    )
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


def not_finite(x: np.ndarray, names: Sequence[str]) -> Iterator[Symptom | Measured]:
    """The first step and column of what is read that is no number; (..., time, column)."""
    bad = ~np.isfinite(x)
    yield Measured(
        "input that is not finite",
        f"{int(bad.sum())} of {x.size} numbers are NaN or infinite",
        float(bad.any()),
    )
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
