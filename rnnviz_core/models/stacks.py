"""Recurrent layers as the recorder sees them: their equations, their weights, and how they are run.

torch's own modules have a fused kernel, which tells the hidden state of every step. A cell that torch has no
kernel for (`own_cells`) is read once more in double precision, step by step, and tells all its states.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz_core.cells import equations as cells
from rnnviz_core.cells.kinds import Cell

CELLS = {"RNN_TANH": Cell.RNN, "RNN_RELU": Cell.RNN, "GRU": Cell.GRU, "LSTM": Cell.LSTM}  # by module.mode
_KERNELS: dict[str, Callable[..., Any]] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}
_PROBED = 8  # steps that tell which way of calling the kernel gives the known states

States = Mapping[str, np.ndarray]  # hidden and, for an LSTM, cell


@runtime_checkable
class Stack(Protocol):
    """Stacked recurrent layers of one cell that can be recorded."""

    @property
    def layers(self) -> int:
        """How many layers are stacked."""
        ...

    @property
    def directions(self) -> int:
        """2 where each layer reads from the left and from the right."""
        ...

    @property
    def widths(self) -> dict[str, int]:
        """The units of each state of one direction: ``hidden`` and, for an LSTM, ``cell``."""
        ...

    @property
    def own_oracle(self) -> bool:
        """Whether the module's output still has to be compared with that of `run`."""
        ...

    def definition(self, layer: int = 0) -> cells.Definition:
        """The equations of a layer's cell."""
        ...

    def weights(self, layer: int, reverse: bool = False) -> dict[str, Tensor]:
        """The weights of one layer and direction, under the names that `cells.step` reads."""
        ...

    def run(self, layer: int, x: Tensor, initial: Sequence[States]) -> list[dict[str, np.ndarray]]:
        """One layer alone: (time, dim) -> for each direction its states, each (time, unit).

        `initial` holds the states before the first step for each direction, each (unit,). ``hidden`` is
        always told.
        """
        ...

    def every_state(
        self, layer: int, x: Tensor, hidden: np.ndarray, initial: States, *, reverse: bool = False
    ) -> dict[str, np.ndarray]:
        """All states of one direction, each step from those before it; `hidden` is known already."""
        ...


def definition_of(module: nn.RNNBase) -> cells.Definition:
    """The definition that describes a torch module."""
    match module.mode:
        case "LSTM":
            return cells.definition(Cell.LSTM, projection=module.proj_size > 0, bias=module.bias)
        case "GRU":
            return cells.definition(Cell.GRU, bias=module.bias)
        case mode:
            return cells.definition(Cell.RNN, relu=mode == "RNN_RELU", bias=module.bias)


def stack_of(module: Any) -> Stack:
    """The stack of a torch module, or a module that is one itself."""
    found: Stack = TorchStack(module) if isinstance(module, nn.RNNBase) else module
    return found


def zeros(stack: Stack, kind: Any) -> dict[str, np.ndarray]:
    """States before the first step of a text, all zero: (layers * directions, unit) each, of a numpy type."""
    rows = stack.layers * stack.directions
    return {name: np.zeros((rows, width), kind) for name, width in stack.widths.items()}


def starts_before(states: np.ndarray, first: np.ndarray, reverse: bool) -> np.ndarray:
    """The state that each step starts from, in the order of the rows: (time, unit)."""
    start = first[np.newaxis]
    return np.concatenate((states[1:], start) if reverse else (start, states[:-1]))


