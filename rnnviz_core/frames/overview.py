"""Frames of the overview: the network unrolled over the tokens of one sentence.

Columns of the picture lie on one scale from 0 (left edge) to 1 (right edge), so that an encoder and
a decoder of different lengths fit into the same picture: ``x`` and ``x2`` are a column's edges.
"""

from collections.abc import Sequence

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .tokens import read_texts, shown, step_columns, step_texts
from .tracks import beads as beads
from .tracks import dimensions as dimensions
from .tracks import gates as gates
from .tracks import ordinal as ordinal
from .tracks import row as row
from .tracks import thinned_in_words as thinned_in_words
from .tracks import title as title
from .tracks import tracks as tracks

GAP = 0.14  # part of a column left free on either side


def strips(trace: Trace, unit: int | None = None) -> Columns | None:
    """One row per layer, gate and step: ``site``, ``position``, ``token``, ``value``; None without gates.

    The value is the gate's mean over all units, or that of one `unit`. Under the site ``….memory`` it is the
    share of the old memory that is kept.
    """
    sites, values, tokens = [], [], []
    for track in tracks(trace):
        memory = trace.definition(track.part).memory if track.kind == "hidden" else None
        if memory is None:
            continue
        kept = memory.kept.evaluate({name: trace[track.place.site(name)] for name in memory.kept.symbols()})
        known = {name: trace[track.place.site(name)] for name in gates(trace, track.part)}
        for name, array in {"memory": kept, **known}.items():
            sites.append(track.place.site(name))
            one = array.mean(1) if unit is None else array[:, min(unit, array.shape[1] - 1)]
            values.append(one.astype(np.float32))
            tokens.append(read_texts(trace, track.part))
    if not sites:
        return None
    lengths = [len(one) for one in values]
    position = np.concatenate([np.arange(length, dtype=np.int16) for length in lengths])
    texts = list(dict.fromkeys(text for one in tokens for text in one))
    at = {text: number for number, text in enumerate(texts)}
    return {
        "site": Texts(np.repeat(np.arange(len(sites), dtype=np.int16), lengths), sites),
        "position": position,
        "token": Texts(np.asarray([at[text] for one in tokens for text in one], dtype=np.int16), texts),
        "value": np.concatenate(values),
    }


def cells(trace: Trace) -> Columns:
    """One row per number drawn: ``site``, ``position``, ``token``, ``unit``, ``value``."""
    shown = tracks(trace) + beads(trace)
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


def now(trace: Trace, part: str, step: int, *, walked: bool = True) -> Columns:
    """The one row of `columns` that is the chosen step; of a shorter text its last one.

    ``read`` is the last step that is not faded: the same where somebody has `walked` there, else the last.
    """
    found = columns(trace, part)
    last = len(found["position"]) - 1
    at = min(step, last)
    row = {name: column[at : at + 1] for name, column in found.items()}
    return {**row, "read": np.asarray([at if walked else last], dtype=np.int16)}


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


def describe(trace: Trace) -> str:
    """The picture in words, for a person who cannot see it."""
    rows = "; ".join(title(track) for track in tracks(trace))
    if "readout.prefix_probabilities" in trace:
        best, names = trace["readout.prefix_probabilities"].argmax(1), trace.labels["class"]
        texts = step_texts(trace, "encoder")
        told = ", ".join(
            _("after {token!r} {answer}", token=text, answer=_(names[at]))
            for text, at in zip(texts, best, strict=True)
        )
        return _(
            "The network unrolled over {count} tokens. Rows from the top: {rows}. Verdicts: {verdicts}.",
            count=len(texts),
            rows=rows,
            verdicts=told,
        )
    if "source" not in trace.tokens:
        return _(
            "The layers unrolled over {count} steps. Rows from the top: {rows}.",
            count=len(step_texts(trace, "encoder")),
            rows=rows,
        )
    source, target = (
        " ".join(shown(token.text) for token in trace.tokens[axis]) for axis in ("source", "target")
    )
    return _(
        "Encoder over the source ({source}) and decoder over the translation ({target}). Rows: {rows}.",
        source=source,
        target=target,
        rows=rows,
    )
