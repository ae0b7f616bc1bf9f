"""Frames of the cell inspector: the inputs behind one sum, the drawn cell, the GRU's other conventions."""

from typing import Any

import numpy as np
import pandas as pd

from rnnviz_core.tracing.layers import weights_of
from rnnviz_core.tracing.trace import Trace, site

from .gates import Place, cell_values, names, previous
from .numbers import printed
from .tokens import step_frame, step_texts

TOP = 10  # terms shown by name; the rest is one bar
KINDS = ("from the input", "from the state", "together")


def weights(model: Any, place: Place) -> dict[str, np.ndarray]:
    """The matrices and biases of one layer and direction: ``W_i``, ``W_h``, ``b_i``, ``b_h``."""
    found = weights_of(model.stacks()[place.part], place.layer, place.reverse)
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def contributions(
    model: Any, trace: Trace, place: Place, gate: str, position: int, unit: int, top: int = TOP
) -> pd.DataFrame:
    """What each input adds to one gate's sum: largest first, then the rest, the biases and the sum.

    Columns: ``order``, ``name``, ``kind`` (one of `KINDS`), ``weight`` and ``number`` (its two factors),
    ``value``. All but the last row add up to the last, which is the recorded pre-activation.
    """
    matrices = weights(model, place)
    size = len(trace[place.site(f"initial_{_first_state(trace)}")])
    row = names(trace).index(gate) * size + unit
    x, h = trace[place.site("layer_input")][position], previous(trace, place, "hidden", position)
    damp = 1.0  # what a GRU's candidate sees of the old state is multiplied by the reset gate
    if gate == "candidate" and "reset" in names(trace):
        damp = float(trace[place.site("reset")][position, unit])
    into, back = (matrices[name][row].astype(np.float64) for name in ("W_i", "W_h"))
    texts = [*_input_names(trace, place, len(x)), *(f"unit {other} before" for other in range(len(h)))]
    values = np.concatenate([into * x, damp * back * h])
    kinds = np.repeat(KINDS[:2], (len(x), len(h)))
    first = np.argsort(-np.abs(values), kind="stable")[:top]
    rest = np.setdiff1d(np.arange(len(values)), first)
    factors, numbers = np.concatenate([into, damp * back]), np.concatenate([x, h])
    rows = [(texts[i], kinds[i], factors[i], numbers[i], values[i]) for i in first]
    for kind in KINDS[:2]:
        others = [i for i in rest if kinds[i] == kind]
        if others:
            rows.append((f"{len(others)} others", kind, np.nan, np.nan, values[others].sum()))
    for name, kind, scale in (("b_i", KINDS[0], 1.0), ("b_h", KINDS[1], damp)):
        if name in matrices:
            rows.append(("bias", kind, np.nan, np.nan, scale * float(matrices[name][row])))
    total = float(trace[place.site(f"{gate}_preactivation")][position, unit])
    rows.append(("sum", KINDS[2], np.nan, np.nan, total))
    frame = pd.DataFrame(rows, columns=["name", "kind", "weight", "number", "value"])
    order = np.arange(len(frame), dtype=np.int32)
    ticks = [f"{place:04d} {name}" for place, name in zip(order, frame["name"], strict=True)]
    return frame.assign(order=order, tick=pd.array(ticks, dtype="str"))


def contributions_in_words(frame: pd.DataFrame) -> str:
    """`contributions`, for a reader who cannot see it."""
    best = "; ".join(
        f"{row.name} {printed(row.value, '+.2f')}" for row in frame.head(3).itertuples(index=False)
    )
    return f"{best}; sum {printed(frame['value'].iloc[-1])}"


def _first_state(trace: Trace) -> str:
    return "cell" if trace.meta["cell"] == "lstm" else "hidden"


