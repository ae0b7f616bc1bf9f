"""Every gate of every step of a recurrent module, from what the module itself computed.

The gates of step t depend on x_t and h_{t-1} only, and torch's fused kernel has told every h. So all
gates of all steps come from two matrix products and the equations of `cells` on whole tensors; only
the LSTM's cell needs a scan. The state is then computed again from the gates and compared with the
fused one.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from . import cells, limits
from .errors import TraceError
from .specs import Cell
from .trace import layer_site

CELLS = {"RNN_TANH": Cell.RNN, "RNN_RELU": Cell.RNN, "GRU": Cell.GRU, "LSTM": Cell.LSTM}  # by module.mode
_KERNELS: dict[str, Callable[..., Any]] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}
_MANY = 128  # steps from which a scan by blocks is the faster one


@dataclass(frozen=True, slots=True)
class Run:
    """One sequence through a recurrent module; `final` states may be left out.

    The states are those of PyTorch: a row per layer and direction.
    """

    x: Tensor  # (time, dim)
    output: Tensor  # (time, state), both directions side by side
    initial: dict[str, Tensor]  # hidden and, for an LSTM, cell: (layers * directions, unit)
    final: dict[str, Tensor] = field(default_factory=dict)  # the same, after the last step


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
        difference = float(np.abs(recomputed - fused).max())
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
def _sites(part: str, layer: int, reverse: bool) -> dict[str, str]:
    """Last word -> site. Built once: at 20 tokens the names would cost more than the numbers."""
    words = {equation.name for cell in Cell for equation in cells.definition(cell).equations}
    words |= {"unprojected", "layer_input", "initial_hidden", "initial_cell"}
    return {word: layer_site(part, layer, word, reverse=reverse) for word in words}


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
    cell = definition_of(module)
    directions = 2 if module.bidirectional else 1
    x = run.x
    for layer in range(module.num_layers):
        last = layer == module.num_layers - 1
        rows = slice(layer * directions, (layer + 1) * directions)
        initial, final = (
            {name: s[rows] for name, s in states.items()} for states in (run.initial, run.final)
        )
        # The module does not show what passes between its layers: run the lower ones alone.
        output = run.output if last else _fused_layer(module, layer, x, initial)
        if last:
            final.pop("hidden", None)  # a row of the output
        for direction, fused in enumerate(output.chunk(directions, dim=-1) if directions > 1 else (output,)):
            reverse = direction == 1
            sites, weights = _sites(part, layer, reverse), weights_of(module, layer, reverse)
            first = {name: state[direction] for name, state in initial.items()}
            values = gate_values(cell, weights, x, fused, first, reverse=reverse)
            known = fused.numpy()
            recording.compare(sites["hidden"], values["hidden"], known)
            values["hidden"] = known  # what the model computed goes into the trace
            for name, state in final.items():
                recording.compare(sites[name], values[name][0 if reverse else -1], state[direction].numpy())
            recording.add(sites["layer_input"], x, axis, "dim")
            for name, state in first.items():
                recording.add(sites[f"initial_{name}"], state, "unit")
            for name, value in values.items():
                recording.add(sites[name], value, axis, "unit")
        x = output


def _fused_layer(module: nn.RNNBase, layer: int, x: Tensor, initial: dict[str, Tensor]) -> Tensor:
    """One layer, both directions, by torch's fused kernel: (time, dim) -> (time, state)."""
    directions = 2 if module.bidirectional else 1
    blocks = module.all_weights[layer * directions : (layer + 1) * directions]
    states = [state.unsqueeze(1) for state in initial.values()]
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
    weights: dict[str, Tensor],
    x: Tensor,
    hidden: Tensor,
    initial: dict[str, Tensor],
    *,
    reverse: bool = False,
) -> dict[str, np.ndarray]:
    """All equations of a cell on all steps, `hidden` being known.

    Parameters
    ----------
    cell, weights
        As `cells.step` reads them.
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
    start = initial["hidden"].unsqueeze(0)
    previous = torch.cat((hidden[1:], start) if reverse else (start, hidden[:-1]))
    known = {"x": x, "previous_hidden": previous, **weights}
    bias = "b_i" in weights
    parts = (cells.input_part("", bias), cells.state_part("", bias))
    # From here on numpy: on arrays of a sentence's size a call costs half of one of torch.
    found = cells.by_gate(cell, *(part.evaluate(known).numpy() for part in parts))
    values = {"previous_hidden": previous.numpy(), **found}
    if "W_hr" in weights:
        values["W_hr"] = weights["W_hr"].detach().numpy()
    for equation in cell.elementwise:
        name = equation.symbol.name
        if name == "cell":
            slope, offset = (part.evaluate(values) for part in equation.slope_and_offset("previous_cell"))
            value = scan(slope, offset, initial["cell"].numpy(), reverse=reverse)
        else:
            value = equation.expression.evaluate(values)
        values[name] = found[name] = value
    return found


def scan(slope: np.ndarray, offset: np.ndarray, first: np.ndarray, *, reverse: bool = False) -> np.ndarray:
    """``state_t = slope_t * state_{t-1} + offset_t`` for all t, from the state `first`.

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
    states = np.concatenate((first[np.newaxis], offset[::-1] if reverse else offset))
    slopes = np.concatenate((states[:1], slope[::-1] if reverse else slope))  # the first is not read
    if len(offset) < _MANY:
        _scan_rows(slopes, states)
    else:
        _scan_blocks(slopes, states)
    return states[:0:-1] if reverse else states[1:]


def _scan_blocks(slopes: np.ndarray, states: np.ndarray) -> None:
    """As `_scan_rows`, with fewer and larger calls.

    All blocks of steps are scanned side by side, each from zero; then every block gets what the one
    before hands on, times the slopes so far.
    """
    steps = int(len(states) ** 0.5)
    whole = (len(states) - 1) // steps * steps
    local = states[1 : whole + 1].reshape(-1, steps, states.shape[1])
    kept = slopes[1 : whole + 1].reshape(local.shape).copy()
    _scan_rows(kept.swapaxes(0, 1), local.swapaxes(0, 1), running=True)
    handed = np.concatenate((states[:1], local[:, -1]))
    _scan_rows(np.concatenate((slopes[:1], kept[:, -1])), handed)
    kept *= handed[:-1, np.newaxis]
    local += kept
    _scan_rows(slopes[whole:], states[whole:])


def _scan_rows(slopes: np.ndarray, states: np.ndarray, *, running: bool = False) -> None:
    """``states[t] += slopes[t] * states[t - 1]`` in place; `running` turns slopes into products so far."""
    product = np.empty_like(states[0])
    rows = zip(slopes[:-1], slopes[1:], states[:-1], states[1:], strict=True)
    for slope_before, slope, state_before, state in rows:
        np.multiply(slope, state_before, product)
        np.add(state, product, state)
        if running:
            np.multiply(slope, slope_before, slope)
