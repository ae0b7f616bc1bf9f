"""The path of a state through the plane in which it moves most, and the classes' directions there."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .gates import Place
from .numbers import printed
from .tokens import step_texts

READINGS = ("this one", "the other")  # of two texts whose paths share a plane
LABELS = 24  # labels at most along the path; the rest is in the tooltips


@dataclass(frozen=True)
class Plane:
    """Two directions at right angles in the space of a state.

    Attributes
    ----------
    name
        The state: ``hidden`` or ``cell``.
    middle
        The mean of all states of the paths, (unit).
    axes
        The first two principal directions of the paths, (2, unit).
    shares
        How much of the paths' variance each of them holds.
    reach
        How far from the middle the paths go in this plane, along either direction.
    """

    name: str
    middle: np.ndarray
    axes: np.ndarray
    shares: np.ndarray
    reach: float

    def points(self, trace: Trace, place: Place) -> np.ndarray:
        """A trace's path in the plane, (1 + steps, 2)."""
        return (_path(trace, place, self.name) - self.middle) @ self.axes.T


def plane(trace: Trace, place: Place, name: str = "hidden", *beside: Trace) -> Plane:
    """Principal component analysis of one layer's state over this text (singular value decomposition).

    The paths of other texts, read by the same network, may stand `beside` it in one plane.
    """
    states = np.concatenate([_path(one, place, name) for one in (trace, *beside)])
    middle = states.mean(0)
    _, sizes, axes = np.linalg.svd(states - middle, full_matrices=False)
    if len(axes) < 2:  # a state of a single unit
        axes, sizes = np.vstack([axes, np.zeros_like(axes)]), np.append(sizes, 0.0)
    strongest = axes[:2][[0, 1], np.abs(axes[:2]).argmax(1)]
    axes = axes[:2] * np.where(strongest < 0, -1.0, 1.0)[:, None]  # PCA leaves the sign open: fix it
    variance = sizes**2
    reach = float(np.abs((states - middle) @ axes.T).max()) or 1.0
    return Plane(name, middle, axes, variance[:2] / (variance.sum() or 1.0), reach)


def path(trace: Trace, place: Place, found: Plane, *beside: Trace, chosen: int | None = None) -> Columns:
    """One row per state of each path: ``order`` (0: the initial state), ``position``, ``token``.

    Only the first text's tokens have a ``position``; the one at `chosen` is ``chosen``.

    ``x`` and ``y`` are its place in the plane. ``label`` is the token where there is room for a label.
    ``end`` marks the last state. ``reading`` names the text: the first, or the second.
    """
    rows = [_points(one, place, found) for one in (trace, *beside)]
    for row in rows[1:]:
        row["position"] = np.full_like(row["position"], -1)
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    columns["chosen"] = (columns["position"] == chosen) & (columns["position"] >= 0)
    reading = np.repeat(np.arange(len(rows), dtype=np.int16), [len(row["order"]) for row in rows])
    return {**columns, "reading": Texts(reading, READINGS[: len(rows)])}


def _path(trace: Trace, place: Place, name: str) -> np.ndarray:
    """The initial state and the state after every token, in the order of reading, (1 + steps, unit)."""
    states = trace[place.site(name)].astype(np.float64)
    return np.concatenate(
        [trace[place.site(f"initial_{name}")][None], states[::-1] if place.reverse else states]
    )


def _points(trace: Trace, place: Place, found: Plane) -> dict[str, np.ndarray]:
    texts = step_texts(trace, place.part)
    steps = len(texts)
    positions = [-1, *(range(steps - 1, -1, -1) if place.reverse else range(steps))]
    tokens = ["(before)", *(texts[position] for position in positions[1:])]
    points = found.points(trace, place)
    every = max(1, -(-len(tokens) // LABELS))
    order = np.arange(len(tokens), dtype=np.int16)
    shown = (order % every == 0) | (order == steps)
    return {
        "order": order,
        "position": np.asarray(positions, dtype=np.int16),
        "token": np.asarray(tokens, dtype=object),
        "label": np.asarray([t if keep else "" for t, keep in zip(tokens, shown, strict=True)], dtype=object),
        "x": points[:, 0],
        "y": points[:, 1],
        "end": order == steps,
    }


def class_weights(model: Any, trace: Trace, place: Place) -> np.ndarray | None:
    """The output layer's row per class (class, unit), for the states of the layer it reads; else None."""
    last = trace.layers(place.part) - 1
    if "class" not in trace.labels or place.layer != last:
        return None
    weights = model.output_layer().weight.astype(np.float64)
    units = trace[place.site("hidden")].shape[1]
    return weights[:, units:] if place.reverse else weights[:, :units]


def directions(trace: Trace, found: Plane, weights: np.ndarray) -> Columns:
    """One row per class: an arrow from ``x``, ``y`` to ``x2``, ``y2``, and the ``share`` in this plane.

    The direction of a class is its row of the output layer less the mean of all rows (softmax does not
    see what all classes share). All arrows are shortened alike, so that the longest fits the path.
    """
    centred = weights - weights.mean(0)
    flat = centred @ found.axes.T
    lengths, whole = np.linalg.norm(flat, axis=1), np.linalg.norm(centred, axis=1)
    flat = flat * (found.reach / (lengths.max() or 1.0))
    return {
        "name": list(trace.labels["class"]),
        "order": np.arange(len(flat), dtype=np.int16),
        "x": np.zeros(len(flat)),
        "y": np.zeros(len(flat)),
        "x2": flat[:, 0],
        "y2": flat[:, 1],
        "share": np.divide(lengths, whole, out=np.zeros_like(lengths), where=whole > 0),
    }


def in_words(trace: Trace, place: Place, found: Plane) -> str:
    """`path`, for a reader who cannot see it."""
    first, *_, last = found.points(trace, place)
    read = step_texts(trace, place.part)
    return (
        f"From ({printed(first[0])}, {printed(first[1])}) before the text to ({printed(last[0])}, "
        f"{printed(last[1])}) after “{read[0 if place.reverse else -1]}”; the plane "
        f"holds {found.shares.sum():.0%} of the movement."
    )
