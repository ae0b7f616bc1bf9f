"""Stacked layers of any defined cell, called as torch's recurrent modules are, for cells without a kernel."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz_core.cells import equations as cells

from .stacks import States


class CellLayers(nn.Module):
    """Layers of one cell: a loop over the steps that can be trained, and its own oracle in double precision.

    Parameters
    ----------
    cell
        The definition: equations, gates in the order of the weights' rows. A projection is not supported.
    input_size, hidden_size, num_layers, bidirectional, batch_first
        As in ``nn.LSTM``. Weights have PyTorch's names: ``weight_ih_l0``, ``bias_ih_l0_reverse``. One that
        only this cell has is a vector, (unit), with the name of its symbol: ``p_f_l0``.
    """

    dropout, proj_size = 0.0, 0  # what torch's modules also have

    def __init__(
        self,
        cell: cells.Definition,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        self.cell, self.input_size, self.hidden_size, self.num_layers = (
            cell,
            input_size,
            hidden_size,
            num_layers,
        )
        self.bidirectional, self.batch_first = bidirectional, batch_first
        self.bias = bool(cell.biased)
        rows, bound = len(cell.gates) * hidden_size, 1 / math.sqrt(hidden_size)
        back = len(cell.state_gates) * hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * self.directions
            shapes: dict[str, tuple[int, ...]] = {"W_i": (rows, width), "b_i": (rows,)}
            shapes |= {"W_h": (back, hidden_size), "b_h": (back,)} if cell.reads_state else {}
            shapes |= {
                name: (hidden_size, hidden_size) if name.startswith("W_") else (hidden_size,)
                for name in cell.extra
            }
            for reverse in (False, True)[: self.directions]:
                for name, shape in shapes.items():
                    if name not in ("b_i", "b_h") or name in cell.biased:
                        weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                        self.register_parameter(_parameter(name, layer, reverse), weight)

    def extra_repr(self) -> str:
        """What a trace names as its model."""
        return f"{self.cell.name}, {self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"

    def forward(
        self, x: Tensor, state: Tensor | tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
        """Read (time, batch, dim), or (batch, time, dim) with ``batch_first``, or (time, dim).

        Returns, as ``nn.LSTM`` does, the output of the last layer, and the states after the last step.
        """
        steps = x.unsqueeze(1) if x.dim() == 2 else x.transpose(0, 1) if self.batch_first else x
        names, rows = self.cell.states, self.num_layers * self.directions
        if state is None:
            starts = [steps.new_zeros(rows, steps.shape[1], self.hidden_size) for _ in names]
        else:
            given = state if isinstance(state, tuple | list) else (state,)
            starts = [one.unsqueeze(1) if x.dim() == 2 else one for one in given]
        finals: list[list[Tensor]] = [[] for _ in names]
        for layer in range(self.num_layers):
            sides = []
            for reverse in (False, True)[: self.directions]:
                row = layer * self.directions + reverse
                first = {name: start[row] for name, start in zip(names, starts, strict=True)}
                found = self._loop(self.weights(layer, reverse), steps, first, reverse)
                sides.append(found["hidden"])
                for kept, name in zip(finals, names, strict=True):
                    kept.append(found[name][0 if reverse else -1])
            steps = torch.cat(sides, dim=-1)
        ends = tuple(torch.stack(kept) for kept in finals)
        if x.dim() == 2:
            steps, ends = steps.squeeze(1), tuple(end.squeeze(1) for end in ends)
        elif self.batch_first:
            steps = steps.transpose(0, 1)
        return steps, ends if len(ends) > 1 else ends[0]

    def _loop(
        self, weights: dict[str, Tensor], x: Tensor, states: dict[str, Tensor], reverse: bool
    ) -> dict[str, Tensor]:
        """All states of all steps of one direction: (time, ..., unit)."""
        rows = []
        for step in x.flip(0) if reverse else x:
            found = cells.step(self.cell, weights, step, states)
            states = {name: found[name] for name in states}
            rows.append(states)
        if reverse:
            rows.reverse()
        return {name: torch.stack([row[name] for row in rows]) for name in self.cell.states}

    # --- what a `Stack` has -------------------------------------------------------------------

    @property
    def own_oracle(self) -> bool:
        """Yes: the loop in double precision owes nothing to what the module returned."""
        return True

    @property
    def layers(self) -> int:
        """How many layers are stacked."""
        return self.num_layers

    @property
    def directions(self) -> int:
        """2 when each layer reads from the left and from the right."""
        return 2 if self.bidirectional else 1

    def definition(self, layer: int = 0) -> cells.Definition:
        """The same for every layer."""
        return self.cell

    def weights(self, layer: int, reverse: bool = False) -> dict[str, Tensor]:
        """The weights of one layer and direction, under the names that `cells.step` reads."""
        names = ("W_i", "W_h", "b_i", "b_h", *self.cell.extra)
        found = {name: getattr(self, _parameter(name, layer, reverse), None) for name in names}
        return {name: weight for name, weight in found.items() if weight is not None}

    def run(self, layer: int, x: Tensor, initial: Sequence[States]) -> list[dict[str, np.ndarray]]:
        """By a loop over the steps in double precision: all states, in the type of `x`."""
        return [
            self.every_state(layer, x, np.empty(0), states, reverse=bool(reverse))
            for reverse, states in enumerate(initial)
        ]

    def every_state(
        self, layer: int, x: Tensor, hidden: np.ndarray, initial: States, *, reverse: bool = False
    ) -> dict[str, np.ndarray]:
        """The same for one direction."""
        weights = {name: weight.detach().double() for name, weight in self.weights(layer, reverse).items()}
        first = {name: torch.from_numpy(state).double() for name, state in initial.items()}
        found = self._loop(weights, x.double(), first, reverse)
        return {name: state.to(x.dtype).numpy() for name, state in found.items()}


def _parameter(name: str, layer: int, reverse: bool) -> str:
    """PyTorch's name of a weight: ``W_i`` of layer 0 is ``weight_ih_l0``."""
    sides = {"W_i": "weight_ih", "W_h": "weight_hh", "b_i": "bias_ih", "b_h": "bias_hh"}
    return f"{sides.get(name, name)}_l{layer}" + "_reverse" * reverse
