"""The step loop of a cell's own equations in double precision, which autograd follows.

It stands in a network's place of torch's fused kernel: `followed` makes such a network. What is watched on
the way, gates, states and what a task names, has a derivative afterwards.
"""

import copy
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz_core.models.network import Network
from rnnviz_core.models.stacks import Stack, stack_of
from rnnviz_core.tracing.trace import layer_site

ROWS = 1024  # of a table that are in double precision at a time


@dataclass(slots=True)
class Call:
    """One run of one layer in one direction, in the order of reading: what the closed form is compared with.

    The tensors are nodes of autograd's graph, each with the derivative that its name says.
    """

    part: str
    layer: int
    reverse: bool
    x: Tensor  # (time, dim)
    weights: dict[str, Tensor]
    initial: dict[str, Tensor]  # what came before, (unit,) each: all of it goes into the first step
    states: dict[str, list[Tensor]]  # after each step: all that depends on them
    shown: dict[str, Tensor]  # (time, unit) each: what those outside of the recurrence read
    final: dict[str, Tensor]  # (unit,) each: what those read who go on from the last state

    @property
    def place(self) -> str:
        """The beginning of its sites: ``encoder.0``, ``encoder.0.reverse``."""
        return f"{self.part}.{self.layer}" + ".reverse" * self.reverse

    def weighed(self) -> list[Tensor]:
        """The recurrent weights, where they are followed."""
        weight = self.weights.get("W_h")
        return [weight] if weight is not None and weight.requires_grad else []

    def nodes(self) -> Iterator[Tensor]:
        """All tensors whose derivatives the checks need."""
        yield from self.shown.values()
        yield from self.final.values()
        yield from self.initial.values()
        for row in self.states.values():
            yield from row


