"""A float32 copy, on the processor, of a recurrent module that cannot be recorded as it stands.

Half precision, quantized, on another device, or a cell that computes a single step: the copy is a plain
``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` with the same weights. A recording of it says so, and how far off its
output is.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnviz_core.errors import TraceError
from rnnviz_core.models.stacks import CELLS

from .arguments import DTYPES

_KINDS: dict[str, type[nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
_CELLS = {"RNNCell": "rnn", "GRUCell": "gru", "LSTMCell": "lstm"}


def kind_of(module: nn.Module) -> str:
    """``rnn``, ``gru`` or ``lstm`` for layers, also quantized ones; "" for anything else."""
    if isinstance(module, nn.RNNBase) or _quantized(module):
        return str(CELLS.get(str(getattr(module, "mode", "")), ""))
    return ""


def cell_of(module: nn.Module) -> str:
    """``rnn``, ``gru`` or ``lstm`` for a module that computes one step; "" for anything else."""
    for one, name in ((nn.RNNCell, "rnn"), (nn.GRUCell, "gru"), (nn.LSTMCell, "lstm")):
        if isinstance(module, one):
            return name
    if _quantized(module):
        return _CELLS.get(type(module).__name__, "")
    return ""


def _quantized(module: nn.Module) -> bool:
    return ".quantized." in type(module).__module__ and hasattr(module, "get_weight")


def why(module: nn.Module) -> str:
    """Why a module cannot be recorded as it stands, in words; "" where it can."""
    if _quantized(module):
        return "it is quantized and computes in integers"
    kinds = {(weight.dtype, weight.device.type) for weight in module.parameters()}
    for dtype, device in sorted(kinds, key=str):
        if dtype not in DTYPES:
            return f"it computes in {str(dtype).removeprefix('torch.')}"
        if device != "cpu":
            return f"it computes on {device}"
    return ""


def copy_of(module: Any) -> nn.RNNBase:
    """The copy: float32 (float64 stays float64), in evaluation mode, without hooks.

    Raises
    ------
    TraceError
        When the weights cannot be read.
    """
    kind, cell = kind_of(module), cell_of(module)
    weights = {name: _plain(weight) for name, weight in _weights(module).items()}
    if not weights:
        raise TraceError(f"the weights of {type(module).__name__} cannot be read")
    first = "weight_ih" if cell else "weight_ih_l0"
    if any(weight.is_meta for weight in weights.values()):
        raise TraceError(f"{first} is on meta, and a meta tensor has no numbers")
    options: dict[str, Any] = {"bias": any(name.startswith("bias") for name in weights)}
    mode = getattr(module, "nonlinearity", "") or (
        "relu" if "RELU" in str(getattr(module, "mode", "")) else "tanh"
    )
    if (kind or cell) == "rnn":
        options["nonlinearity"] = mode
    if cell:
        weights = {f"{name}_l0": weight for name, weight in weights.items()}
        rows = len(weights["weight_hh_l0"]) // {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    else:
        rows = int(module.hidden_size)
        options |= {
            "num_layers": int(module.num_layers),
            "batch_first": bool(module.batch_first),
            "bidirectional": bool(module.bidirectional),
        }
        if int(getattr(module, "proj_size", 0)):
            options["proj_size"] = int(module.proj_size)
    make: Any = _KINDS[kind or cell]
    made: nn.RNNBase = make(weights["weight_ih_l0"].shape[1], rows, **options)
    made.to(next(iter(weights.values())).dtype).load_state_dict(weights)
    return made.requires_grad_(False).eval()


def _weights(module: Any) -> dict[str, Tensor]:
    if _quantized(module):
        return {**module.get_weight(), **{n: b for n, b in module.get_bias().items() if b is not None}}
    if isinstance(module, nn.RNNBase):  # also where a parametrization computes them
        return {name: getattr(module, name) for names in module._all_weights for name in names}
    names = [name for name, _ in module.named_parameters()] or [
        "weight_ih",
        "weight_hh",
        "bias_ih",
        "bias_hh",
    ]
    found = {name.removeprefix("parametrizations.").removesuffix(".original"): None for name in names}
    return {name: getattr(module, name) for name in found if isinstance(getattr(module, name), Tensor)}


def _plain(tensor: Tensor) -> Tensor:
    whole = tensor.dequantize() if tensor.is_quantized else tensor
    kind = torch.float64 if whole.dtype == torch.float64 else torch.float32
    return whole.detach() if whole.is_meta else whole.detach().to("cpu", kind)


def on_cpu(value: Any, dtype: torch.dtype) -> Any:
    """A tensor, a packed sequence or a tuple of tensors as the copy reads them."""
    move: Callable[[Tensor], Tensor] = lambda one: one.detach().to("cpu", dtype)  # noqa: E731
    if isinstance(value, Tensor):
        return move(value)
    if isinstance(value, PackedSequence):
        return PackedSequence(move(value.data), *value[1:])
    return value if value is None else tuple(on_cpu(part, dtype) for part in value)


def furthest(one: Any, other: Any) -> float:
    """The largest difference between two outputs of one shape."""
    pair = [value.data if isinstance(value, PackedSequence) else value for value in (one, other)]
    return float((pair[0].double() - pair[1].double()).abs().max()) if pair[0].numel() else 0.0
