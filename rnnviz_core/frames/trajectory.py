"""The path of a state through the plane in which it moves most, and the classes' directions there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..trace import Trace
from .gates import Place
from .tokens import step_texts

LABELS = 24  # labels at most along the path; the rest is in the tooltips


@dataclass(frozen=True)
class Plane:
    """Two directions at right angles in the space of a state.

    Attributes
    ----------
    path
        The initial state and the state after every token, in the order of reading, (1 + steps, unit).
    axes
        The first two principal directions of the path, (2, unit).
    shares
        How much of the path's variance each of them holds.
    """

    path: np.ndarray
    axes: np.ndarray
    shares: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """The path in the plane, from its own middle: (1 + steps, 2)."""
        return (self.path - self.path.mean(0)) @ self.axes.T


def plane(trace: Trace, place: Place, name: str = "hidden") -> Plane:
    """Principal component analysis of one layer's state over this text (singular value decomposition)."""
    states = trace[place.site(name)].astype(np.float64)
    path = np.concatenate(
        [trace[place.site(f"initial_{name}")][None], states[::-1] if place.reverse else states]
    )
    _, sizes, axes = np.linalg.svd(path - path.mean(0), full_matrices=False)
    if len(axes) < 2:  # a state of a single unit
        axes, sizes = np.vstack([axes, np.zeros_like(axes)]), np.append(sizes, 0.0)
    strongest = axes[:2][[0, 1], np.abs(axes[:2]).argmax(1)]
    axes = axes[:2] * np.where(strongest < 0, -1.0, 1.0)[:, None]  # PCA leaves the sign open: fix it
    variance = sizes**2
    return Plane(path, axes, variance[:2] / (variance.sum() or 1.0))


def path(trace: Trace, place: Place, found: Plane) -> pd.DataFrame:
    """One row per state of the path: ``order`` (0: the initial state), ``position``, ``token``, ``x``, ``y``.

    ``label`` is the token where there is room for a label. ``end`` marks the last state.
    """
    texts = step_texts(trace, place.part)
    steps = len(texts)
    positions = [-1, *(range(steps - 1, -1, -1) if place.reverse else range(steps))]
    tokens = ["(before)", *(texts[position] for position in positions[1:])]
    points = found.points
    every = max(1, -(-len(tokens) // LABELS))
    order = np.arange(len(tokens), dtype=np.int32)
    shown = (order % every == 0) | (order == steps)
    return pd.DataFrame(
        {
            "order": order,
            "position": np.asarray(positions, dtype=np.int32),
            "token": pd.array(tokens, dtype="str"),
            "label": pd.array(
                [t if keep else "" for t, keep in zip(tokens, shown, strict=True)], dtype="str"
            ),
            "x": points[:, 0],
            "y": points[:, 1],
            "end": order == steps,
        }
    )


def class_weights(model: Any, trace: Trace, place: Place) -> np.ndarray | None:
    """The output layer's row per class (class, unit), for the states of the layer it reads; else None."""
    last = trace.layers(place.part) - 1
    if "class" not in trace.labels or place.layer != last:
        return None
    weights = model.output.weight.detach().numpy().astype(np.float64)
    units = trace[place.site("hidden")].shape[1]
    return weights[:, units:] if place.reverse else weights[:, :units]


def directions(trace: Trace, found: Plane, weights: np.ndarray) -> pd.DataFrame:
    """One row per class: an arrow from ``x``, ``y`` to ``x2``, ``y2``, and the ``share`` in this plane.

    The direction of a class is its row of the output layer less the mean of all rows (softmax does not
    see what all classes share). All arrows are shortened alike, so that the longest fits the path.
    """
    centred = weights - weights.mean(0)
    flat = centred @ found.axes.T
    lengths, whole = np.linalg.norm(flat, axis=1), np.linalg.norm(centred, axis=1)
    reach = np.abs(found.points).max() or 1.0
    flat = flat * (reach / (lengths.max() or 1.0))
    return pd.DataFrame(
        {
            "name": pd.array(list(trace.labels["class"]), dtype="str"),
            "order": np.arange(len(flat), dtype=np.int32),
            "x": 0.0,
            "y": 0.0,
            "x2": flat[:, 0],
            "y2": flat[:, 1],
            "share": np.divide(lengths, whole, out=np.zeros_like(lengths), where=whole > 0),
        }
    )


def in_words(frame: pd.DataFrame, found: Plane) -> str:
    """`path`, for a reader who cannot see it."""
    first, last = frame.iloc[0], frame.iloc[-1]
    return (
        f"From ({first['x']:.2f}, {first['y']:.2f}) before the text to ({last['x']:.2f}, {last['y']:.2f}) "
        f"after “{last['token']}”; the plane holds {found.shares.sum():.0%} of the movement."
    )
