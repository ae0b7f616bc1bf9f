"""Traces with random but internally consistent numbers, for the tests of frames and charts.

The weights are drawn here and the equations are written out step by step in numpy, so these
traces owe nothing to the recorder that they stand in for.
"""

from typing import Any

import numpy as np

from rnnviz_core.inputs.steps import Token
from rnnviz_core.models.classifier_spec import SENTIMENT_CLASSES
from rnnviz_core.tracing.trace import Trace, layer_site

GATES = {
    "rnn": ("candidate",),
    "gru": ("reset", "update", "candidate"),
    "lstm": ("input", "forget", "candidate", "output"),
}
WORDS = ("▁not", "▁a", "▁good", "▁film", "▁but", "▁a", "▁good", "▁try")


def tokens(words: tuple[str, ...]) -> tuple[Token, ...]:
    """One `Token` per piece, with the offsets the pieces would have in their joined text."""
    found, start = [], 0
    for number, word in enumerate(words):
        found.append(Token(word, 4 + number, start, start + len(word)))
        start += len(word)
    return tuple(found)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _step(cell: str, pre: dict[str, Any], h: np.ndarray, c: np.ndarray) -> tuple[dict[str, Any], Any, Any]:
    """Activations, pre-activations, and the new hidden and cell state of one step."""
    total = {gate: pre["input"][gate] + pre["state"][gate] for gate in GATES[cell]}
    act = {gate: _sigmoid(value) for gate, value in total.items() if gate != "candidate"}
    if cell == "gru":
        total["candidate"] = pre["input"]["candidate"] + act["reset"] * pre["state"]["candidate"]
    act["candidate"] = np.tanh(total["candidate"])
    if cell == "rnn":
        return {"act": act, "total": total}, act["candidate"], c
    if cell == "gru":
        return {"act": act, "total": total}, (1 - act["update"]) * act["candidate"] + act["update"] * h, c
    c = act["forget"] * c + act["input"] * act["candidate"]
    return {"act": act, "total": total}, act["output"] * np.tanh(c), c


