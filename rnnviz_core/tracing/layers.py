"""Every gate of every step of a recurrent module, from what the module itself computed.

The gates of step t depend on x_t and h_{t-1} only, and torch's fused kernel has told every h. So all
gates of all steps come from two matrix products and the equations of `cells` on whole tensors; only
the LSTM's cell needs a scan. The state is then computed again from the gates and compared with the
fused one. Where a scan is too far off, because rounding adds up in a cell that forgets nothing, torch's
kernel runs once more, step by step, and tells the cell too.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.errors import TraceError

from .trace import layer_site

CELLS = {"RNN_TANH": Cell.RNN, "RNN_RELU": Cell.RNN, "GRU": Cell.GRU, "LSTM": Cell.LSTM}  # by module.mode
_KERNELS: dict[str, Callable[..., Any]] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}
_PROBED = 8  # steps that tell which way of calling the kernel gives the known states
_FEW = 50_000  # numbers that are moved faster than torch's batched product is called
_TOGETHER = 128  # steps of a scan that are doubled together: what the processor's cache holds


@dataclass(frozen=True, slots=True)
class Run:
    """One sequence through a recurrent module; `final` states may be left out.

    The states are those of PyTorch: a row per layer and direction.
    """

    x: Tensor  # (time, dim)
    output: Tensor  # (time, state), both directions side by side
    initial: dict[str, np.ndarray]  # hidden and, for an LSTM, cell: (layers * directions, unit)
    final: dict[str, np.ndarray] = field(default_factory=dict)  # the same, after the last step


@dataclass(slots=True)
class Recording:
    """Arrays and axes by site, the cell of each part, and the largest difference found while verifying."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    definitions: dict[str, cells.Definition] = field(default_factory=dict)
    difference: float = 0.0

    def add(self, site: str, array: Tensor | np.ndarray, *axes: str) -> None:
        """Keep an array under a site."""
        self.arrays[site] = array if isinstance(array, np.ndarray) else array.numpy()
        self.axes[site] = axes

    def compare(self, site: str, recomputed: np.ndarray, fused: np.ndarray) -> None:
        """Note the difference between a recomputed state and the one torch returned.

        Raises
        ------
        TraceError
            Above `limits.TOLERANCE` (for states beyond 1, times the largest of them).
        """
        difference = distance(recomputed, fused)
        if not difference <= limits.TOLERANCE:
            _check_far(site, difference, fused)
        self.difference = max(self.difference, difference)


class _NotFiniteError(ArithmeticError):
    """What enters the gates is not finite."""


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference between two arrays of one shape; NaN when one of them holds NaN."""
    apart = one - other
    return float(np.maximum.reduce(np.abs(apart, apart), axis=None))


def _check_far(site: str, difference: float, fused: np.ndarray) -> None:
    largest = float(np.abs(fused).max())
    limit = limits.TOLERANCE * max(1.0, largest)
    if difference <= limit < float("inf"):
        return
    if difference != difference or largest == float("inf"):
        raise TraceError(f"{site} holds values that are not finite; check the input and the weights")
    raise TraceError(
        f"{site} computed again from its gates differs by {difference:.3g} from torch's own; "
        f"the limit is {limit:.3g}"
    )


def definition_of(module: nn.RNNBase) -> cells.Definition:
    """The definition that describes a torch module."""
    match module.mode:
        case "LSTM":
            return cells.definition(Cell.LSTM, projection=module.proj_size > 0, bias=module.bias)
        case "GRU":
            return cells.definition(Cell.GRU, bias=module.bias)
        case mode:
            return cells.definition(Cell.RNN, relu=mode == "RNN_RELU", bias=module.bias)


@functools.lru_cache(maxsize=256)
def _sites(
    names: tuple[str, ...], part: str, layer: int, reverse: bool, axis: str
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Last word -> site, and site -> axes, of what a layer records: input, first states, equations.

    Made once: at 20 tokens the names would cost more than the numbers.
    """
    initial = [f"initial_{name}" for name in cells.STATES if name in names]
    axes: dict[str, tuple[str, ...]] = {"layer_input": (axis, "dim"), **dict.fromkeys(initial, ("unit",))}
    axes |= dict.fromkeys(names, (axis, "unit"))
    sites = {word: layer_site(part, layer, word, reverse=reverse) for word in axes}
    return sites, {sites[word]: found for word, found in axes.items()}


