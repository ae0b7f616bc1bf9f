"""The layers of an imported network, each as what it computes on one sequence: plain settings and weights.

A layer is data: its kind is a key of `KINDS`, and what that computes stands here. Shapes are without a batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz_core.errors import CheckpointError, TextError
from rnnviz_core.languages import _

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Layer:
    """One layer: `name` as the file calls it, `kind` a key of `KINDS`, ``recurrent`` or ``unknown``."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)  # plain values
    weights: Weights = field(default_factory=dict)  # float32 arrays
    words: str = ""  # what it is called there: LSTM, Dense


def cell_of(kind: str, bias: str, **options: Any) -> dict[str, Any]:
    """A cell as `cells.equations.from_dict` takes it: PyTorch's own where nothing differs from it.

    `kind` is ``rnn``, ``gru`` or ``lstm``, `bias` ``two``, ``one`` or ``none``; `options` are those of the
    cell's variant in `cells.variants`.
    """
    usual = {"gates": "sigmoid", "content": "tanh", "shown": "tanh", "clip": 0.0}
    own = {name: value for name, value in options.items() if value != usual.get(name, False)}
    if bias != "one" and (not own or (kind == "rnn" and own == {"content": "relu"})):
        plain: dict[str, Any] = {"cell": kind, "bias": bias == "two"}
        return plain | ({"relu": True} if own else {})
    return {"cell": f"{kind}_variant", "bias": bias, **own}


@dataclass(frozen=True)
class Value:
    """What passes from layer to layer."""

    data: Tensor  # (time, dim), (dim) or, before an embedding, ids (time)
    mask: Tensor | None = None  # (time), which steps count; None: all
    time: tuple[int, ...] = ()  # which step of the input each row is; empty where rows are no steps of it

    def with_data(self, data: Tensor, *, steps: bool = True) -> "Value":
        """The same with other numbers; without `steps` rows are no steps any more."""
        if steps:
            return replace(self, data=data)
        return Value(data)


def weight_of(layer: Layer, name: str) -> Tensor:
    """One of a layer's arrays as a tensor."""
    return torch.from_numpy(np.array(layer.weights[name], dtype=np.float32))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda a: a,
    "relu": torch.relu,
    "relu6": lambda a: a.clamp(0, 6),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda a: a.softmax(-1),
    "log_softmax": lambda a: a.log_softmax(-1),
    "hard_sigmoid": lambda a: (0.2 * a + 0.5).clamp(0, 1),  # Keras 1 and 2
    "hard_sigmoid_sixth": lambda a: (a / 6 + 0.5).clamp(0, 1),  # Keras 3
    "softsign": functional.softsign,
    "softplus": functional.softplus,
    "elu": functional.elu,
    "selu": torch.selu,
    "exponential": torch.exp,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "mish": functional.mish,
}


def _embedding(layer: Layer, value: Value) -> Value:
    table, ids = weight_of(layer, "table"), value.data
    if ids.dim() != 1:
        raise TextError(
            _(
                "{layer} reads ids, a whole number per step; the input has {axes} axes",
                layer=layer.name,
                axes=ids.dim(),
            )
        )
    if ids.is_floating_point() and not torch.equal(ids, ids.round()):
        raise TextError(_("{layer} reads ids, whole numbers; the input has others", layer=layer.name))
    ids = ids.long()
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < len(table):
        worst = int(ids.min()) if int(ids.min()) < 0 else int(ids.max())
        raise TextError(
            _(
                "{layer} knows the ids 0 to {count}; the input has {worst}",
                layer=layer.name,
                count=len(table) - 1,
                worst=worst,
            )
        )
    mask = ids != 0 if layer.options.get("mask_zero") else value.mask
    return Value(table[ids], mask, value.time or tuple(range(len(ids))))


def _masking(layer: Layer, value: Value) -> Value:
    mask = (value.data != layer.options["value"]).any(-1)
    return replace(value, data=value.data * mask.unsqueeze(-1), mask=mask)


def _dense(layer: Layer, value: Value) -> Value:
    weight = weight_of(layer, "weight")
    if value.data.shape[-1] != weight.shape[1]:
        raise TextError(
            _(
                "{layer} reads {count} numbers and got {other}: is the input as long as the one that "
                "the network was made for?",
                layer=layer.name,
                count=weight.shape[1],
                other=value.data.shape[-1],
            )
        )
    bias = weight_of(layer, "bias") if "bias" in layer.weights else None
    return value.with_data(
        ACTIVATIONS[layer.options["activation"]](functional.linear(value.data, weight, bias))
    )


def _activation(layer: Layer, value: Value) -> Value:
    return value.with_data(ACTIVATIONS[layer.options["function"]](value.data))


def _leaky(layer: Layer, value: Value) -> Value:
    return value.with_data(functional.leaky_relu(value.data, layer.options["slope"]))


def _prelu(layer: Layer, value: Value) -> Value:
    data = value.data
    return value.with_data(torch.where(data > 0, data, data * weight_of(layer, "slope")))


def _same(layer: Layer, value: Value) -> Value:
    return value


def _affine(layer: Layer, value: Value) -> Value:
    """Batch normalization at inference: a factor and an offset per number."""
    return value.with_data(value.data * weight_of(layer, "scale") + weight_of(layer, "offset"))


