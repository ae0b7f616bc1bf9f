"""Frames of the overview: the network unrolled over the tokens of one sentence.

Columns of the picture lie on one scale from 0 (left edge) to 1 (right edge), so that an encoder and
a decoder of different lengths fit into the same picture: ``x`` and ``x2`` are a column's edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .tokens import read_texts, shown, step_columns, step_texts

STRIPES = {"embedding": 44, "hidden": 64}  # numbers drawn in one box at most: one per pixel of its height
GAP = 0.14  # part of a column left free on either side


@dataclass(frozen=True)
class Track:
    """One row of boxes in the picture."""

    site: str
    part: str  # encoder or decoder
    kind: str  # embedding or hidden
    layer: int  # from 0
    reverse: bool
    size: int  # numbers in a box
    every: int  # of how many numbers one is drawn


def tracks(trace: Trace) -> tuple[Track, ...]:
    """The rows of boxes, in the order in which the network computes them."""
    found = []
    for part in ("encoder", "decoder"):
        if f"{part}.embedding" in trace:
            found.append(_track(trace, f"{part}.embedding", part, "embedding", 0, reverse=False))
        for layer in range(trace.layers(part)):
            for reverse in (False, True)[: 1 + trace.reverses(part)]:
                site = f"{part}.{layer}{'.reverse' * reverse}.hidden"
                found.append(_track(trace, site, part, "hidden", layer, reverse=reverse))
    return tuple(found)


def _track(trace: Trace, site: str, part: str, kind: str, layer: int, *, reverse: bool) -> Track:
    size = trace[site].shape[1]
    return Track(site, part, kind, layer, reverse, size, -(-size // STRIPES[kind]))


def cells(trace: Trace) -> Columns:
    """One row per number drawn: ``site``, ``position``, ``token``, ``unit``, ``value``."""
    shown = tracks(trace)
    texts = {part: read_texts(trace, part) for part in dict.fromkeys(track.part for track in shown)}
    first = dict(zip(texts, np.cumsum([0, *map(len, texts.values())])[:-1], strict=True))  # of a part's texts
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("site", "position", "token", "unit")}
    values = []
    for number, track in enumerate(shown):
        array = trace[track.site][:, :: track.every]
        steps, drawn = array.shape
        position = np.repeat(np.arange(steps, dtype=np.int16), drawn)
        found["site"].append(np.full(array.size, number, dtype=np.int16))
        found["position"].append(position)
        found["token"].append(position + np.int16(first[track.part]))
        found["unit"].append(np.tile(np.arange(0, track.size, track.every, dtype=np.int16), steps))
        values.append(array.reshape(-1))
    columns = {name: np.concatenate(arrays) for name, arrays in found.items()}
    return {
        **columns,
        "site": Texts(columns["site"], [track.site for track in shown]),
        "token": Texts(columns["token"], [text for part in texts.values() for text in part]),
        "value": np.concatenate(values).astype(np.float32, copy=False),
    }


def columns(trace: Trace, part: str = "encoder") -> dict[str, np.ndarray | Sequence[str]]:
    """One row per step of `part`: ``position``, ``tick``, ``token``, the column's edges and
    ``middle``, and the middle of the gap ``before`` and ``after`` it."""
    texts = _texts(trace, part)
    position, steps = np.arange(len(texts), dtype=np.int16), len(texts)
    found = {
        **step_columns(texts),
        **_edges(position, steps),
        "middle": (position + 0.5) / steps,
        "before": position / steps,
        "after": (position + 1) / steps,
    }
    if "attention.weights" in trace and trace["attention.weights"].ndim == 1:
        found["weight"] = trace["attention.weights"]
    if "readout.probabilities" in trace and part == "decoder":
        found["probability"] = trace["readout.probabilities"].max(1)
    return found


def _texts(trace: Trace, part: str) -> list[str]:
    """What stands at the end of each column: what an encoder reads, and what a decoder writes."""
    if part == "decoder":
        return [shown(token.text) for token in trace.tokens["target"]]
    return step_texts(trace, part)


def now(trace: Trace, part: str, step: int) -> Columns:
    """The one row of `columns` that is the chosen step; of a shorter text its last one."""
    found = columns(trace, part)
    at = min(step, len(found["position"]) - 1)
    return {name: column[at : at + 1] for name, column in found.items()}


def verdicts(trace: Trace) -> Columns:
    """One row per step and class: ``probability`` after that token, and its place in a stack of all."""
    shares = trace["readout.prefix_probabilities"]
    steps, classes = shares.shape
    position = np.repeat(np.arange(steps, dtype=np.int16), classes)
    number = np.tile(np.arange(classes, dtype=np.int16), steps)
    high = shares.cumsum(1)
    return {
        "position": position,
        "token": Texts(position, step_texts(trace, "encoder")),
        "class": Texts(number, trace.labels["class"]),
        "number": number,
        "probability": shares.reshape(-1),
        "low": (high - shares).reshape(-1),
        "high": high.reshape(-1),
        **_edges(position, steps),
    }


def links(trace: Trace) -> Columns:
    """Translation: one row per target and source step: from where to where, and the ``weight``.

    Without attention every step reads the same vector whole: the state after the last source token and,
    of a layer that reads backwards, the one after the first.
    """
    source, target = _texts(trace, "encoder"), _texts(trace, "decoder")
    across, down = len(source), len(target)
    if "attention.weights" in trace:
        weights = trace["attention.weights"]
    else:
        weights = np.zeros((down, across), dtype=np.float32)
        weights[:, [-1, *([0] if trace.reverses("encoder") else [])]] = 1.0
    rows = np.repeat(np.arange(down, dtype=np.int16), across)
    which = np.tile(np.arange(across, dtype=np.int16), down)
    return {
        "position": rows,
        "token": Texts(rows, target),
        "source": Texts(which, source),
        "x": (which + 0.5) / across,
        "x2": (rows + 0.5) / down,
        "weight": weights.reshape(-1),
    }


def _edges(position: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    return {"x": (position + GAP) / steps, "x2": (position + 1 - GAP) / steps}


def title(track: Track) -> str:
    """A row of boxes in words."""
    drawn = f" (every {ordinal(track.every)} drawn)" if track.every > 1 else ""
    if track.kind == "embedding":
        if track.size == 1:
            return "What goes in: one number per step, scaled"
        whose = "The token it output before, as" if track.part == "decoder" else "Embedding:"
        return f"{whose} {track.size} numbers{drawn}"
    who = "Decoder" if track.part == "decoder" else "Hidden state"
    layer = f", layer {track.layer + 1}" if track.layer else ""
    direction = ", read backwards" if track.reverse else ""
    return f"{who}{layer}{direction}: {track.size} units{drawn}"


def thinned_in_words(trace: Trace) -> str:
    """A sentence on rows that have more numbers than fit; empty when all are drawn."""
    if all(track.every == 1 for track in tracks(trace)):
        return ""
    low, high = sorted(STRIPES.values())
    return (
        f" A box has room for {low} to {high} stripes: of a longer list every 2nd, every 3rd … number is "
        "drawn, as its title says; its own page shows them all."
    )


def ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``4th`` … as they stand in a title."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def describe(trace: Trace) -> str:
    """The picture in words, for a person who cannot see it."""
    rows = "; ".join(title(track) for track in tracks(trace))
    if "readout.prefix_probabilities" in trace:
        best, names = trace["readout.prefix_probabilities"].argmax(1), trace.labels["class"]
        texts = step_texts(trace, "encoder")
        told = ", ".join(f"after {text!r} {names[at]}" for text, at in zip(texts, best, strict=True))
        return f"The network unrolled over {len(texts)} tokens. Rows from the top: {rows}. Verdicts: {told}."
    source, target = (
        " ".join(shown(token.text) for token in trace.tokens[axis]) for axis in ("source", "target")
    )
    return f"Encoder over the source ({source}) and decoder over the translation ({target}). Rows: {rows}."
