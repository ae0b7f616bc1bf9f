"""Summaries of a layer's gates: how open they are per token, and over all values."""

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .gates import names
from .layer import Layer
from .numbers import printed
from .tokens import step_texts, tick_texts

CLOSED, OPEN = 0.1, 0.9  # a gate below is as good as shut, one above as good as open
SHARES = ("closed", "between", "open")
BINS = 20


def means(trace: Trace, place: Layer, gates: tuple[str, ...]) -> Columns:
    """One row per gate and step: the mean over units and the 10th and 90th percentile."""
    texts = step_texts(trace, place.part)
    values = np.stack([trace[place.site(gate)] for gate in gates])  # (gate, steps, unit)
    low, high = np.quantile(values, (0.1, 0.9), axis=2).astype(np.float32)
    position = np.tile(np.arange(len(texts), dtype=np.int16), len(gates))
    return {
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, texts),
        "gate": Texts(np.repeat(np.arange(len(gates), dtype=np.int16), len(texts)), gates),
        "mean": values.mean(2).reshape(-1),
        "low": low.reshape(-1),
        "high": high.reshape(-1),
    }


def means_in_words(trace: Trace, place: Layer, gates: tuple[str, ...]) -> str:
    """How open each gate is on average: ``input 0.31; forget 0.72``."""
    return "; ".join(f"{_(gate)} {printed(trace[place.site(gate)].mean())}" for gate in gates)


def shares(trace: Trace, place: Layer, gates: tuple[str, ...]) -> Columns:
    """One row per gate and state: the share of all its values that are closed, between or open.

    ``start`` and ``end`` place the share on a bar from 0 to 1, closed first.
    """
    ends = np.asarray([(0.0, *_limits(trace, place, gate), 1.0) for gate in gates])
    return {
        "gate": [gate for gate in gates for _ in SHARES],
        "state": [*SHARES] * len(gates),
        "start": ends[:, :-1].reshape(-1),
        "end": ends[:, 1:].reshape(-1),
        "share": np.diff(ends).reshape(-1),
    }


def shares_in_words(trace: Trace, place: Layer, gates: tuple[str, ...]) -> str:
    """`shares`, for a reader who cannot see it."""
    return "; ".join(
        _(
            "{gate}: {closed:.0%} below {low}, {opened:.0%} above {high}",
            gate=_(gate),
            closed=closed,
            low=CLOSED,
            opened=1 - opened,
            high=OPEN,
        )
        for gate, (closed, opened) in ((gate, _limits(trace, place, gate)) for gate in gates)
    )


def _limits(trace: Trace, place: Layer, gate: str) -> tuple[float, float]:
    """Where the closed values end and the open ones begin, as shares of all values."""
    values = trace[place.site(gate)]
    return float((values < CLOSED).mean()), 1 - float((values > OPEN).mean())


def histograms(trace: Trace, place: Layer, gates: tuple[str, ...], *beside: Trace) -> Columns:
    """One row per gate and bin: ``gate``, ``start``, ``end``, ``count``, ``share``, ``state``.

    ``high`` (the same on every row) is the largest share, also of the traces drawn `beside` this one.
    """
    edges = np.linspace(0, 1, BINS + 1).round(6)
    counts = _counts(trace, place, gates)
    state = np.where(edges[1:] <= CLOSED, 0, np.where(edges[:-1] >= OPEN, 2, 1)).astype(np.int16)
    others = [
        _shares(one, place, tuple(name for name in names(one) if name != "candidate"))
        for one in beside
        if place.site("hidden") in one
    ]
    shares = _shares(trace, place, gates)
    high = max(float(found.max(initial=0)) for found in (shares, *others))
    return {
        "gate": Texts(np.repeat(np.arange(len(gates), dtype=np.int16), BINS), gates),
        "start": np.tile(edges[:-1], len(gates)),
        "end": np.tile(edges[1:], len(gates)),
        "count": counts.reshape(-1),
        "share": shares.reshape(-1),
        "state": Texts(np.tile(state, len(gates)), SHARES),
        "high": np.full(counts.size, high),
    }


def _counts(trace: Trace, place: Layer, gates: tuple[str, ...]) -> np.ndarray:
    """How many values of each gate fall into each bin: (gate, bin)."""
    arrays = [trace[place.site(gate)] for gate in gates]
    found = [np.histogram(values, bins=BINS, range=(0, 1))[0] for values in arrays]
    return np.asarray(found, dtype=np.int32).reshape(len(gates), BINS)


def _shares(trace: Trace, place: Layer, gates: tuple[str, ...]) -> np.ndarray:
    return _counts(trace, place, gates) / max(trace[place.site("hidden")].size, 1)
