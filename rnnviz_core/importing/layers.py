"""The layers of an imported network, each as what it computes on one sequence: plain settings and weights.

A layer is data: its kind is a key of `KINDS`, and what that computes stands here. Shapes are without a batch.
"""

from collections.abc import Callable, Mapping, Sequence
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


def _weight(layer: Layer, name: str) -> Tensor:
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
    table, ids = _weight(layer, "table"), value.data
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
    weight = _weight(layer, "weight")
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
    bias = _weight(layer, "bias") if "bias" in layer.weights else None
    return value.with_data(
        ACTIVATIONS[layer.options["activation"]](functional.linear(value.data, weight, bias))
    )


def _activation(layer: Layer, value: Value) -> Value:
    return value.with_data(ACTIVATIONS[layer.options["function"]](value.data))


def _leaky(layer: Layer, value: Value) -> Value:
    return value.with_data(functional.leaky_relu(value.data, layer.options["slope"]))


def _prelu(layer: Layer, value: Value) -> Value:
    data = value.data
    return value.with_data(torch.where(data > 0, data, data * _weight(layer, "slope")))


def _same(layer: Layer, value: Value) -> Value:
    return value


def _affine(layer: Layer, value: Value) -> Value:
    """Batch normalization at inference: a factor and an offset per number."""
    return value.with_data(value.data * _weight(layer, "scale") + _weight(layer, "offset"))


def _layer_norm(layer: Layer, value: Value) -> Value:
    data = value.data
    centred = data - data.mean(-1, keepdim=True)
    data = centred / (centred.square().mean(-1, keepdim=True) + layer.options["epsilon"]).sqrt()
    data = data * _weight(layer, "scale") if "scale" in layer.weights else data
    return value.with_data(data + _weight(layer, "offset") if "offset" in layer.weights else data)


def _conv(layer: Layer, value: Value) -> Value:
    """A convolution along time, as Keras computes it."""
    weight, options = _weight(layer, "weight"), layer.options  # (out, in, window)
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
    bias = _weight(layer, "bias") if "bias" in layer.weights else None
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
MERGED: dict[str, Callable[[Tensor], Tensor]] = {  # of values on top of each other
    "add": lambda rows: rows.sum(0),
    "subtract": lambda rows: rows[0] - rows[1],
    "multiply": lambda rows: rows.prod(0),
    "average": lambda rows: rows.mean(0),
    "maximum": lambda rows: rows.amax(0),
    "minimum": lambda rows: rows.amin(0),
}


def merged(layer: Layer, values: Sequence[Value]) -> Value:
    """What a layer makes of the values of several, as Keras merges them; their masks, too.

    Raises
    ------
    CheckpointError
        When their shapes do not fit each other.
    """
    options, shapes = layer.options, [tuple(value.data.shape) for value in values]
    time = values[0].time if all(value.time == values[0].time for value in values) else ()
    try:
        if options["what"] == "concatenate":
            data = torch.cat([value.data for value in values], options["axis"])
            along = options["axis"] % data.dim() == 0 and data.dim() > 1
            if along:  # one sequence behind the other: rows are no steps of the input any more
                return Value(data, _masks(values, options["masks"], along=True))
        else:
            data = MERGED[options["what"]](torch.stack(torch.broadcast_tensors(*(v.data for v in values))))
    except (RuntimeError, IndexError) as error:
        raise CheckpointError(
            _(
                "{layer} ({words}) cannot merge {shapes}: {error}",
                layer=layer.name,
                words=layer.words,
                shapes=", ".join(map(str, shapes)),
                error=error,
            )
        ) from None
    return Value(data, _masks(values, options["masks"], strict=options["what"] != "concatenate"), time)


def _masks(values: Sequence[Value], how: str, *, along: bool = False, strict: bool = False) -> Tensor | None:
    """Which steps of merged values count.

    Keras 3 keeps a step that counts in any of them, and where it merges number by number no mask at all
    unless each has one (`strict`); before that a step had to count in all.
    """
    masks = [value.mask for value in values]
    if all(mask is None for mask in masks) or (strict and how == "any" and None in masks):
        return None
    whole = [
        torch.ones(len(value.data), dtype=torch.bool) if mask is None else mask
        for value, mask in zip(values, masks, strict=True)
    ]
    if along:
        return torch.cat(whole)
    stacked = torch.stack(whole)
    return stacked.any(0) if how == "any" else stacked.all(0)


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
