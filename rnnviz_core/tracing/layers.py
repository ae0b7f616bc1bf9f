"""Every gate of every step of a recurrent module, from what the module itself computed.

The gates of step t depend on x_t and h_{t-1} only, and torch's fused kernel has told every h. So all
gates of all steps come from two matrix products and the equations of `cells` on whole tensors; only
the LSTM's cell needs a scan. The state is then computed again from the gates and compared with the
fused one.
"""

import functools
from collections.abc import Callable, Sequence
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
    """Arrays and axes by site, and the largest difference found while verifying."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
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
        difference = float(np.maximum.reduce(np.abs(recomputed - fused), axis=None))
        if not difference <= limits.TOLERANCE:
            _check_far(site, difference, fused)
        self.difference = max(self.difference, difference)


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
    return cells.definition(
        CELLS[module.mode],
        relu=module.mode == "RNN_RELU",
        projection=module.proj_size > 0,
        bias=module.bias,
    )


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


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is found by comparing
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
    cell, blocks = definition_of(module), module.all_weights
    directions = 2 if module.bidirectional else 1
    initial, final, x = run.initial, dict(run.final), run.x
    for layer in range(module.num_layers):
        last = layer == module.num_layers - 1
        if last:
            final.pop("hidden", None)  # a row of the output
        # The module does not show what passes between its layers: run the lower ones alone.
        output = run.output if last else _fused_layer(module, layer, x, initial)
        sides = np.split(output.numpy(), 2, axis=1) if directions > 1 else (output.numpy(),)
        for direction, known in enumerate(sides):
            row, reverse = layer * directions + direction, direction == 1
            first = {name: state[row] for name, state in initial.items()}
            values = gate_values(cell, blocks[row], x, known, first, reverse=reverse)
            sites, axes = _sites(cell.names, part, layer, reverse, axis)
            recording.compare(sites["hidden"], values["hidden"], known)
            for name, state in final.items():
                recording.compare(sites[name], values[name][0 if reverse else -1], state[row])
            values["hidden"] = known  # what the model computed goes into the trace
            recording.arrays.update(zip(axes, (x.numpy(), *first.values(), *values.values()), strict=True))
            recording.axes.update(axes)
        x = output


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
    hidden: np.ndarray,
    initial: dict[str, np.ndarray],
    *,
    reverse: bool = False,
) -> dict[str, np.ndarray]:
    """All equations of a cell on all steps, `hidden` being known.

    Parameters
    ----------
    cell, weights
        A definition and what `weights_of` gives names to.
    x
        (time, dim), what the layer read.
    hidden
        (time, unit), the states it computed; ``reverse`` tells that it read from right to left.
    initial
        The states before the first step, each (unit,).

    Returns
    -------
    dict
        Name of the equation -> (time, unit), ``hidden`` computed again from the gates.
    """
    start = initial["hidden"][np.newaxis]
    previous = np.concatenate((hidden[1:], start) if reverse else (start, hidden[:-1]))
    in_weight, state_weight, *rest = weights
    in_bias, state_bias = rest[:2] if len(rest) > 1 else (None, None)
    projection = rest[-1].detach().numpy() if len(rest) % 2 else None
    # The products are torch's; from here on numpy: on so little a call costs half of one of torch.
    from_input = functional.linear(x, in_weight, in_bias).numpy()
    from_state = functional.linear(torch.from_numpy(previous), state_weight, state_bias).numpy()
    scanned = functools.partial(scan, first=initial["cell"], reverse=reverse) if "cell" in initial else None
    values = cell.on_sequence(from_input, from_state, previous, None, projection, scanned)
    return dict(zip(cell.names, values, strict=True))


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
    return states[::-1] if reverse else states


def _double(kept: np.ndarray, states: np.ndarray) -> None:
    """The rounds of a scan in place; `kept` is what each row but the first keeps of the one before."""
    span = 1
    while span < len(states):
        states[span:] += kept * states[:-span]
        if 2 * span < len(states):
            kept = kept[span:] * kept[:-span]
        span *= 2