def layer_arrays(
    cell: str,
    x: np.ndarray,
    hidden: int,
    rng: np.random.Generator,
    *,
    place: tuple[str, int, bool],
    axis: str,
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """Every site of one recurrent layer reading `x` (steps, width)."""
    part, layer, reverse = place
    gates = GATES[cell]
    w = {gate: rng.normal(0, 1.2 / np.sqrt(x.shape[1]), (hidden, x.shape[1])) for gate in gates}
    u = {gate: rng.normal(0, 1.2 / np.sqrt(hidden), (hidden, hidden)) for gate in gates}
    b = {gate: rng.normal(0, 0.3, hidden) for gate in gates}
    h = c = np.zeros(hidden)
    rows: dict[str, list[np.ndarray]] = {}
    for x_t in x[::-1] if reverse else x:
        pre = {"input": {g: w[g] @ x_t + b[g] for g in gates}, "state": {g: u[g] @ h for g in gates}}
        step, h, c = _step(cell, pre, h, c)
        for gate in gates:
            rows.setdefault(gate, []).append(step["act"][gate])
            rows.setdefault(f"{gate}_preactivation", []).append(step["total"][gate])
            rows.setdefault(f"{gate}_from_input", []).append(pre["input"][gate])
            rows.setdefault(f"{gate}_from_state", []).append(pre["state"][gate])
        rows.setdefault("hidden", []).append(h)
        if cell == "lstm":
            rows.setdefault("cell", []).append(c)
    arrays = {name: np.stack(values[::-1] if reverse else values) for name, values in rows.items()}
    axes = dict.fromkeys(arrays, (axis, "unit"))
    arrays["layer_input"], axes["layer_input"] = x, (axis, "dim")
    for state in ("hidden", "cell") if cell == "lstm" else ("hidden",):
        arrays[f"initial_{state}"], axes[f"initial_{state}"] = np.zeros(hidden), ("unit",)
    return (
        {layer_site(part, layer, n, reverse=reverse): a.astype(np.float32) for n, a in arrays.items()},
        {layer_site(part, layer, n, reverse=reverse): a for n, a in axes.items()},
    )


def _part(
    cell: str, words: tuple[str, ...], hidden: int, rng: Any, part: str, axis: str, **shape: Any
) -> Any:
    known = {word: rng.normal(0, 0.6, hidden) for word in dict.fromkeys(words)}
    x = np.stack([known[word] for word in words])
    arrays, axes = {f"{part}.embedding": x.astype(np.float32)}, {f"{part}.embedding": (axis, "dim")}
    for layer in range(shape.get("layers", 1)):
        outputs = []
        for reverse in (False, True)[: 1 + shape.get("bidirectional", False)]:
            more, named = layer_arrays(cell, x, hidden, rng, place=(part, layer, reverse), axis=axis)
            arrays |= more
            axes |= named
            outputs.append(more[layer_site(part, layer, "hidden", reverse=reverse)])
        x = np.concatenate(outputs, axis=1)
    return arrays, axes, x


def _softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sentiment_trace(
    cell: str = "lstm",
    words: tuple[str, ...] = WORDS,
    hidden: int = 16,
    *,
    attention: bool = False,
    **shape: Any,
) -> Trace:
    """A sentiment trace; `shape` may hold ``layers`` and ``bidirectional``."""
    rng = np.random.default_rng(7)
    arrays, axes, states = _part(cell, words, hidden, rng, "encoder", "time", **shape)
    if attention:
        scores = (states @ rng.normal(0, 2 / np.sqrt(states.shape[1]), states.shape[1])).astype(np.float32)
        arrays |= {"attention.scores": scores, "attention.weights": _softmax(scores)}
        arrays["attention.context"] = _softmax(scores) @ states
        axes |= {
            "attention.scores": ("time",),
            "attention.weights": ("time",),
            "attention.context": ("unit",),
        }
    return Trace(
        model="sentiment-fake",
        text=" ".join(words),
        tokens={"time": tokens(words)},
        arrays=arrays,
        axes=axes,
        max_difference=0.0,
        labels={"class": SENTIMENT_CLASSES},
        meta={"task": "sentiment", "cell": cell, "attention": "pooling" if attention else "none"},
    )


def translation_trace(
    cell: str = "gru",
    source: tuple[str, ...] = ("▁me", "▁encan", "tó", "▁la", "▁pizza", "</s>"),
    target: tuple[str, ...] = ("▁I", "▁loved", "▁the", "▁pizza", "</s>"),
    hidden: int = 16,
    *,
    attention: bool = True,
) -> Trace:
    """A translation trace with one encoder and one decoder layer."""
    rng = np.random.default_rng(11)
    read = ("<s>", *target[:-1])
    arrays, axes, states = _part(cell, source, hidden, rng, "encoder", "source")
    more, named, decoded = _part(cell, read, hidden, rng, "decoder", "target")
    arrays, axes = arrays | more, axes | named
    if attention:
        scores = (2 * decoded @ rng.normal(0, 1, (hidden, hidden)) @ states.T).astype(np.float32)
        arrays |= {"attention.scores": scores, "attention.weights": _softmax(scores)}
        arrays["attention.context"] = _softmax(scores) @ states
        axes |= dict.fromkeys(("attention.scores", "attention.weights"), ("target", "source"))
        axes["attention.context"] = ("target", "unit")
    return Trace(
        model="es-en-fake",
        text=" ".join(source),
        tokens={"source": tokens(source), "target": tokens(target)},
        arrays=arrays,
        axes=axes,
        max_difference=0.0,
        labels={"target_input": read},
        meta={"task": "translation", "cell": cell, "attention": "bahdanau" if attention else "none"},
    )
