"""The operators of ONNX around recurrent layers, in numpy. Sizes are looked at before memory is spent."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

Inputs = Sequence[Any]  # arrays; None where an optional one is left out
Attributes = Mapping[str, Any]
NUMBERS = limits.IMPORT_UNPACKED_BYTES // 16  # of one intermediate array


def room(*shapes: Sequence[int]) -> None:
    """Refuse what arrays of these shapes would make together by broadcasting, where it is too large."""
    count = math.prod(int(size) for size in np.broadcast_shapes(*(tuple(shape) for shape in shapes)))
    if not 0 <= count <= NUMBERS:
        raise CheckpointError(
            _(
                "an array in it would have {count} numbers; the limit is {limit}",
                count=count,
                limit=NUMBERS,
            )
        )


def _ints(value: Any) -> list[int]:
    return [int(one) for one in np.asarray(value).reshape(-1)]


def _axes(inputs: Inputs, attributes: Attributes, place: int = 1) -> list[int] | None:
    """Axes, which older versions keep as an attribute and newer ones as an input."""
    if len(inputs) > place and inputs[place] is not None:
        return _ints(inputs[place])
    return _ints(attributes["axes"]) if "axes" in attributes else None


def _pairwise(function: Callable[[Any, Any], Any]) -> Callable[[Inputs, Attributes], Any]:
    def run(inputs: Inputs, attributes: Attributes) -> Any:
        room(np.shape(inputs[0]), np.shape(inputs[1]))
        return function(inputs[0], inputs[1])

    return run


def _unary(function: Callable[[Any], Any]) -> Callable[[Inputs, Attributes], Any]:
    return lambda inputs, attributes: function(inputs[0])


def _torch(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Inputs, Attributes], Any]:
    return lambda inputs, attributes: function(torch.from_numpy(np.ascontiguousarray(inputs[0]))).numpy()


def _divide(left: Any, right: Any) -> Any:
    if np.asarray(left).dtype.kind in "iu":
        return np.trunc(left / right).astype(np.asarray(left).dtype)
    return left / right


def _gather(inputs: Inputs, attributes: Attributes) -> Any:
    data, places, axis = inputs[0], np.asarray(inputs[1]), int(attributes.get("axis", 0))
    room((places.size * data.size // max(1, data.shape[axis]),))
    size = data.shape[axis]
    if places.size and not -size <= places.min() <= places.max() < size:
        raise CheckpointError(_("an id lies beyond the {size} rows of its table", size=size))
    return np.take(data, places, axis=axis)


def _reshape(inputs: Inputs, attributes: Attributes) -> Any:
    data, shape = inputs[0], _ints(inputs[1] if len(inputs) > 1 else attributes["shape"])
    if not attributes.get("allowzero", 0):
        shape = [data.shape[place] if size == 0 else size for place, size in enumerate(shape)]
    return data.reshape(shape)


def _squeeze(inputs: Inputs, attributes: Attributes) -> Any:
    axes = _axes(inputs, attributes)
    return np.squeeze(inputs[0], None if axes is None else tuple(axes))


def _unsqueeze(inputs: Inputs, attributes: Attributes) -> Any:
    return np.expand_dims(inputs[0], tuple(_axes(inputs, attributes) or ()))


def _concat(inputs: Inputs, attributes: Attributes) -> Any:
    room((sum(one.size for one in inputs),))
    return np.concatenate([np.atleast_1d(one) for one in inputs], int(attributes["axis"]))


def _split(inputs: Inputs, attributes: Attributes) -> tuple[Any, ...]:
    data, axis = inputs[0], int(attributes.get("axis", 0))
    given = inputs[1] if len(inputs) > 1 and inputs[1] is not None else attributes.get("split")
    if given is None:
        return tuple(np.array_split(data, int(attributes["_outputs"]), axis))
    return tuple(np.split(data, np.cumsum(_ints(given))[:-1], axis))


def _slice(inputs: Inputs, attributes: Attributes) -> Any:
    data = inputs[0]
    if "starts" in attributes:
        starts, ends = _ints(attributes["starts"]), _ints(attributes["ends"])
        axes = _ints(attributes.get("axes", range(len(starts))))
        steps = [1] * len(starts)
    else:
        starts, ends = _ints(inputs[1]), _ints(inputs[2])
        axes = _ints(inputs[3]) if len(inputs) > 3 and inputs[3] is not None else list(range(len(starts)))
        steps = _ints(inputs[4]) if len(inputs) > 4 and inputs[4] is not None else [1] * len(starts)
    cut = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        stop: int | None = end
        if step < 0 and end < -data.shape[axis]:
            stop = None
        cut[axis] = slice(start, stop, step)
    return data[tuple(cut)]


def _cast(inputs: Inputs, attributes: Attributes) -> Any:
    kinds = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}
    kind = kinds.get(int(attributes["to"]))
    if kind is None:
        raise CheckpointError(
            _("a cast in it is to a type that is not known ({type})", type=attributes["to"])
        )
    return np.asarray(inputs[0]).astype(kind)


def _expand(inputs: Inputs, attributes: Attributes) -> Any:
    shape = np.broadcast_shapes(inputs[0].shape, tuple(_ints(inputs[1])))
    room(shape)
    return np.broadcast_to(inputs[0], shape)


def _tile(inputs: Inputs, attributes: Attributes) -> Any:
    times = _ints(inputs[1])
    room((inputs[0].size * math.prod(times),))
    return np.tile(inputs[0], times)


def _constant_of_shape(inputs: Inputs, attributes: Attributes) -> Any:
    shape = tuple(_ints(inputs[0]))
    room(shape)
    value = attributes.get("value", np.zeros(1, np.float32))
    return np.full(shape, value.reshape(-1)[0], value.dtype)


def _range(inputs: Inputs, attributes: Attributes) -> Any:
    start, limit, delta = (one.reshape(-1)[0] for one in inputs)
    room((max(0, math.ceil((limit - start) / delta)) if delta else -1,))
    return np.arange(start, limit, delta)


def _matmul(inputs: Inputs, attributes: Attributes) -> Any:
    left, right = inputs[:2]
    if left.ndim > 1 and right.ndim > 1:
        room((*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], right.shape[-1]))
    return left @ right


def _gemm(inputs: Inputs, attributes: Attributes) -> Any:
    left = inputs[0].T if attributes.get("transA") else inputs[0]
    right = inputs[1].T if attributes.get("transB") else inputs[1]
    room((left.shape[0], right.shape[1]))
    found = attributes.get("alpha", 1.0) * (left @ right)
    if len(inputs) > 2 and inputs[2] is not None:
        found = found + attributes.get("beta", 1.0) * inputs[2]
    return found.astype(inputs[0].dtype)


def _softmax(inputs: Inputs, attributes: Attributes, *, log: bool = False) -> Any:
    data, new = inputs[0], attributes["_version"] >= 13
    axis = int(attributes.get("axis", -1 if new else 1))
    shape = data.shape
    if not new:  # everything from the axis on is one row
        data = data.reshape(math.prod(shape[: axis % data.ndim]), -1)
        axis = 1
    shifted = data - data.max(axis, keepdims=True)
    total = np.log(np.exp(shifted).sum(axis, keepdims=True))
    found = shifted - total
    return (found if log else np.exp(found)).reshape(shape)


def _reduce(function: Any) -> Callable[[Inputs, Attributes], Any]:
    def run(inputs: Inputs, attributes: Attributes) -> Any:
        axes = _axes(inputs, attributes)
        if not axes and attributes.get("noop_with_empty_axes"):
            return inputs[0]
        keep = bool(attributes.get("keepdims", 1))
        return function(inputs[0], axis=tuple(axes) if axes else None, keepdims=keep)

    return run


def _clip(inputs: Inputs, attributes: Attributes) -> Any:
    low = inputs[1] if len(inputs) > 1 and inputs[1] is not None else attributes.get("min", -np.inf)
    high = inputs[2] if len(inputs) > 2 and inputs[2] is not None else attributes.get("max", np.inf)
    return np.clip(inputs[0], low, high).astype(inputs[0].dtype)


def _batch_norm(inputs: Inputs, attributes: Attributes) -> Any:
    data, scale, offset, mean, variance = inputs[:5]
    shape = [1, -1, *([1] * (data.ndim - 2))]
    factor = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))
    return data * factor.reshape(shape) + (offset - mean * factor).reshape(shape)


def _layer_norm(inputs: Inputs, attributes: Attributes) -> Any:
    data, scale = inputs[0], inputs[1]
    axes = tuple(range(int(attributes.get("axis", -1)) % data.ndim, data.ndim))
    centred = data - data.mean(axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axes, keepdims=True) + attributes.get("epsilon", 1e-5))
    found = centred / deviation * scale
    return found + inputs[2] if len(inputs) > 2 and inputs[2] is not None else found


def _conv(inputs: Inputs, attributes: Attributes) -> Any:
    data, kernel = inputs[:2]
    if data.ndim != 3 or attributes.get("auto_pad", "NOTSET") not in ("NOTSET", b"NOTSET"):
        raise CheckpointError(_("a convolution in it is of a kind that is not known"))
    bias = None if len(inputs) < 3 or inputs[2] is None else torch.from_numpy(np.array(inputs[2]))
    left, right = _ints(attributes.get("pads", (0, 0)))
    padded = functional.pad(torch.from_numpy(np.array(data)), (left, right))
    stride, dilation = (_ints(attributes.get(name, (1,)))[0] for name in ("strides", "dilations"))
    group = int(attributes.get("group", 1))
    weight = torch.from_numpy(np.array(kernel))
    return functional.conv1d(padded, weight, bias, stride, 0, dilation, group).numpy()


def _flatten(inputs: Inputs, attributes: Attributes) -> Any:
    axis = int(attributes.get("axis", 1))
    return inputs[0].reshape(math.prod(inputs[0].shape[:axis]), -1)


def _transpose(inputs: Inputs, attributes: Attributes) -> Any:
    return np.transpose(inputs[0], attributes.get("perm"))


def _constant(inputs: Inputs, attributes: Attributes) -> Any:
    for name, kind in (("value_float", np.float32), ("value_int", np.int64)):
        if name in attributes:
            return np.array(attributes[name], kind)
    for name, kind in (("value_floats", np.float32), ("value_ints", np.int64)):
        if name in attributes:
            return np.array(list(attributes[name]), kind)
    return attributes["value"]


def _hard_sigmoid(inputs: Inputs, attributes: Attributes) -> Any:
    return np.clip(attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5), 0, 1)


def _leaky(inputs: Inputs, attributes: Attributes) -> Any:
    return np.where(inputs[0] > 0, inputs[0], inputs[0] * np.float32(attributes.get("alpha", 0.01)))


def _where(inputs: Inputs, attributes: Attributes) -> Any:
    room(*(np.shape(one) for one in inputs))
    return np.where(*inputs)


OPERATORS: dict[str, Callable[[Inputs, Attributes], Any]] = {
    "Identity": _unary(lambda a: a),
    "Dropout": _unary(lambda a: a),
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Shape": lambda inputs, attributes: np.array(
        inputs[0].shape[int(attributes.get("start", 0)) : attributes.get("end")], np.int64
    ),
    "Size": _unary(lambda a: np.array(a.size, np.int64)),
    "Gather": _gather,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Cast": _cast,
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Add": _pairwise(lambda a, b: a + b),
    "Sub": _pairwise(lambda a, b: a - b),
    "Mul": _pairwise(lambda a, b: a * b),
    "Div": _pairwise(_divide),
    "Pow": _pairwise(lambda a, b: (a**b).astype(np.asarray(a).dtype)),
    "Equal": _pairwise(lambda a, b: a == b),
    "Greater": _pairwise(lambda a, b: a > b),
    "Less": _pairwise(lambda a, b: a < b),
    "GreaterOrEqual": _pairwise(lambda a, b: a >= b),
    "LessOrEqual": _pairwise(lambda a, b: a <= b),
    "And": _pairwise(np.logical_and),
    "Or": _pairwise(np.logical_or),
    "Max": _pairwise(np.maximum),
    "Min": _pairwise(np.minimum),
    "Not": _unary(np.logical_not),
    "Where": _where,
    "Sqrt": _unary(np.sqrt),
    "Exp": _unary(np.exp),
    "Log": _unary(np.log),
    "Neg": _unary(np.negative),
    "Abs": _unary(np.abs),
    "Reciprocal": _unary(lambda a: 1 / a),
    "Tanh": _unary(np.tanh),
    "Relu": _unary(lambda a: np.maximum(a, 0)),
    "Sigmoid": _torch(torch.sigmoid),
    "Erf": _torch(torch.erf),
    "Softplus": _torch(functional.softplus),
    "Softsign": _unary(lambda a: a / (1 + np.abs(a))),
    "Elu": _torch(functional.elu),
    "Gelu": _torch(functional.gelu),
    "HardSigmoid": _hard_sigmoid,
    "LeakyRelu": _leaky,
    "Softmax": _softmax,
    "LogSoftmax": lambda inputs, attributes: _softmax(inputs, attributes, log=True),
    "Clip": _clip,
    "ReduceMean": _reduce(np.mean),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "ReduceSum": _reduce(np.sum),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Conv": _conv,
    "Flatten": _flatten,
}
