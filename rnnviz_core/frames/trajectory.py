"""The path of a state through the plane in which it moves most, and the classes' directions there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .layer import Layer
from .numbers import printed
from .pca import principal
from .tokens import step_texts

READINGS = (N_("this one"), N_("the other"))  # of two texts whose paths share a plane
# Labels keep clear of each other on plots of these widths and all between; other tokens are in the tooltips.
WIDTHS, HEIGHT, PADDING = (290, 1100), 400, 24  # px; from a phone's plot to a wide screen's, and to its edge
LETTER, LINE, DOT = 7.5, 15, 6  # px: a letter's width, a line's height, half a dot
GAPS = {"chosen": 13, "end": 9, "other": 6}  # px from the middle of a dot to its label
FIRST = 12  # tokens that are spread over the path have the first choice of a label


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

    def points(self, trace: Trace, place: Layer) -> np.ndarray:
        """A trace's path in the plane, (1 + steps, 2)."""
        return (_path(trace, place, self.name) - self.middle) @ self.axes.T


def plane(trace: Trace, place: Layer, name: str = "hidden", *beside: Trace) -> Plane:
    """Principal component analysis of one layer's state over this text (`principal`).

    The paths of other texts, read by the same network, may stand `beside` it in one plane.
    """
    states = np.concatenate([_path(one, place, name) for one in (trace, *beside)])
    found = principal(states)
    return Plane(name, *found, float(np.abs(found.points(states)).max()) or 1.0)


def path(
    trace: Trace,
    place: Layer,
    found: Plane,
    *beside: Trace,
    chosen: int | None = None,
    arrows: Columns | None = None,
) -> Columns:
    """One row per state of each path: ``order`` (0: the initial state), ``position``, ``token``.

    Only the first text's tokens have a ``position``; the one at `chosen` is ``chosen``.

    ``x`` and ``y`` are its place in the plane. ``label`` is the token where there is room for a label beside
    the other labels and the names of the `arrows` (`directions`); ``left`` and ``below`` say on which side
    of its dot. ``end`` marks the last state. ``reading`` names the text: the first, or the second.
    """
    rows = [_points(one, place, found) for one in (trace, *beside)]
    for row in rows[1:]:
        row["position"] = np.full_like(row["position"], -1)
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    columns["chosen"] = (columns["position"] == chosen) & (columns["position"] >= 0)
    reading = np.repeat(np.arange(len(rows), dtype=np.int16), [len(row["order"]) for row in rows])
    columns |= _labels(columns, arrows)
    return {**columns, "reading": Texts(reading, READINGS[: len(rows)])}


