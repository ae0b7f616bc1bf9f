"""What the gradients of an opened network are taken of, and its recurrent layers run again for autograd.

Layers that read each other's states as they are, and a tail of linear layers and activations after the last
state, can be followed; of all else the gradients stop where that does.
"""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz_core.contracts.quantity import Quantity, Watch
from rnnviz_core.errors import TraceError
from rnnviz_core.importing.layers import ACTIVATIONS, Layer
from rnnviz_core.importing.network import Imported
from rnnviz_core.languages import _, filled
from rnnviz_core.tracing.trace import Trace

NUMBERED = 20  # outputs that are offered, and units
CLOSE = 1e-3  # how far the prediction may be from the recorded one, relative to the largest number
READ, EMBEDDED = "encoder.0.layer_input", "encoder.embedding"


def tail(imported: Imported, part: str) -> tuple[Layer, ...]:
    """The layers after the last recurrent one of a part, where they can be followed; else none."""
    if imported.branches:
        return ()
    names = [layer.name for layer in imported.layers]
    last = part.rpartition("+")[2]
    if last not in names:
        return ()
    after = imported.layers[names.index(last) + 1 :]
    if any(layer.kind == "recurrent" for layer in after):
        return ()
    recurrent = imported.layers[names.index(last)]
    ends = recurrent.options.get("sequences") is False or any(layer.kind == "last" for layer in after)
    merged = recurrent.options.get("directions") == 1 or recurrent.options.get("merge") == "concat"
    known = all(layer.kind in ("dense", "activation", "same", "last") for layer in after)
    found = tuple(layer for layer in after if layer.kind in ("dense", "activation"))
    return found if ends and merged and known and any(layer.kind == "dense" for layer in found) else ()


def outputs(imported: Imported, part: str) -> int:
    """How many numbers come out of that tail; 0 where it cannot be followed."""
    dense = [layer for layer in tail(imported, part) if layer.kind == "dense"]
    return len(dense[-1].weights["weight"]) if dense else 0


def stacked(trace: Trace) -> bool:
    """Whether each layer reads the states of the one below as they are."""
    sides = ("", ".reverse") if trace.reverses() else ("",)
    for layer in range(1, trace.layers()):
        below = np.concatenate([trace[f"encoder.{layer - 1}{side}.hidden"] for side in sides], 1)
        read = trace[f"encoder.{layer}.layer_input"]
        if read.shape != below.shape or not np.allclose(read, below, atol=1e-5):
            return False
    return True


def rerun(model: Any, trace: Trace, watch: Watch) -> Tensor:
    """What comes out before its last activation, where that is known, then the states at the end.

    Parameters
    ----------
    model
        A network as `rnnviz_core.derivatives.loop.followed` makes it.
    trace
        Of the same network.
    watch
        Takes a site and its tensor, and returns the tensor that is to be used.

    Raises
    ------
    TraceError
        When what comes out is not what was recorded.
    """
    name = EMBEDDED if EMBEDDED in trace else READ
    loop = model.encoder
    read = watch(name, torch.tensor(trace[name]).double())
    sides = ("", ".reverse") if loop.bidirectional else ("",)
    places = [f"encoder.{layer}{side}" for layer in range(loop.num_layers) for side in sides]
    starts = tuple(
        torch.tensor(np.stack([trace[f"{place}.initial_{state}"] for place in places])).double()
        for state in loop.cell.states
    )
    states, _ = loop(read, starts)
    last = _ends(states, len(sides))
    if not trace.meta.get("outputs"):
        return last
    found = tail(model.imported, model.part)
    after = found[-1] if found[-1].kind == "activation" else None
    of_last_step = any(layer.kind == "last" for layer in model.imported.layers)
    state = states[-1] if of_last_step else last
    before = _followed(found, state)
    if loop.scale == 1.0:  # else it is another network
        _check(found, before, after, trace)
    return torch.cat([before, last])


def _ends(states: Tensor, sides: int) -> Tensor:
    """What is held when all is read: of a layer read backwards that is its first step."""
    if sides == 1:
        return states[-1]
    half = states.shape[1] // 2
    return torch.cat([states[-1, :half], states[0, half:]])


def _followed(layers: tuple[Layer, ...], value: Tensor) -> Tensor:
    """The tail in double precision, without the activation at its end."""
    for number, layer in enumerate(layers):
        if layer.kind == "dense":
            weight = torch.tensor(np.asarray(layer.weights["weight"], np.float64))
            bias = layer.weights.get("bias")
            value = functional.linear(
                value, weight, None if bias is None else torch.tensor(np.asarray(bias, np.float64))
            )
        if not any(one.kind == "dense" for one in layers[number + 1 :]):
            return value
        value = _active(layer, value)
    return value


def _active(layer: Layer, value: Tensor) -> Tensor:
    name = layer.options.get("activation", layer.options.get("function", "linear"))
    return ACTIVATIONS[str(name)](value)


def _check(layers: tuple[Layer, ...], before: Tensor, after: Layer | None, trace: Trace) -> None:
    value = _active(next(one for one in reversed(layers) if one.kind == "dense"), before.detach())
    value = value if after is None else _active(after, value)
    recorded = trace["readout.prediction"].astype(np.float64).reshape(-1)
    apart = float(np.abs(value.numpy() - recorded).max()) if len(value) == len(recorded) else float("inf")
    if not apart <= CLOSE * max(1.0, float(np.abs(recorded).max())):
        raise TraceError(
            _("the prediction computed once more differs by {apart:.3g} from the recorded one", apart=apart)
        )


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The outputs where they can be followed, then the states at the end, the largest first."""
    if not stacked(trace):
        return {}
    count = int(trace.meta.get("outputs") or 0)
    found = [
        Quantity(
            f"output:{one}",
            filled("output {number}, before any activation", number=one),
            partial(_number, one),
        )
        for one in range(min(count, NUMBERED))
    ]
    top = trace.layers() - 1
    ends = [trace[f"encoder.{top}.hidden"][-1]]
    if trace.reverses():
        ends.append(trace[f"encoder.{top}.reverse.hidden"][0])
    values = np.concatenate(ends)
    for unit in np.argsort(-np.abs(values), kind="stable")[:NUMBERED]:
        number = int(unit) % len(ends[0])
        if unit >= len(ends[0]):
            words = filled("unit {unit} at the end of the last layer, read backwards", unit=number)
        else:
            words = filled("unit {unit} at the end of the last layer", unit=number)
        found.append(Quantity(f"state:{unit}", words, partial(_number, count + int(unit))))
    return {one.name: one for one in found}


def _number(place: int, found: Tensor) -> Tensor:
    return found[place]
