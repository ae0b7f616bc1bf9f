"""Stacked layers of any defined cell, called as torch's recurrent modules are, for cells without a kernel."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz_core.cells import equations as cells

from .stacks import States


class CellLayers(nn.Module):
    """Layers of one cell: a loop over the steps that can be trained, and its own oracle in double precision.

    Parameters
    ----------
    cell
        The definition: equations, gates in the order of the weights' rows.
    input_size, hidden_size, num_layers, dropout, bidirectional, batch_first, proj_size
        As in ``nn.LSTM``. Weights have PyTorch's names: ``weight_ih_l0``, ``bias_ih_l0_reverse``. One that
        only this cell has is a vector, (unit), with the name of its symbol: ``p_f_l0``.
    """

    def __init__(
        self,
        cell: cells.Definition,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        dropout: float = 0.0,
        bidirectional: bool = False,
        batch_first: bool = False,
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        if bool(proj_size) != ("W_hr" in cell.extra):
            raise ValueError(f"{cell.name} with proj_size {proj_size}: a projection has both or neither")
        self.proj_size = proj_size
        self.cell, self.input_size, self.hidden_size, self.num_layers = (
            cell,
            input_size,
            hidden_size,
            num_layers,
        )
        self.dropout, self.bidirectional, self.batch_first = dropout, bidirectional, batch_first
        self.bias = bool(cell.biased)
        rows, bound = len(cell.gates) * hidden_size, 1 / math.sqrt(hidden_size)
        back, state = len(cell.state_gates) * hidden_size, self.widths["hidden"]
        for layer in range(num_layers):
            width = input_size if layer == 0 else state * self.directions
            shapes: dict[str, tuple[int, ...]] = {"W_i": (rows, width), "b_i": (rows,)}
            shapes |= {"W_h": (back, state), "b_h": (back,)} if cell.reads_state else {}
            shapes |= {
                name: (state, hidden_size) if name.startswith("W_") else (hidden_size,) for name in cell.extra
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
        self, x: Tensor | PackedSequence, state: Tensor | tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor | tuple[Tensor, ...]]:
        """Read (time, batch, dim), or (batch, time, dim) with ``batch_first``, or (time, dim), or packed.

        Returns, as ``nn.LSTM`` does, the output of the last layer, and the states after the last step.
        """
        if isinstance(x, PackedSequence):
            padded, lengths = pad_packed_sequence(x)
            output, ends = self._read(padded, state, lengths)
            packed = pack_padded_sequence(output, lengths, enforce_sorted=False)
            # In the order of the rows in which x was packed, not in one that fits as well.
            order = PackedSequence(packed.data, x.batch_sizes, x.sorted_indices, x.unsorted_indices)
            return order, ends if len(ends) > 1 else ends[0]
        steps = x.unsqueeze(1) if x.dim() == 2 else x.transpose(0, 1) if self.batch_first else x
        if state is not None and x.dim() == 2:
            given = state if isinstance(state, tuple | list) else (state,)
            state = tuple(one.unsqueeze(1) for one in given)
        output, ends = self._read(steps, state)
        if x.dim() == 2:
            output, ends = output.squeeze(1), tuple(end.squeeze(1) for end in ends)
        elif self.batch_first:
            output = output.transpose(0, 1)
        return output, ends if len(ends) > 1 else ends[0]

    def _read(
        self, steps: Tensor, state: Tensor | tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Read (time, batch, dim), of which each row may end before the last step."""
        names, rows = self.cell.states, self.num_layers * self.directions
        if state is None:
            starts = [steps.new_zeros(rows, steps.shape[1], width) for width in self.widths.values()]
        else:
            starts = list(state) if isinstance(state, tuple | list) else [state]
        back = None if lengths is None else _backwards(steps, lengths)
        finals: list[list[Tensor]] = [[] for _ in names]
        for layer in range(self.num_layers):
            sides = []
            for reverse in (False, True)[: self.directions]:
                row = layer * self.directions + reverse
                first = {name: start[row] for name, start in zip(names, starts, strict=True)}
                found = self._loop(self.weights(layer, reverse), steps, first, reverse, back)
                sides.append(found["hidden"])
                for kept, name in zip(finals, names, strict=True):
                    if reverse or lengths is None:
                        kept.append(found[name][0 if reverse else -1])
                    else:
                        kept.append(found[name][lengths - 1, torch.arange(steps.shape[1])])
            steps = torch.cat(sides, dim=-1)
            if self.training and layer < self.num_layers - 1:
                steps = functional.dropout(steps, self.dropout)
        return steps, tuple(torch.stack(kept) for kept in finals)

    def _loop(
        self,
        weights: dict[str, Tensor],
        x: Tensor,
        states: dict[str, Tensor],
        reverse: bool,
        back: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """All states of all steps of one direction: (time, ..., unit).

        `back` says for rows of different lengths which step is read when from the right (`_backwards`).
        """
        if reverse:
            x = x.flip(0) if back is None else _turned(x, back)
        rows = []
        from_input = cells.input_part("", "b_i" in weights).evaluate({"x": x, **weights})
        for step, part in zip(x, from_input, strict=True):
            found = cells.step(self.cell, weights, step, states, from_input=part)
            states = {name: found[name] for name in states}
            rows.append(states)
        told = {name: torch.stack([row[name] for row in rows]) for name in self.cell.states}
        if reverse:
            return {
                name: state.flip(0) if back is None else _turned(state, back) for name, state in told.items()
            }
        return told

    # --- what a `Stack` has -------------------------------------------------------------------

    @property
    def widths(self) -> dict[str, int]:
        """The same for every state, but that a projection makes the hidden one narrower."""
        found = dict.fromkeys(self.cell.states, self.hidden_size)
        return found | {"hidden": self.proj_size} if self.proj_size else found

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


def _backwards(steps: Tensor, lengths: Tensor) -> Tensor:
    """Which step each row reads when, from its last one to its first; padding stays where it is."""
    time = torch.arange(len(steps)).unsqueeze(1)
    turned = lengths - 1 - time
    return torch.where(turned >= 0, turned, time).to(steps.device)


def _turned(steps: Tensor, back: Tensor) -> Tensor:
    return steps.gather(0, back.unsqueeze(-1).expand_as(steps))


def _parameter(name: str, layer: int, reverse: bool) -> str:
    """PyTorch's name of a weight: ``W_i`` of layer 0 is ``weight_ih_l0``."""
    sides = {"W_i": "weight_ih", "W_h": "weight_hh", "b_i": "bias_ih", "b_h": "bias_hh", "W_hr": "weight_hr"}
    return f"{sides.get(name, name)}_l{layer}" + "_reverse" * reverse