def weights_of(module: nn.RNNBase, layer: int, reverse: bool = False) -> dict[str, Tensor]:
    """The weights of one layer and direction, under the names `cells.step` reads."""
    directions = 2 if module.bidirectional else 1
    names = ["W_i", "W_h", *(("b_i", "b_h") if module.bias else ()), *(("W_hr",) if module.proj_size else ())]
    tensors = module.all_weights[layer * directions + reverse]
    return dict(zip(names, tensors, strict=True))


@np.errstate(all="ignore")  # what is not finite is found by looking
def record_layers(recording: Recording, module: nn.RNNBase, run: Run, part: str, axis: str) -> None:
    """Record all layers and directions of `module` on one sequence.

    Parameters
    ----------
    recording
        What is found is added here.
    module
        The module that computed `run`.
    run
        Input, output and states.
    part, axis
        The first word of the sites (``encoder``) and the axis of the steps (``time``).

    Raises
    ------
    TraceError
        When the states computed again from the recorded gates are not torch's own.
    """
    cell = definition_of(module)
    weights: list[Any] = module._flat_weights  # those that the kernel has just used
    count = len(weights) // (module.num_layers * (2 if module.bidirectional else 1))
    directions = 2 if module.bidirectional else 1
    initial, final, x = run.initial, dict(run.final), run.x
    recording.definitions[part] = cell
    for layer in range(module.num_layers):
        last = layer == module.num_layers - 1
        if last:
            final.pop("hidden", None)  # a row of the output
        # The module does not show what passes between its layers: run the lower ones alone.
        output = run.output if last else _fused_layer(module, layer, x, initial)
        sides = np.split(output.numpy(), 2, axis=1) if directions > 1 else (output.numpy(),)
        for direction, side in enumerate(sides):
            row = layer * directions + direction
            one = _Direction(
                module,
                cell,
                weights[row * count : (row + 1) * count],
                x,
                np.ascontiguousarray(side),
                {name: state[row] for name, state in initial.items()},
                {name: state[row] for name, state in final.items()},
                reverse=direction == 1,
            )
            sites, axes = _sites(cell.names, part, layer, one.reverse, axis)
            values = one.record(recording, sites)
            recording.arrays.update(
                zip(axes, (x.numpy(), *one.initial.values(), *values.values()), strict=True)
            )
            recording.axes.update(axes)
        x = output


@dataclass(slots=True)
class _Direction:
    """One layer read in one direction, and the states that torch has told of it."""

    module: nn.RNNBase
    cell: cells.Definition
    weights: Sequence[Tensor]
    x: Tensor  # (time, dim)
    hidden: np.ndarray  # (time, state)
    initial: dict[str, np.ndarray]  # each (unit,)
    final: dict[str, np.ndarray]
    reverse: bool

    def record(self, recording: Recording, sites: dict[str, str]) -> dict[str, np.ndarray]:
        """The values of all equations, verified; what torch told goes into the trace as torch told it."""
        try:
            values = gate_values(
                self.cell, self.weights, self.x, {"hidden": self.hidden}, self.initial, reverse=self.reverse
            )
        except _NotFiniteError:
            raise TraceError(self._not_finite(sites)) from None
        found = [distance(values["hidden"], self.hidden)]
        for name, state in self.final.items():
            found.append(distance(values[name][self.end], state))
        for difference in found:
            if not difference <= limits.TOLERANCE:  # or NaN
                return self._record_far(recording, sites)
        recording.difference = max(recording.difference, *found)
        values["hidden"] = self.hidden
        return values

    def _not_finite(self, sites: dict[str, str]) -> str:
        """Which numbers are not finite, though a state may be: an infinite sum shuts a gate, no more."""
        tail = "holds values that are not finite; check the input and the weights"
        if not np.isfinite(self.hidden).all():
            return f"{sites['hidden']} {tail}"
        if not np.isfinite(self.x.numpy()).all():
            step = int(np.argmin(np.isfinite(self.x.numpy()).all(axis=1)))
            return f"{sites['layer_input']} {tail} (step {step})"
        if not np.isfinite(self.initial["hidden"]).all():
            return f"{sites['initial_hidden']} {tail}"
        return f"a weight of {sites['hidden'].removesuffix('.hidden')} is not finite; check the weights"

    @property
    def end(self) -> int:
        """The row of the step that is read last."""
        return 0 if self.reverse else -1

    def _record_far(self, recording: Recording, sites: dict[str, str]) -> dict[str, np.ndarray]:
        """The same where the plain way ends too far off: each step from states that torch told.

        A cell that forgets nothing adds up the rounding of all its steps: of 20,000 in single precision it
        is a thousandth of the cell. So torch's kernel tells every cell, and one step lies between two.
        """
        told = {"hidden": self.hidden}
        if "cell" in self.initial and np.isfinite(self.hidden).all():
            told["cell"] = kernel_cells(
                self.module, self.weights, self.x, self.hidden, self.initial, reverse=self.reverse
            )
        values = gate_values(self.cell, self.weights, self.x, told, self.initial, reverse=self.reverse)
        for name, state in told.items():
            recording.compare(sites[name], values[name], state)
            values[name] = state
        for name, state in self.final.items():
            recording.compare(sites[name], values[name][self.end], state)
        return values