def _layer_norm(layer: Layer, value: Value) -> Value:
    data = value.data
    centred = data - data.mean(-1, keepdim=True)
    data = centred / (centred.square().mean(-1, keepdim=True) + layer.options["epsilon"]).sqrt()
    data = data * weight_of(layer, "scale") if "scale" in layer.weights else data
    return value.with_data(data + weight_of(layer, "offset") if "offset" in layer.weights else data)


def _conv(layer: Layer, value: Value) -> Value:
    """A convolution along time, as Keras computes it."""
    weight, options = weight_of(layer, "weight"), layer.options  # (out, in, window)
    wide = (weight.shape[2] - 1) * options["dilation"]
    pads = {"valid": (0, 0), "causal": (wide, 0)}.get(options["padding"])
    if pads is None:  # same
        total = max(
            0, (-(-len(value.data) // options["stride"]) - 1) * options["stride"] + wide + 1 - len(value.data)
        )
        pads = (total // 2, total - total // 2)
    data = functional.pad(value.data.T.unsqueeze(0), pads)
    if data.shape[-1] <= wide:
        raise TextError(
            _(
                "{layer} needs at least {wide} steps; the input has {count}",
                layer=layer.name,
                wide=wide + 1,
                count=len(value.data),
            )
        )
    bias = weight_of(layer, "bias") if "bias" in layer.weights else None
    found = functional.conv1d(data, weight, bias, options["stride"], 0, options["dilation"])[0].T
    found = ACTIVATIONS[options["activation"]](found)
    return _new_steps(value, found)


def _pool(layer: Layer, value: Value) -> Value:
    options, data = layer.options, value.data.T.unsqueeze(0)
    size, stride = options["size"], options["stride"]
    if options["padding"] == "same":
        total = max(0, (-(-data.shape[-1] // stride) - 1) * stride + size - data.shape[-1])
        fill = float("-inf") if options["what"] == "max" else float("nan")
        data = functional.pad(data, (total // 2, total - total // 2), value=fill)
    if data.shape[-1] < size:
        raise TextError(
            _(
                "{layer} needs at least {size} steps; the input has {count}",
                layer=layer.name,
                size=size,
                count=len(value.data),
            )
        )
    windows = data[0].unfold(-1, size, stride)  # (dim, step, window)
    found = windows.max(-1).values if options["what"] == "max" else windows.nanmean(-1)
    return _new_steps(value, found.T)


def _new_steps(value: Value, data: Tensor) -> Value:
    """Steps that are those of the input only if there are as many. A mask ends here, as in Keras."""
    return Value(data, None, value.time if len(data) == len(value.data) else ())


def _over_time(layer: Layer, value: Value) -> Value:
    """Mean or largest of all steps; a mask leaves steps out of the mean, as in Keras."""
    if layer.options["what"] == "max":
        return Value(value.data.max(0).values)
    if value.mask is None:
        return Value(value.data.mean(0))
    return Value((value.data * value.mask.unsqueeze(-1)).sum(0) / value.mask.sum())


def _flatten(layer: Layer, value: Value) -> Value:
    return Value(value.data.reshape(-1))


def _reshape(layer: Layer, value: Value) -> Value:
    shape = tuple(layer.options["shape"])
    try:
        data = value.data.reshape(shape)
    except RuntimeError:
        raise TextError(
            _(
                "{layer} makes {shape} of {count} numbers: the input is not as long as that of training",
                layer=layer.name,
                shape=shape,
                count=value.data.numel(),
            )
        ) from None
    same = data.dim() == value.data.dim() and data.shape[0] == value.data.shape[0]
    return value.with_data(data, steps=same)


def _repeat(layer: Layer, value: Value) -> Value:
    return Value(value.data.expand(layer.options["times"], -1))


def _permute(layer: Layer, value: Value) -> Value:
    return Value(value.data.permute([axis - 1 for axis in layer.options["axes"]]))


def _last(layer: Layer, value: Value) -> Value:
    """The last step alone: an assumption about a PyTorch network, said where it is made."""
    return Value(value.data[-1])


KINDS: dict[str, Callable[[Layer, Value], Value]] = {
    "embedding": _embedding,
    "masking": _masking,
    "dense": _dense,
    "activation": _activation,
    "leaky_relu": _leaky,
    "prelu": _prelu,
    "same": _same,
    "affine": _affine,
    "layer_norm": _layer_norm,
    "conv": _conv,
    "pool": _pool,
    "over_time": _over_time,
    "flatten": _flatten,
    "reshape": _reshape,
    "repeat": _repeat,
    "permute": _permute,
    "last": _last,
}


def compute(layer: Layer, value: Value) -> Value:
    """What a layer that is not recurrent makes of a value.

    Raises
    ------
    TextError
        When the input does not fit the network.
    CheckpointError
        When the layer does not fit what comes before it.
    """
    try:
        return KINDS[layer.kind](layer, value)
    except (RuntimeError, IndexError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            _(
                "{layer} does not fit what it reads, {shape}: {said}",
                layer=layer.name,
                shape=tuple(value.data.shape),
                said=said,
            )
        ) from None