def _labels(columns: Mapping[str, np.ndarray], arrows: Columns | None) -> dict[str, np.ndarray]:
    """``label``, ``left``, ``below`` of every dot; both ends and the chosen token have the first choice.

    A spot is a dot's place in px from the left of the narrowest and of the widest plot, and from the top. A
    box is (left there, left here, top, right there, right here, bottom).
    """
    points = shown = np.column_stack([columns["x"], columns["x"], columns["y"]])
    tips = np.empty((0, 3))
    if arrows is not None:
        tips = np.column_stack([np.asarray(arrows[name]) for name in ("x2", "x2", "y2")])
        shown = np.concatenate([points, tips, np.zeros((1, 3))])
    low, size = shown.min(0), np.ptp(shown, axis=0)
    scale = (np.asarray([*WIDTHS, HEIGHT]) - 2 * PADDING) / np.where(size > 0, size, 1.0) * [1, 1, -1]
    corner = np.asarray([PADDING, PADDING, HEIGHT - PADDING])
    spots, tips = ((some - low) * scale + corner for some in (points, tips))
    taken = np.empty((0, 6)) if arrows is None else _name_boxes(list(map(str, arrows["name"])), tips)
    dots = np.column_stack([spots - DOT, spots + DOT])
    texts = [str(token) for token in columns["token"]]
    label, side = np.full(len(texts), "", dtype=object), np.zeros(len(texts), dtype=np.int8)
    ends = columns["end"] | columns["chosen"] | (columns["order"] == 0)
    stride = columns["order"] % max(1, -(-len(texts) // FIRST)) > 0
    for number in np.lexsort([np.arange(len(texts)), stride, ~ends]):
        twin = (label == texts[number]) & (np.abs(spots - spots[number]) < DOT).all(1)
        if twin.any():  # two texts that begin alike
            continue
        gap = GAPS["chosen" if columns["chosen"][number] else "end" if columns["end"][number] else "other"]
        places = _label_boxes(spots[number], texts[number], gap)
        others = np.delete(dots, number, axis=0)
        for obstacles in (np.concatenate([taken, others]), taken):  # rather beside all dots, else on one
            free = np.flatnonzero(_inside(places) & ~_meet(places, obstacles).any(1))
            if len(free):
                label[number], side[number] = texts[number], free[0]
                taken = np.concatenate([taken, places[free[:1]]])
                break
    return {"label": label, "left": side % 2 == 1, "below": side >= 2}


def _label_boxes(spot: np.ndarray, text: str, gap: float) -> np.ndarray:
    """Where the template may write a dot's label: right above, left above, right below, left below."""
    wide = LETTER * len(text)
    places = [(x, y) for y in (-4 - LINE, 4) for x in (gap, -gap - wide)]
    corners = np.asarray([(x, x, y, x + wide, x + wide, y + LINE) for x, y in places])
    return corners + np.tile(spot, 2)


def _name_boxes(names: Sequence[str], tips: np.ndarray) -> np.ndarray:
    """Where the template writes the classes' names: below the arrows' tips."""
    half = LETTER / 2 * np.asarray([len(name) for name in names])
    corner = np.column_stack([half, half, np.full(len(names), LINE / 2)])
    middle = tips + np.asarray([0, 0, 14])
    return np.column_stack([middle - corner, middle + corner])


def _meet(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which boxes lie on which others in a plot of some width, (box, other).

    Side by side in the same order in the narrowest and in the widest plot, two boxes are so in all.
    """
    one, two = boxes[:, None], others[None]
    before, after = one[..., 3:] <= two[..., :3], one[..., :3] >= two[..., 3:]
    return ~(before[..., :2].all(-1) | after[..., :2].all(-1) | before[..., 2] | after[..., 2])


def _inside(boxes: np.ndarray) -> np.ndarray:
    """Which boxes no plot cuts off."""
    return (boxes[:, 0] >= 0) & (boxes[:, 3] <= WIDTHS[0]) & (boxes[:, 2] >= -LINE) & (boxes[:, 5] <= HEIGHT)


def _path(trace: Trace, place: Layer, name: str) -> np.ndarray:
    """The initial state and the state after every token, in the order of reading, (1 + steps, unit)."""
    states = trace[place.site(name)].astype(np.float64)
    return np.concatenate(
        [trace[place.site(f"initial_{name}")][None], states[::-1] if place.reverse else states]
    )


def _points(trace: Trace, place: Layer, found: Plane) -> dict[str, np.ndarray]:
    texts = step_texts(trace, place.part)
    steps = len(texts)
    positions = [-1, *(range(steps - 1, -1, -1) if place.reverse else range(steps))]
    tokens = [_("(before)"), *(texts[position] for position in positions[1:])]
    points = found.points(trace, place)
    order = np.arange(len(tokens), dtype=np.int16)
    return {
        "order": order,
        "position": np.asarray(positions, dtype=np.int16),
        "token": np.asarray(tokens, dtype=object),
        "x": points[:, 0],
        "y": points[:, 1],
        "end": order == steps,
    }


def class_weights(model: Any, trace: Trace, place: Layer) -> np.ndarray | None:
    """The output layer's row per class (class, unit), for the states of the layer it reads; else None."""
    last = trace.layers(place.part) - 1
    if "class" not in trace.labels or "readout.logits" not in trace or place.layer != last:
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


def in_words(trace: Trace, place: Layer, found: Plane) -> str:
    """`path`, for a reader who cannot see it."""
    first, *_between, last = found.points(trace, place)
    read = step_texts(trace, place.part)
    return _(
        "From ({x}, {y}) before the text to ({u}, {v}) after “{token}”; the plane holds "
        "{share:.0%} of the movement.",
        x=printed(first[0]),
        y=printed(first[1]),
        u=printed(last[0]),
        v=printed(last[1]),
        token=read[0 if place.reverse else -1],
        share=found.shares.sum(),
    )