@dataclass(slots=True)
class TorchStack:
    """An ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``: its kernel computed what the module returned."""

    module: nn.RNNBase

    @property
    def own_oracle(self) -> bool:
        """No: the kernel that the module runs is the oracle."""
        return False

    @property
    def layers(self) -> int:
        """How many layers are stacked."""
        return self.module.num_layers

    @property
    def directions(self) -> int:
        """2 where each layer reads from the left and from the right."""
        return 2 if self.module.bidirectional else 1

    @property
    def widths(self) -> dict[str, int]:
        """Those of the cell; with a projection the hidden state has fewer units than the cell."""
        sizes = {"hidden": self.module.proj_size or self.module.hidden_size, "cell": self.module.hidden_size}
        return {name: sizes[name] for name in self.definition().states}

    def definition(self, layer: int = 0) -> cells.Definition:
        """The same for every layer."""
        return definition_of(self.module)

    def weights(self, layer: int, reverse: bool = False) -> dict[str, Tensor]:
        """Those that the kernel used last; parametrizations and hooks may replace them."""
        flat: list[Any] = self.module._flat_weights
        names = _NAMES[self.module.bias, self.module.proj_size > 0]
        first = (layer * self.directions + reverse) * len(names)
        return dict(zip(names, flat[first : first + len(names)], strict=True))

    def run(self, layer: int, x: Tensor, initial: Sequence[States]) -> list[dict[str, np.ndarray]]:
        """By the fused kernel, which returns ``hidden``."""
        blocks = [self.weights(layer, reverse).values() for reverse in (False, True)[: self.directions]]
        starts = [np.stack([states[name] for states in initial]) for name in initial[0]]
        states = [torch.from_numpy(start).unsqueeze(1) for start in starts]
        output, *_ = _KERNELS[self.module.mode](
            x.unsqueeze(1),
            states if len(states) > 1 else states[0],
            [weight for block in blocks for weight in block],
            self.module.bias,
            1,  # layers
            0.0,  # dropout
            False,  # training
            self.module.bidirectional,
            False,  # batch first
        )
        return [{"hidden": side} for side in np.split(output.squeeze(1).numpy(), self.directions, axis=1)]

    def rows(self, layer: int, x: Tensor, initial: States, *, reverse: bool = False) -> np.ndarray:
        """One direction of a layer on many rows, in the order of reading: (batch, time, dim) -> ``hidden``.

        `initial` holds the states before the first step, each (batch, unit).
        """
        states = [torch.from_numpy(state).unsqueeze(0) for state in initial.values()]
        output, *_ = _KERNELS[self.module.mode](
            x,
            states if len(states) > 1 else states[0],
            list(self.weights(layer, reverse).values()),
            self.module.bias,
            1,  # layers
            0.0,  # dropout
            False,  # training
            False,  # one direction
            True,  # batch first
        )
        found: np.ndarray = output.contiguous().numpy()
        return found

    def every_state(
        self, layer: int, x: Tensor, hidden: np.ndarray, initial: States, *, reverse: bool = False
    ) -> dict[str, np.ndarray]:
        """By the kernel, one step at a time: an LSTM's cells are its own to the last bit.

        Each step starts from the cell that the kernel returned for the step before, and from the known
        hidden state. Two ways of calling the kernel are tried on the first steps, and the one is taken whose
        hidden states are the known ones to the last bit: oneDNN multiplies each input on its own, torch's own
        LSTM all inputs at once; for that one the products are made beforehand and go in as a bias.
        """
        if "cell" not in initial:
            return {"hidden": hidden}
        weights = self.weights(layer, reverse)
        in_weight, state_weight = weights["W_i"], weights["W_h"]
        zeros = x.new_zeros(len(in_weight))
        in_bias, state_bias = weights.get("b_i", zeros), weights.get("b_h", zeros)
        projection = [weights["W_hr"]] if "W_hr" in weights else []
        plain = [in_weight, state_weight, in_bias, state_bias, *projection]
        products = functional.linear(x, in_weight, in_bias)
        nothing, column = x.new_zeros(len(x), 1, 1, 1), x.new_zeros(len(in_weight), 1)
        ways: tuple[tuple[Tensor, Callable[[int], list[Tensor]]], ...] = (
            (x.unsqueeze(1).unsqueeze(1), lambda step: plain),
            (nothing, lambda step: [column, state_weight, products[step], state_bias, *projection]),
        )
        order = range(len(hidden))[:: -1 if reverse else 1]
        found = x.new_empty(len(hidden), len(initial["cell"]))
        before = starts_before(hidden, initial["hidden"], reverse)
        way = next(
            (way for way in ways if _step_kernel(found, hidden, before, initial, way, order[:_PROBED])),
            ways[0],
        )
        _step_kernel(found, hidden, before, initial, way, order)
        return {"hidden": hidden, "cell": found.numpy()}


_NAMES = {  # of the weights of a layer and direction, in torch's order: with biases, with a projection
    (True, False): ("W_i", "W_h", "b_i", "b_h"),
    (False, False): ("W_i", "W_h"),
    (True, True): ("W_i", "W_h", "b_i", "b_h", "W_hr"),
    (False, True): ("W_i", "W_h", "W_hr"),
}


def _step_kernel(
    found: Tensor,
    hidden: np.ndarray,
    before: np.ndarray,
    initial: States,
    way: tuple[Tensor, Callable[[int], list[Tensor]]],
    steps: Sequence[int],
) -> bool:
    """Fill in the cells of `steps`; whether the hidden states are the known ones to the last bit."""
    (inputs, given), same = way, True
    known, previous = torch.from_numpy(hidden), torch.from_numpy(before).unsqueeze(1).unsqueeze(1)
    cell = torch.from_numpy(initial["cell"]).view(1, 1, -1)
    for step in steps:
        state = (previous[step], cell)
        output, _, cell = torch.lstm(inputs[step], state, given(step), True, 1, 0.0, False, False, False)
        found[step] = cell[0, 0]
        same = same and torch.equal(output[0, 0], known[step])
    return same