@dataclass(slots=True)
class Watched:
    """Tensors by site, in the order of the rows of the trace: a tensor per step, or several steps in one."""

    weigh: bool = False  # whether the recurrent weights are followed, too
    sites: dict[str, list[Tensor]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        """Follow `value`, which is the array of the site `name` or its next rows."""
        found = value if value.requires_grad else value.detach().requires_grad_()
        self.sites.setdefault(name, []).append(found)
        return found


class Loop(nn.Module):
    """Recurrent layers called as torch's are, with a batch of one or none: step after step, float64.

    Parameters
    ----------
    module
        The layers whose weights are read.
    part
        The first word of the sites.
    watched
        Where gates and states are noted.
    scale
        What the recurrent weights are multiplied by.
    """

    def __init__(self, module: Any, part: str, watched: Watched, scale: float = 1.0) -> None:
        super().__init__()
        self.stack, self.part, self.watched, self.scale = stack_of(module), part, watched, scale
        self.cell = self.stack.definition()
        self.step = self.cell.on_tensors
        self._weights: dict[tuple[int, bool], dict[str, Tensor]] = {}
        self.num_layers, self.bidirectional = module.num_layers, module.bidirectional
        self.batch_first, self.mode = module.batch_first, getattr(module, "mode", "")

    def weights(self, layer: int, reverse: bool) -> dict[str, Tensor]:
        """In double precision, and the recurrent ones scaled; the same for every call."""
        if (layer, reverse) in self._weights:
            return self._weights[layer, reverse]
        found = {
            name: weight.detach().double() for name, weight in self.stack.weights(layer, reverse).items()
        }
        if "W_h" in found:
            if self.scale != 1.0:
                found["W_h"] = found["W_h"] * self.scale
            found["W_h"].requires_grad_(self.watched.weigh)
        self._weights[layer, reverse] = found
        return found

    def forward(self, x: Tensor, state: Tensor | tuple[Tensor, ...] | None = None) -> tuple[Tensor, Any]:
        """What ``nn.LSTM`` would return: the output of the last layer, the states after the last step."""
        batched = x.dim() == 3
        steps = (x[0] if self.batch_first else x[:, 0]) if batched else x
        given = state if isinstance(state, tuple) else (state,) if state is not None else ()
        given = tuple(one[:, 0] if batched else one for one in given)
        finals: list[list[Tensor]] = [[] for _ in self.cell.states]
        for layer in range(self.num_layers):
            sides = []
            for reverse in (False, True)[: self.stack.directions]:
                row = layer * self.stack.directions + reverse
                first = {name: one[row] for name, one in zip(self.cell.states, given, strict=False)}
                call = self.run(layer, reverse, steps, first)
                output = call.shown["hidden"]
                sides.append(output.flip(0) if reverse else output)
                for kept, name in zip(finals, self.cell.states, strict=True):
                    kept.append(call.final[name])
            steps = sides[0] if len(sides) == 1 else torch.cat(sides, dim=-1)
        ends = tuple(torch.stack(kept) for kept in finals)
        if batched:
            steps = steps.unsqueeze(0 if self.batch_first else 1)
            ends = tuple(end.unsqueeze(1) for end in ends)
        return steps, ends if len(ends) > 1 else ends[0]

    def run(self, layer: int, reverse: bool, x: Tensor, first: dict[str, Tensor]) -> Call:
        """One layer in one direction over (time, dim), from the states `first` (none: zeros)."""
        weights, cell, gates = self.weights(layer, reverse), self.cell, len(self.cell.gates)
        bias, state_weight = weights.get("b_h"), weights.get("W_h")
        extra = {name: weights[name] for name in cell.extra}
        parts = functional.linear(x, weights["W_i"], weights.get("b_i"))
        size = parts.shape[1] // gates
        shape = (gates, size) if gates > 1 else (size,)
        parts = parts.view(len(x), *shape)
        rows: list[tuple[Tensor, ...]] = []
        initial = {name: self._first(name, first, weights, size) for name in cell.states}
        places = {name: cell.followed.index(name) for name in cell.states}
        now = dict(initial)
        for part in parts.flip(0).unbind(0) if reverse else parts.unbind(0):
            from_state = part
            if state_weight is not None:
                hidden = now["hidden"]  # a vector: this is half of what `functional.linear` costs
                sums = (
                    torch.mv(state_weight, hidden)
                    if bias is None
                    else torch.addmv(bias, state_weight, hidden)
                )
                from_state = sums.view(shape)
            values = self.step(part, from_state, now["hidden"], now.get("cell"), **extra)
            now = {name: values[place] for name, place in places.items()}
            rows.append(values)
        states = {name: [row[place] for row in rows] for name, place in places.items()}
        shown = {name: torch.stack(row) for name, row in states.items()}
        final = {name: found[-1].clone() for name, found in states.items()}
        call = Call(self.part, layer, reverse, x, weights, initial, states, shown, final)
        self._note(call, rows)
        return call

    @staticmethod
    def _first(name: str, first: dict[str, Tensor], weights: dict[str, Tensor], size: int) -> Tensor:
        """A state before the first step, as a node of its own."""
        if name in first:
            return first[name].clone() if first[name].requires_grad else first[name].detach().requires_grad_()
        width = len(weights["W_hr"]) if name == "hidden" and "W_hr" in weights else size
        return torch.zeros(width, dtype=torch.float64, requires_grad=True)

    def _note(self, call: Call, rows: list[tuple[Tensor, ...]]) -> None:
        if call.reverse:
            rows = rows[::-1]
        for place, name in enumerate(self.cell.followed):
            where = layer_site(self.part, call.layer, name, reverse=call.reverse)
            self.watched.sites.setdefault(where, []).extend([row[place] for row in rows])
        for name, state in call.initial.items():
            where = layer_site(self.part, call.layer, f"initial_{name}", reverse=call.reverse)
            self.watched.sites.setdefault(where, [state])
        self.watched.calls.append(call)


class _Rows(nn.Module):
    """A table of rows, read in double precision."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self._table = table

    def forward(self, ids: Tensor) -> Tensor:
        """The rows of the given ids."""
        return self._table.weight.detach()[ids].double()

    def logits(self, vectors: Tensor, bias: Tensor) -> Tensor:
        """Every row as the weights of a class."""
        return _Products.apply(vectors, self._table.weight.detach()) + bias


class _Products(torch.autograd.Function):
    """Vectors times all rows of a table, some rows in double precision at a time.

    As a whole a table of 8,000 words takes 10 MB more, which autograd would hold until the end.
    """

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, table: Tensor) -> Tensor:
        """(..., dim) and (row, dim): (..., row)."""
        ctx.table = table
        return torch.cat([vectors @ rows.double().T for rows in table.split(ROWS)], dim=-1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Of the vectors; nobody asks for that of the table."""
        parts = zip(gradients[0].split(ROWS, dim=-1), ctx.table.split(ROWS), strict=True)
        first, *others = (part @ rows.double() for part, rows in parts)
        return sum(others, start=first), None


def module_of(stack: Stack) -> Any:
    """The torch module that a stack is of; a cell without a kernel is its own stack."""
    return getattr(stack, "module", stack)


def followed(network: Network, watched: Watched, scale: float = 1.0) -> Any:
    """The same network in double precision, its recurrent layers as step loops; `network` is not changed.

    Parameters
    ----------
    network
        Shares its tables with what is returned; the rest is copied.
    watched
        Where what is followed is noted.
    scale
        What the recurrent weights are multiplied by.
    """
    assert isinstance(network, nn.Module)
    found = copy.copy(network)
    parts = {id(module_of(stack)): part for part, stack in network.stacks().items()}
    modules: dict[str, Any] = {}
    for name, module in network._modules.items():
        if id(module) in parts:
            modules[name] = Loop(module, parts[id(module)], watched, scale)
        elif isinstance(module, nn.Embedding):
            modules[name] = _Rows(module)
        else:
            modules[name] = None if module is None else _doubled(module)
    found._modules, found._parameters = modules, _doubled_parameters(network)
    return found


def doubled(network: Network) -> Any:
    """The same network in double precision with torch's own kernels; `network` is not changed."""
    assert isinstance(network, nn.Module)
    found = copy.copy(network)
    parts = {id(module_of(stack)) for stack in network.stacks().values()}
    modules: dict[str, Any] = {}
    for name, module in network._modules.items():
        if module is None:
            modules[name] = None
        elif id(module) in parts:
            modules[name] = copy.deepcopy(module).double().requires_grad_(False)
        else:
            modules[name] = _Rows(module) if isinstance(module, nn.Embedding) else _doubled(module)
    found._modules, found._parameters = modules, _doubled_parameters(network)
    return found


def _doubled(module: nn.Module) -> nn.Module:
    """A copy in double precision that autograd leaves alone; `copy.deepcopy` takes ten times as long."""
    found = copy.copy(module)
    found._parameters = _doubled_parameters(module)
    found._modules = {name: None if one is None else _doubled(one) for name, one in module._modules.items()}
    found._forward_hooks = OrderedDict()
    return found


def _doubled_parameters(module: nn.Module) -> dict[str, nn.Parameter | None]:
    return {
        name: None if one is None else nn.Parameter(one.detach().double(), requires_grad=False)
        for name, one in module._parameters.items()
    }
