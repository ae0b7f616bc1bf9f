"""Frames of the overview: the network unrolled over the tokens of one sentence.

Columns of the picture lie on one scale from 0 (left edge) to 1 (right edge), so that an encoder and
a decoder of different lengths fit into the same picture: ``x`` and ``x2`` are a column's edges.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..trace import Trace
from .tokens import read_texts, shown, step_frame, step_texts, tick_texts

STRIPES = 48  # numbers drawn in one box at most; of more, every second, third … is drawn
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
    return Track(site, part, kind, layer, reverse, size, -(-size // STRIPES))


def cells(trace: Trace, *beside: Trace) -> pd.DataFrame:
    """One row per number drawn: ``site``, ``unit``, ``value``, and ``low``/``high`` inside its box.

    ``shade`` is what the colour shows: a state as it is, an embedding relative to its largest number,
    also of the traces drawn `beside` it, so that the same colour is the same number in both pictures.
    ``done`` is the step from which on the number is known: its own, or 0 for a backward layer.
    """
    parts = []
    for track in tracks(trace):
        values = trace[track.site][:, :: track.every]
        steps, drawn = values.shape
        drawn_too = [one[track.site] for one in (trace, *beside) if track.site in one]
        largest = max(float(np.abs(array).max()) for array in drawn_too) or 1.0
        unit = np.tile(np.arange(drawn), steps)
        position = np.repeat(np.arange(steps), drawn)
        texts = np.asarray(read_texts(trace, track.part), dtype=object)
        value = values.reshape(-1)
        parts.append(
            pd.DataFrame(
                {
                    "site": track.site,
                    "position": position,
                    "done": np.zeros_like(position) if track.reverse else position,
                    "token": texts[position],
                    "unit": unit * track.every,
                    "low": unit / drawn,
                    "high": (unit + 1) / drawn,
                    "value": value,
                    "shade": value / largest if track.kind == "embedding" else value,
                    **_edges(position, steps),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    small = dict.fromkeys(("low", "high", "x", "x2", "shade"), "float32")
    whole = dict.fromkeys(("position", "done", "unit"), "int32")
    return frame.astype({"site": "category", "token": "category", **small, **whole})


def columns(trace: Trace, part: str = "encoder") -> pd.DataFrame:
    """One row per step of `part`: ``position``, ``tick``, ``token``, the column's edges and
    ``middle``, and the middle of the gap ``before`` and ``after`` it."""
    texts = step_texts(trace, part)
    if part == "decoder":
        texts = [shown(token.text) for token in trace.tokens["target"]]
    frame = step_frame(texts)
    frame = frame.assign(**_edges(frame["position"].to_numpy(), len(frame)))
    before = frame["position"] / len(frame)
    frame = frame.assign(middle=(frame["x"] + frame["x2"]) / 2, before=before, after=before + 1 / len(frame))
    if "attention.weights" in trace and trace["attention.weights"].ndim == 1:
        frame = frame.assign(weight=trace["attention.weights"])
    if "readout.probabilities" in trace and part == "decoder":
        frame = frame.assign(probability=trace["readout.probabilities"].max(1))
    return frame


def now(trace: Trace, part: str, step: int) -> pd.DataFrame:
    """The one row of `columns` that is the chosen step; of a shorter text its last one."""
    frame = columns(trace, part)
    return frame.iloc[[min(step, len(frame) - 1)]]


def verdicts(trace: Trace) -> pd.DataFrame:
    """One row per step and class: ``probability`` after that token, and its place in a stack of all."""
    shares = trace["readout.prefix_probabilities"]
    steps, classes = shares.shape
    position = np.repeat(np.arange(steps), classes)
    high = shares.cumsum(1)
    names = np.asarray(trace.labels["class"], dtype=object)
    number = np.tile(np.arange(classes), steps)
    texts = step_texts(trace, "encoder")
    return pd.DataFrame(
        {
            "position": position,
            "tick": pd.Categorical.from_codes(position, tick_texts(texts)),
            "token": np.asarray(texts, dtype=object)[position],
            "class": names[number],
            "number": number,
            "probability": shares.reshape(-1),
            "low": (high - shares).reshape(-1),
            "high": high.reshape(-1),
            "best": (shares == shares.max(1, keepdims=True)).reshape(-1),
            **_edges(position, steps),
        }
    )


def links(trace: Trace) -> pd.DataFrame:
    """Translation: one row per target and source step: from where to where, and the ``weight``.

    Without attention every step reads the same vector, the encoder's last state: one link with
    weight 1 from the last source column to each step.
    """
    source, target = columns(trace), columns(trace, "decoder")
    if "attention.weights" in trace:
        weights = trace["attention.weights"]
    else:
        weights = np.zeros((len(target), len(source)), dtype=np.float32)
        weights[:, -1] = 1.0
    rows = np.repeat(np.arange(len(target)), len(source))
    across = np.tile(np.arange(len(source)), len(target))
    return pd.DataFrame(
        {
            "position": rows,
            "token": target["token"].to_numpy()[rows],
            "source": source["token"].to_numpy()[across],
            "x": source["middle"].to_numpy()[across],
            "x2": target["middle"].to_numpy()[rows],
            "weight": weights.reshape(-1),
        }
    )


def _edges(position: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    return {"x": (position + GAP) / steps, "x2": (position + 1 - GAP) / steps}


def title(track: Track) -> str:
    """A row of boxes in words."""
    drawn = f", every {ordinal(track.every)} drawn" if track.every > 1 else ""
    if track.kind == "embedding":
        whose = "The piece it wrote before, as" if track.part == "decoder" else "Embedding:"
        return f"{whose} {track.size} numbers{drawn}"
    who = "Decoder" if track.part == "decoder" else "Hidden state"
    layer = f", layer {track.layer + 1}" if track.layer else ""
    direction = ", read backwards" if track.reverse else ""
    return f"{who}{layer}{direction}: {track.size} units{drawn}"


def ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``4th`` … as they stand in a title."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def describe(trace: Trace) -> str:
    """The picture in words, for a person who cannot see it."""
    rows = "; ".join(title(track) for track in tracks(trace))
    if trace.meta["task"] == "sentiment":
        best = verdicts(trace).query("best")
        told = ", ".join(
            f"after {token!r} {name}" for token, name in zip(best["token"], best["class"], strict=True)
        )
        steps = len(trace.tokens["time"])
        return f"The network unrolled over {steps} tokens. Rows from the top: {rows}. Verdicts: {told}."
    source, target = (
        " ".join(shown(token.text) for token in trace.tokens[axis]) for axis in ("source", "target")
    )
    return f"Encoder over the source ({source}) and decoder over the translation ({target}). Rows: {rows}."
