"""Frames of the cell inspector: the inputs behind one sum, the GRU's other conventions."""

from typing import Any

import numpy as np
import pandas as pd

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace, site

from .gates import names, previous
from .layer import Layer
from .numbers import printed
from .tokens import axis_of, step_frame, step_texts

TOP = 10  # terms shown by name; the rest is one bar
KINDS = (N_("from the input"), N_("from the state"), N_("together"))


def weights(model: Any, place: Layer) -> dict[str, np.ndarray]:
    """The matrices and biases of one layer and direction: ``W_i``, ``W_h``, ``b_i``, ``b_h``."""
    found = model.stacks()[place.part].weights(place.layer, place.reverse)
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def of_unit(model: Any, place: Layer, unit: int) -> dict[str, float]:
    """The weights of one unit that the unit-by-unit equations name: peepholes, ``p_f``; empty without any."""
    stack = model.stacks().get(place.part)
    if stack is None:  # of a trace alone
        return {}
    found = stack.weights(place.layer, place.reverse)
    extra = stack.definition(place.layer).extra
    return {name: float(found[name].detach()[unit]) for name in extra if found[name].dim() == 1}


def contributions(
    model: Any, trace: Trace, place: Layer, gate: str, position: int, unit: int, top: int = TOP
) -> pd.DataFrame:
    """What each input adds to one gate's sum: largest first, then the rest, the biases and the sum.

    A peephole is one of the inputs, from the state.

    Columns: ``order``, ``name``, ``kind`` (one of `KINDS`), ``weight`` and ``number`` (its two factors),
    ``value``. All but the last row add up to the last, which is the recorded pre-activation.
    """
    matrices = weights(model, place)
    size = trace[place.site(gate)].shape[1]
    row = names(trace, place.part).index(gate) * size + unit
    cell = trace.definition(place.part)
    x, h = trace[place.site("layer_input")][position], previous(trace, place, "hidden", position)
    damp = 1.0  # what a GRU's candidate sees of the old state is multiplied by the reset gate
    if "reset" in cell[f"{gate}_preactivation"].symbols():
        damp = float(trace[place.site("reset")][position, unit])
    into = matrices["W_i"][row].astype(np.float64)
    back = matrices["W_h"][row].astype(np.float64) if cell.reads_state else np.zeros(0)
    h = h[: len(back)]
    texts = [
        *input_names(trace, place, len(x)),
        *(_("unit {unit} before", unit=other) for other in range(len(h))),
    ]
    if gate in cell.peepholes:
        weight, state = cell.peepholes[gate].symbols()
        looked = previous(trace, place, "cell", position)[unit] if state == "previous_cell" else None
        number = trace[place.site(state)][position, unit] if looked is None else looked
        texts.append(_("its cell before") if state == "previous_cell" else _("its cell now"))
        back, h = np.append(back, matrices[weight][unit]), np.append(h, number)
    values = np.concatenate([into * x, damp * back * h])
    kinds = np.repeat(KINDS[:2], (len(x), len(h)))
    first = np.argsort(-np.abs(values), kind="stable")[:top]
    rest = np.setdiff1d(np.arange(len(values)), first)
    factors, numbers = np.concatenate([into, damp * back]), np.concatenate([x, h])
    rows = [(texts[i], kinds[i], factors[i], numbers[i], values[i]) for i in first]
    for kind in KINDS[:2]:
        others = [i for i in rest if kinds[i] == kind]
        if others:
            rows.append((_("{n} others", n=len(others)), kind, np.nan, np.nan, values[others].sum()))
    for name, kind, scale in (("b_i", KINDS[0], 1.0), ("b_h", KINDS[1], damp)):
        if name in matrices:
            rows.append(
                (_("bias {name}", name=name), kind, np.nan, np.nan, scale * float(matrices[name][row]))
            )
    total = float(trace[place.site(f"{gate}_preactivation")][position, unit])
    rows.append((_("sum"), KINDS[2], np.nan, np.nan, total))
    frame = pd.DataFrame(rows, columns=["name", "kind", "weight", "number", "value"])
    order = np.arange(len(frame), dtype=np.int32)
    ticks = [f"{place:04d} {name}" for place, name in zip(order, frame["name"], strict=True)]
    return frame.assign(order=order, tick=pd.array(ticks, dtype="str"))


def contributions_in_words(frame: pd.DataFrame) -> str:
    """`contributions`, for a reader who cannot see it."""
    best = "; ".join(
        f"{row.name} {printed(row.value, '+.2f')}" for row in frame.head(3).itertuples(index=False)
    )
    return _("{terms}; sum {sum}", terms=best, sum=printed(frame["value"].iloc[-1]))


def input_names(trace: Trace, place: Layer, size: int) -> list[str]:
    """What each number of the layer's input is: of the embedding, the context, or the layer below."""
    if place.layer:
        below = size // 2 if trace.reverses(place.part) else size
        sides = (N_("unit {unit} of layer {layer}"), N_("unit {unit} of layer {layer} backwards"))
        return [_(sides[i // below], unit=i % below, layer=place.layer) for i in range(size)]
    if axis_of(trace, place.part) == "numbers":
        names = trace.labels.get("dim", ())
        return list(names) if len(names) == size else [_("the number read")] * (size == 1) or _columns(size)
    wide = trace[site(place.part, "embedding")].shape[1] if site(place.part, "embedding") in trace else size
    return [
        _("embedding {number}", number=i) if i < wide else _("context {number}", number=i - wide)
        for i in range(size)
    ]


def _columns(size: int) -> list[str]:
    return [_("number {number}", number=n + 1) for n in range(size)]


# --- the GRU's other conventions --------------------------------------------------------------


def conventions(model: Any, trace: Trace, place: Layer) -> pd.DataFrame:
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
