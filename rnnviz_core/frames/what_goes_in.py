"""Frames of several numbers per step: the columns of a table, as they are and as the network reads them."""

from itertools import pairwise

import numpy as np

from rnnviz_core.inputs.steps import printed_number
from rnnviz_core.languages import _, ngettext
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import step_texts

INPUTS, READ = "encoder.inputs", "encoder.0.layer_input"
BUCKETS = 300  # groups of steps of a long series: of each the lowest and the highest value is drawn
DRAWN = 6  # columns drawn at once
MARGIN = 0.05  # share of the height left free above and below
NAMED = 4  # columns named in a line


def columns(trace: Trace) -> tuple[str, ...]:
    """The names of the numbers of a step; empty where none are read, or none are known as they were."""
    if INPUTS not in trace:
        return ()
    width, names = trace[INPUTS].shape[1], trace.labels.get("dim", ())
    return (
        tuple(names)
        if len(names) == width
        else tuple(_("number {number}", number=n + 1) for n in range(width))
    )


def in_brief(trace: Trace) -> str:
    """What is read in a line: ``300 steps of 3 numbers (open, high, low), 2020-01-01 to 2020-10-26``."""
    names, texts = columns(trace), step_texts(trace, "encoder")
    shown = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        shown = _("{names} and {count} more", names=shown, count=len(names) - NAMED)
    per = _("{count} numbers ({names})", count=len(names), names=shown) if len(names) > 1 else shown
    return ngettext(
        "{n} step of {numbers}, {first} to {last}",
        "{n} steps of {numbers}, {first} to {last}",
        len(texts),
        numbers=per,
        first=texts[0],
        last=texts[-1],
    )


def thinned(values: np.ndarray, most: int = BUCKETS) -> np.ndarray:
    """Which steps of one column to draw: all, or the lowest and the highest of each of `most` groups."""
    steps = len(values)
    if steps <= 2 * most:
        return np.arange(steps)
    edges = np.linspace(0, steps, most + 1).astype(int)
    kept = {0, steps - 1}
    for start, end in pairwise(edges):
        group = values[start:end]
        kept |= {start + int(group.argmin()), start + int(group.argmax())}
    return np.asarray(sorted(kept))


def lines(trace: Trace, most: int = BUCKETS) -> Columns:
    """One row per column and step: ``column``, ``position``, ``token``, ``value``, ``read``, ``height``.

    ``read`` is the number that the network is given, ``height`` the value between the column's lowest (0) and
    highest (1). Of a long series the lowest and highest values of short stretches are drawn.
    """
    raw = trace[INPUTS].astype(np.float64)
    read, names, texts = scaled(trace), columns(trace), step_texts(trace, "encoder")
    places, which = [], []
    for number in range(min(raw.shape[1], DRAWN)):
        kept = thinned(raw[:, number], most)
        places.append(kept)
        which.append(np.full(len(kept), number))
    position, column = np.concatenate(places), np.concatenate(which)
    low, high = raw.min(0), raw.max(0)
    room = np.where(high > low, high - low, 1.0)
    share = np.where(high > low, (raw - low) / room, 0.5)
    return {
        "column": Texts(column.astype(np.int16), names[:DRAWN]),
        "position": position.astype(np.int16),
        "token": [texts[place] for place in position],
        "value": raw[position, column],
        "read": read[position, column],
        "height": MARGIN + (1 - 2 * MARGIN) * share[position, column],
    }


def steps(trace: Trace) -> Columns:
    """One row per step drawn: ``position``, ``token``, and the values in words."""
    raw, names, texts = trace[INPUTS], columns(trace), step_texts(trace, "encoder")
    every = -(-len(raw) // (2 * BUCKETS))
    position = np.arange(0, len(raw), every)
    return {
        "position": position.astype(np.int16),
        "token": [texts[place] for place in position],
        "words": [
            ", ".join(
                f"{name} {printed_number(float(value))}"
                for name, value in zip(names[:DRAWN], raw[place], strict=False)
            )
            for place in position
        ],
    }


def span(first: int, last: int) -> Columns:
    """The one row that marks the steps shown of a longer series."""
    return {"first": np.asarray([first], np.int16), "last": np.asarray([last], np.int16)}


def scaled(trace: Trace) -> np.ndarray:
    """The numbers as the network is given them: (step, column), float64."""
    raw = trace[INPUTS].astype(np.float64)
    found: np.ndarray = (raw - np.asarray(trace.meta["shift"])) / np.asarray(trace.meta["scale"])
    return found


def table(trace: Trace) -> dict[str, list[object]]:
    """A row per column: its range, and what is done to it."""
    raw, read, names = trace[INPUTS].astype(np.float64), scaled(trace), columns(trace)
    found: dict[str, list[object]] = {_("Column"): list(names)}
    for title, values in ((_("Lowest"), raw.min(0)), (_("Mean"), raw.mean(0)), (_("Highest"), raw.max(0))):
        found[title] = [float(f"{value:.6g}") for value in values]
    found[_("Scaled")] = [formula(trace, number) for number in range(len(names))]
    found[_("Lowest read")] = [float(f"{value:.4g}") for value in read.min(0)]
    found[_("Highest read")] = [float(f"{value:.4g}") for value in read.max(0)]
    return found


def formula(trace: Trace, number: int) -> str:
    """What is done to a column before the network reads it."""
    shift, scale = float(trace.meta["shift"][number]), float(trace.meta["scale"][number])
    if (shift, scale) == (0.0, 1.0):
        return _("as it stands")
    return _("(value − {shift}) / {scale}", shift=printed_number(shift), scale=printed_number(scale))


def in_words(trace: Trace) -> str:
    """The series, for a reader who cannot see it."""
    raw, names = trace[INPUTS].astype(np.float64), columns(trace)
    told = "; ".join(
        _("{name} from {low} to {high}", name=name, low=printed(column.min()), high=printed(column.max()))
        for name, column in zip(names[:DRAWN], raw.T, strict=False)
    )
    return _("{count} steps. {ranges}.", count=len(raw), ranges=told)


def limit(values: np.ndarray) -> float:
    """Where the colours of a heatmap of these numbers end: 1, or the next power of two above the largest."""
    largest = float(np.abs(values).max(initial=0.0))
    return 1.0 if largest <= 1 else float(2.0 ** np.ceil(np.log2(largest)))
