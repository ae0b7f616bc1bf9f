"""What recurrent layers read and returned inside a model that torch.jit has compiled.

Such a model calls its parts outside of Python, where no hook hears them. But every call of a layer ends in
one operator, ``aten::lstm`` and its like. Those can be listened to; they are given the weights, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from rnnviz_core.errors import TraceError

_KINDS: dict[Any, tuple[type[nn.RNNBase], dict[str, str]]] = {
    torch.ops.aten.lstm.input: (nn.LSTM, {}),
    torch.ops.aten.gru.input: (nn.GRU, {}),
    torch.ops.aten.rnn_tanh.input: (nn.RNN, {"nonlinearity": "tanh"}),
    torch.ops.aten.rnn_relu.input: (nn.RNN, {"nonlinearity": "relu"}),
}
_PACKED = {packet.data for packet in (torch.ops.aten.lstm, torch.ops.aten.gru, torch.ops.aten.rnn_tanh)}


@dataclass(slots=True)
class Layers:
    """Recurrent layers that ran: a module of Python with the same weights, and each call's numbers."""

    module: nn.RNNBase
    calls: list[tuple[Tensor, Any, Any]] = field(
        default_factory=list
    )  # what it read, from which state, found


class Ear(TorchDispatchMode):
    """While it lasts, keeps what passes through the operators of recurrent layers. In inference mode only."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._names = {weight.data_ptr(): name for name, weight in model.named_parameters()}
        self.found: dict[str, Layers] = {}
        self._known: dict[tuple[int, ...], str] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator; of a recurrent one keep copies of what it was given and what it returned."""
        found = func(*args, **(kwargs or {}))
        if func in _PACKED:
            raise TraceError(
                "what torch.jit has compiled reads a packed sequence; pass the module that it was made from"
            )
        if func in _KINDS:
            x, state, weights, *options = args
            key = tuple(weight.data_ptr() for weight in weights)
            if key not in self._known:
                self._known[key] = self._name(key, _KINDS[func][0])
                self.found[self._known[key]] = Layers(_made(func, weights, options))
            kept = tuple(_copied(one) for one in state) if isinstance(state, list | tuple) else _copied(state)
            ended = tuple(map(_copied, found[1:]))
            result = (_copied(found[0]), ended if len(ended) > 1 else ended[0])
            self.found[self._known[key]].calls.append((_copied(x), kept, result))
        return found

    def _name(self, key: tuple[int, ...], kind: type) -> str:
        """The layers' name, where their weights are the model's own; else the kind and a number."""
        owner = self._names.get(key[0], "").rpartition(".")[0]
        name = owner or kind.__name__
        number = sum(known.partition("@")[0] == name for known in self.found)
        return f"{name}@{number + 1}" if number else name


def _copied(value: Tensor) -> Tensor:
    return value.detach().clone()


def _made(func: Any, weights: Any, options: Any) -> nn.RNNBase:
    """Layers of Python with these weights."""
    biased, layers, dropout, training, both, batch_first = options
    if training and dropout > 0 and layers > 1:
        raise TraceError("no two runs agree: it is in training mode with dropout between its layers")
    kind: Any = _KINDS[func][0]
    more: dict[str, Any] = dict(_KINDS[func][1])
    each = len(weights) // (layers * (2 if both else 1))
    projected = each - 2 - 2 * biased
    hidden = len(weights[0]) // (4 if kind is nn.LSTM else 3 if kind is nn.GRU else 1)
    if projected:
        more["proj_size"] = len(weights[each - 1])
    module: Any = kind(
        weights[0].shape[1],
        hidden,
        layers,
        bias=biased,
        batch_first=batch_first,
        bidirectional=both,
        device=weights[0].device,
        dtype=weights[0].dtype,
        **more,
    )
    names = [name for row in module.all_weights for name in row]
    with torch.no_grad():
        for own, given in zip(names, weights, strict=True):
            own.copy_(given)
    found: nn.RNNBase = module.eval()
    return found