def _input_names(trace: Trace, place: Place, size: int) -> list[str]:
    """What each number of the layer's input is: of the embedding, the context, or the layer below."""
    if place.layer:
        below = size // 2 if trace.reverses(place.part) else size
        sides = ("", " backwards")
        return [f"unit {i % below} of layer {place.layer}{sides[i // below]}" for i in range(size)]
    wide = trace[site(place.part, "embedding")].shape[1] if site(place.part, "embedding") in trace else size
    return [f"embedding {i}" if i < wide else f"context {i - wide}" for i in range(size)]


# --- the drawn cell ---------------------------------------------------------------------------

# Places on a plane of 10 x 6. A node: name, x, y, kind, words; a wire: from, to, the value it carries.
_LSTM = (
    (
        ("previous_cell", 0.6, 5.2, "state", "old cell"),
        ("kept", 2.3, 5.2, "op", "×"),
        ("cell", 4.9, 5.2, "op", "+"),
        ("new_cell", 9.4, 5.2, "state", "new cell"),
        ("forget", 2.3, 2.6, "forget", "forget"),
        ("input", 4.0, 2.6, "input", "input"),
        ("candidate", 5.8, 2.6, "candidate", "cand."),
        ("output", 7.55, 2.6, "output", "output"),
        ("added", 4.9, 4.0, "op", "×"),
        ("shown", 7.55, 4.0, "op", "×"),
        ("hidden", 9.4, 4.0, "state", "new h"),
    ),
    (
        ("previous_cell", "kept", "previous_cell"),
        ("forget", "kept", "forget"),
        ("kept", "cell", "kept"),
        ("input", "added", "input"),
        ("candidate", "added", "candidate"),
        ("added", "cell", "added"),
        ("cell", "new_cell", "cell"),
        ("cell", "shown", "squeezed"),
        ("output", "shown", "output"),
        ("shown", "hidden", "hidden"),
    ),
)
_GRU = (
    (
        ("previous_hidden", 0.5, 5.2, "state", "old h"),
        ("kept", 1.8, 5.2, "op", "×"),
        ("sum", 7.0, 5.2, "op", "+"),
        ("hidden", 9.4, 5.2, "state", "new h"),
        ("update", 1.8, 2.6, "update", "update"),
        ("reset", 4.4, 2.6, "reset", "reset"),
        ("candidate", 7.0, 2.6, "candidate", "cand."),
        ("added", 7.0, 4.0, "op", "×"),
    ),
    (
        ("previous_hidden", "kept", "previous_hidden"),
        ("update", "kept", "update"),
        ("kept", "sum", "kept"),
        ("update", "added", "open"),
        ("reset", "candidate", "reset"),
        ("candidate", "added", "candidate"),
        ("added", "sum", "added"),
        ("sum", "hidden", "hidden"),
    ),
)
_RNN = (
    (
        ("candidate", 5.0, 4.0, "candidate", "cand."),
        ("hidden", 9.4, 4.0, "state", "new h"),
    ),
    (("candidate", "hidden", "hidden"),),
)
DRAWINGS = {"lstm": _LSTM, "gru": _GRU, "rnn": _RNN}
BELOW = {"input": 0.8, "state": 0.3}  # where what enters the gates is written, from below


def carried(trace: Trace, place: Place, position: int, unit: int) -> dict[str, float]:
    """Every number on a wire of the drawn cell, by name."""
    values = cell_values(trace, place, position, unit)
    match trace.meta["cell"]:
        case "lstm":
            values["kept"] = values["forget"] * values["previous_cell"]
            values["added"] = values["input"] * values["candidate"]
            values["squeezed"] = float(np.tanh(values["cell"]))
            values["shown"] = values["output"] * values["squeezed"]
            values["new_cell"] = values["cell"]
        case "gru":
            values["kept"] = values["update"] * values["previous_hidden"]
            values["open"] = 1 - values["update"]
            values["added"] = values["open"] * values["candidate"]
            values["candidate_from_state"] *= values["reset"]
            values["sum"] = values["kept"] + values["added"]
    return values