def kernel_cells(
    module: nn.RNNBase,
    weights: Sequence[Tensor],
    x: Tensor,
    hidden: np.ndarray,
    initial: Mapping[str, np.ndarray],
    *,
    reverse: bool = False,
) -> np.ndarray:
    """The cells of one direction of an LSTM's layer, by torch's kernel, one step at a time.

    Each step starts from the cell that the kernel returned for the step before, and from the known hidden
    state. Two ways of calling the kernel are tried on the first steps, and the one is taken whose hidden
    states are the known ones to the last bit: oneDNN multiplies each input on its own, torch's own LSTM all
    inputs at once; for that one the products are made beforehand and go in as a bias.

    Parameters
    ----------
    module, weights
        The LSTM, and the weights of this layer and direction.
    x
        (time, dim), what the layer read.
    hidden
        (time, state), what it returned; `reverse` tells that it read from right to left.
    initial
        ``hidden`` (state,) and ``cell`` (unit,) before the first step.

    Returns
    -------
    ndarray
        (time, unit)
    """
    previous = torch.from_numpy(_before(hidden, initial["hidden"], reverse)).unsqueeze(1).unsqueeze(1)
    known, order = torch.from_numpy(hidden), range(len(hidden))[:: -1 if reverse else 1]
    found = x.new_empty(len(hidden), len(initial["cell"]))

    def run(inputs: Tensor, given: Callable[[int], list[Tensor]], steps: Sequence[int]) -> bool:
        """Fill in the cells of `steps`; whether the hidden states are the known ones."""
        cell, same = torch.from_numpy(initial["cell"]).view(1, 1, -1), True
        for step in steps:
            state = (previous[step], cell)
            output, _, cell = torch.lstm(inputs[step], state, given(step), True, 1, 0.0, False, False, False)
            found[step] = cell[0, 0]
            same = same and torch.equal(output[0, 0], known[step])
        return same

    in_weight, state_weight, *rest = weights
    zeros = x.new_zeros(len(in_weight))
    in_bias, state_bias = rest[:2] if module.bias else (zeros, zeros)
    projection = rest[2 if module.bias else 0 :]
    plain = [in_weight, state_weight, in_bias, state_bias, *projection]
    products = functional.linear(x, in_weight, in_bias)
    nothing, column = x.new_zeros(len(x), 1, 1, 1), x.new_zeros(len(in_weight), 1)
    ways: tuple[tuple[Tensor, Callable[[int], list[Tensor]]], ...] = (
        (x.unsqueeze(1).unsqueeze(1), lambda step: plain),
        (nothing, lambda step: [column, state_weight, products[step], state_bias, *projection]),
    )
    way = next((way for way in ways if run(*way, order[:_PROBED])), ways[0])
    run(*way, order)
    return found.numpy()


def _fused_layer(module: nn.RNNBase, layer: int, x: Tensor, initial: dict[str, np.ndarray]) -> Tensor:
    """One layer, both directions, by torch's fused kernel: (time, dim) -> (time, state)."""
    directions = 2 if module.bidirectional else 1
    rows = slice(layer * directions, (layer + 1) * directions)
    blocks = module.all_weights[rows]
    states = [torch.from_numpy(state[rows]).unsqueeze(1) for state in initial.values()]
    output, *_ = _KERNELS[module.mode](
        x.unsqueeze(1),
        states if len(states) > 1 else states[0],
        [weight for block in blocks for weight in block],
        module.bias,
        1,  # layers
        0.0,  # dropout
        False,  # training
        module.bidirectional,
        False,  # batch first
    )
    return output.squeeze(1)