def drawing(trace: Trace, place: Place, position: int, unit: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nodes and the wires of the drawn cell, with their values.

    Nodes: ``name``, ``x``, ``y``, ``kind``, ``words``, ``value``, ``text``. Wires: ``x``, ``y``, ``x2``,
    ``y2``, ``value``, ``words``. Two wires enter every gate from below: its input and its state part.
    """
    values = carried(trace, place, position, unit)
    nodes, wires = DRAWINGS[trace.meta["cell"]]
    spots = {name: (x, y) for name, x, y, _, _ in nodes}
    drawn = [(*spots[start], *spots[end], values[key], key) for start, end, key in wires]
    placed = [(name, x, y, kind, words, values[name]) for name, x, y, kind, words in nodes]
    for gate in names(trace):
        x, y = spots[gate]
        for shift, side, word in ((-0.45, "input", "x"), (0.45, "state", "h")):
            value = values[f"{gate}_from_{side}"]
            drawn.append((x + shift, BELOW[side] + 0.4, x, y, value, f"{gate}: from the {side}"))
            placed.append((f"{gate}_{side}", x + shift, BELOW[side], "entry", word, value))
    frame = pd.DataFrame(placed, columns=["name", "x", "y", "kind", "words", "value"])
    lines = pd.DataFrame(drawn, columns=["x", "y", "x2", "y2", "value", "words"])
    return frame, lines.assign(size=lines["value"].abs())


def drawing_in_words(nodes: pd.DataFrame) -> str:
    """`drawing`, for a reader who cannot see it."""
    shown = nodes[~nodes["kind"].isin(["op", "entry"])]
    return "; ".join(f"{row.words} {printed(row.value)}" for row in shown.itertuples())


# --- the GRU's other conventions --------------------------------------------------------------


def conventions(model: Any, trace: Trace, place: Place) -> pd.DataFrame:
    """One row per token: how far h is from the recorded one when a GRU is read by other textbooks.

    ``flipped``: update = 1 takes the new content, with the weights of the update gate turned round.
    ``same_weights``: the same, with the weights as they are. ``before``: the reset gate is applied to the
    old state before the matrix product. Each is the largest difference over the units, the whole text
    being read that way.
    """
    matrices = {name: values.astype(np.float64) for name, values in weights(model, place).items()}
    recorded, x = trace[place.site("hidden")], trace[place.site("layer_input")].astype(np.float64)
    steps = step_frame(step_texts(trace, place.part))
    found = {"flipped": (-1.0, True, False), "same_weights": (1.0, True, False), "before": (1.0, False, True)}
    first = trace[place.site("initial_hidden")].astype(np.float64)
    return steps.assign(
        **{
            name: np.abs(_gru(matrices, x, first, place.reverse, *how) - recorded).max(1)
            for name, how in found.items()
        }
    )


def _gru(
    matrices: dict[str, np.ndarray],
    x: np.ndarray,
    h: np.ndarray,
    reverse: bool,
    sign: float,
    swap: bool,
    before: bool,
) -> np.ndarray:
    """Read a text with a GRU of another convention: (steps, unit) in reading order."""
    size = len(h)
    from_x = x @ matrices["W_i"].T + matrices.get("b_i", 0.0)
    back, bias = matrices["W_h"], matrices.get("b_h", np.zeros(3 * size))
    states = np.empty((len(x), size))
    for step in range(len(x))[:: -1 if reverse else 1]:
        inside = back[: 2 * size] @ h + bias[: 2 * size] + from_x[step, : 2 * size]
        reset = _sigmoid(inside[:size])
        update = _sigmoid(sign * inside[size:])
        matrix = back[2 * size :]
        past = matrix @ (reset * h) + bias[2 * size :] if before else reset * (matrix @ h + bias[2 * size :])
        new = np.tanh(from_x[step, 2 * size :] + past)
        take, keep = (update, 1 - update) if swap else (1 - update, update)
        states[step] = h = take * new + keep * h
    return states


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(values / 2))  # the same, and nothing overflows