def gate_values(
    cell: cells.Definition,
    weights: Sequence[Tensor],
    x: Tensor,
    known: Mapping[str, np.ndarray],
    initial: Mapping[str, np.ndarray],
    *,
    reverse: bool = False,
) -> dict[str, np.ndarray]:
    """All equations of a cell on all steps.

    Parameters
    ----------
    cell, weights
        A definition and what `weights_of` gives names to.
    x
        (time, dim), what the layer read.
    known
        The states it computed, each (time, unit): ``hidden``, and ``cell`` where that is known too; an
        LSTM's cell is a scan otherwise. ``reverse`` tells that the layer read from right to left.
    initial
        The states before the first step, each (unit,).

    Returns
    -------
    dict
        Name of the equation -> (time, unit), contiguous; the known states are computed again from the gates.
    """
    previous = _before(known["hidden"], initial["hidden"], reverse)
    in_weight, state_weight, *rest = weights
    in_bias, state_bias = rest[:2] if len(rest) > 1 else (None, None)
    projection = rest[-1].detach().numpy() if len(rest) % 2 else None
    # The products are torch's; from here on numpy: on so little a call costs half of one of torch.
    gates = len(cell.gates)
    few = previous.size * gates < _FEW
    from_input = _products(x, in_weight, in_bias, gates, few)
    from_state = _products(torch.from_numpy(previous), state_weight, state_bias, gates, few)
    # One look at all of them: a square is not finite where a number is not, or is very large.
    squares = float(np.vdot(from_input, from_input)) + float(np.vdot(from_state, from_state))
    if not math.isfinite(squares) and not all(np.isfinite(part).all() for part in (from_input, from_state)):
        raise _NotFiniteError
    if "cell" in known:
        before = _before(known["cell"], initial["cell"], reverse)
        values = cell.on_known(from_input, from_state, previous, before, projection)
    else:
        scanned = None
        if "cell" in initial:
            scanned = functools.partial(scan, first=initial["cell"], reverse=reverse)
        values = cell.on_sequence(from_input, from_state, previous, None, projection, scanned)
    return dict(zip(cell.names, values, strict=True))


def _products(vectors: Tensor, weight: Tensor, bias: Tensor | None, gates: int, few: bool) -> np.ndarray:
    """``W x + b`` of all gates for all steps: ([gate,] time, unit). Both ways give the same bits."""
    if few or gates == 1:
        product = functional.linear(vectors, weight, bias).numpy()
        if gates == 1:
            return product
        return np.ascontiguousarray(product.reshape(product.shape[0], gates, -1).swapaxes(0, 1))
    steps, width = vectors.shape
    blocks, repeated = weight.view(gates, -1, width).transpose(1, 2), vectors.expand(gates, steps, width)
    if bias is None:
        return torch.bmm(repeated, blocks).numpy()
    return torch.baddbmm(bias.view(gates, 1, -1), repeated, blocks).numpy()


def _before(states: np.ndarray, first: np.ndarray, reverse: bool) -> np.ndarray:
    """The state that each step starts from, in the order of the rows."""
    start = first[np.newaxis]
    return np.concatenate((states[1:], start) if reverse else (start, states[:-1]))


def scan(slope: np.ndarray, offset: np.ndarray, first: np.ndarray, *, reverse: bool = False) -> np.ndarray:
    """``state_t = slope_t * state_{t-1} + offset_t`` for all t, from the state `first`.

    By doubling: each row knows first what one step before it adds, then two, four, ... steps. That is
    five rounds for 20 steps, where a loop over the rows takes 20.

    Parameters
    ----------
    slope, offset
        (time, unit), `slope` between 0 and 1.
    first
        (unit,)
    reverse
        Start at the last row.

    Returns
    -------
    ndarray
        (time, unit)
    """
    if reverse:
        slope, offset = slope[::-1], offset[::-1]
    states = offset.copy()
    for start in range(0, len(states), _TOGETHER):
        here, kept = states[start : start + _TOGETHER], slope[start : start + _TOGETHER]
        here[0] += kept[0] * first
        _double(kept[1:], here)
        first = here[-1]
    return np.ascontiguousarray(states[::-1]) if reverse else states


def _double(kept: np.ndarray, states: np.ndarray) -> None:
    """The rounds of a scan in place; `kept` is what each row but the first keeps of the one before."""
    span = 1
    while span < len(states):
        states[span:] += kept * states[:-span]
        if 2 * span < len(states):
            kept = kept[span:] * kept[:-span]
        span *= 2
