"""Every gate of every step of a recurrent module, from what the module itself computed.

The gates of step t depend on x_t and h_{t-1} only, and torch's fused kernel has told every h. So all
gates of all steps come from two matrix products and the equations of `cells` on whole tensors; only
the LSTM's cell needs a scan. The state is then computed again from the gates and compared with the
fused one. Where a scan is too far off, because rounding adds up in a cell that forgets nothing, torch's
kernel runs once more, step by step, and tells the cell too.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import TraceError
from rnnviz_core.languages import N_, _
from rnnviz_core.models.stacks import Stack, starts_before

from .scan import scan
from .trace import layer_site

_FEW = 50_000  # numbers that are moved faster than torch's batched product is called


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
    oracle: str = "kernel"  # who told the states: torch's fused kernel, or a loop over the steps in float64

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
        raise TraceError(
            _("{site} holds values that are not finite; check the input and the weights", site=site)
        )
    raise TraceError(
        _(
            "{site} computed again from its gates differs by {difference:.3g} from torch's own; the "
            "limit is {limit:.3g}",
            site=site,
            difference=difference,
            limit=limit,
        )
    )


@functools.lru_cache(maxsize=256)
def site_names(
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


@np.errstate(all="ignore")  # what is not finite is found by looking
def record_layers(recording: Recording, stack: Stack, run: Run, part: str, axis: str) -> None:
    """Record all layers and directions of `stack` on one sequence.

    Parameters
    ----------
    recording
        What is found is added here.
    stack
        The layers that computed `run`.
    run
        Input, output and states.
    part, axis
        The first word of the sites (``encoder``) and the axis of the steps (``time``).

    Raises
    ------
    TraceError
        When the states computed again from the recorded gates are not those of the oracle.
    """
    cell, directions, layers = stack.definition(), stack.directions, stack.layers
    final, x = dict(run.final), run.x
    recording.definitions[part] = cell
    recording.oracle = "loop" if stack.own_oracle else "kernel"
    for layer in range(layers):
        rows = range(layer * directions, (layer + 1) * directions)
        starts = [{name: state[row] for name, state in run.initial.items()} for row in rows]
        told: list[dict[str, np.ndarray]] = []
        if layer == layers - 1:
            final.pop("hidden", None)  # a row of the output
            output = run.output.numpy()
            sides = np.split(output, 2, axis=1) if directions > 1 else (output,)
            told = [{"hidden": np.ascontiguousarray(side)} for side in sides]
        # The module does not show what passes between its layers: run the lower ones alone.
        if not told or stack.own_oracle:
            found = stack.run(layer, x, starts)
            for direction, (side, own) in enumerate(zip(told, found, strict=False)):
                recording.compare(
                    layer_site(part, layer, "hidden", reverse=direction == 1), side["hidden"], own["hidden"]
                )
            told = found
        for reverse, (states, first, row) in enumerate(zip(told, starts, rows, strict=True)):
            ends = {name: state[row] for name, state in final.items()}
            one = _Direction(stack, layer, cell, x, states, first, ends, reverse=reverse == 1)
            sites, axes = site_names(cell.names, part, layer, one.reverse, axis)
            values = one.record(recording, sites)
            recording.arrays.update(zip(axes, (x.numpy(), *first.values(), *values.values()), strict=True))
            recording.axes.update(axes)
        if layer < layers - 1:
            x = torch.from_numpy(np.concatenate([states["hidden"] for states in told], axis=1))


@dataclass(slots=True)
class _Direction:
    """One layer read in one direction, and the states that the oracle has told of it."""

    stack: Stack
    layer: int
    cell: cells.Definition
    x: Tensor  # (time, dim)
    told: dict[str, np.ndarray]  # each (time, unit); hidden at least
    initial: dict[str, np.ndarray]  # each (unit,)
    final: dict[str, np.ndarray]
    reverse: bool

    def record(self, recording: Recording, sites: dict[str, str]) -> dict[str, np.ndarray]:
        """The values of all equations, verified; recorded states enter the trace unchanged."""
        try:
            values = self._values()
        except _NotFiniteError:
            raise TraceError(self._not_finite(sites)) from None
        found = [distance(values[name], state) for name, state in self.told.items()]
        for name, state in self.final.items():
            found.append(distance(values[name][self.end], state))
        for difference in found:
            if not difference <= limits.TOLERANCE:  # or NaN
                return self._record_far(recording, sites)
        recording.difference = max(recording.difference, *found)
        values.update(self.told)
        return values

    def _values(self) -> dict[str, np.ndarray]:
        weights = self.stack.weights(self.layer, self.reverse)
        return gate_values(self.cell, weights, self.x, self.told, self.initial, reverse=self.reverse)

    def _not_finite(self, sites: dict[str, str]) -> str:
        """Which numbers are not finite, though a state may be: an infinite sum shuts a gate, no more."""
        said = N_("{site} holds values that are not finite; check the input and the weights")
        if not np.isfinite(self.told["hidden"]).all():
            return _(said, site=sites["hidden"])
        if not np.isfinite(self.x.numpy()).all():
            step = int(np.argmin(np.isfinite(self.x.numpy()).all(axis=1)))
            return _(said, site=sites["layer_input"]) + _(" (step {step})", step=step)
        if not np.isfinite(self.initial["hidden"]).all():
            return _(said, site=sites["initial_hidden"])
        return _(
            "a weight of {layer} is not finite; check the weights",
            layer=sites["hidden"].removesuffix(".hidden"),
        )

    @property
    def end(self) -> int:
        """The row of the step that is read last."""
        return 0 if self.reverse else -1

    def _record_far(self, recording: Recording, sites: dict[str, str]) -> dict[str, np.ndarray]:
        """The same where the plain way ends too far off: each step from states that torch told.

        A cell that forgets nothing adds up the rounding of all its steps: of 20,000 in single precision it
        is a thousandth of the cell. So torch's kernel tells every cell, and one step lies between two.
        """
        hidden = self.told["hidden"]
        if len(self.told) < len(self.cell.states) and np.isfinite(hidden).all():
            self.told = self.stack.every_state(self.layer, self.x, hidden, self.initial, reverse=self.reverse)
        values = self._values()
        for name, state in self.told.items():
            recording.compare(sites[name], values[name], state)
            values[name] = state
        for name, state in self.final.items():
            recording.compare(sites[name], values[name][self.end], state)
        return values


def gate_values(
    cell: cells.Definition,
    weights: Mapping[str, Tensor],
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
        A definition and the weights of `Stack.weights`.
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
    previous = starts_before(known["hidden"], initial["hidden"], reverse)
    # The products are torch's; from here on numpy: on so little a call costs half of one of torch.
    gates = len(cell.gates)
    few = previous.size * gates < _FEW
    from_input = from_state = products(x, weights["W_i"], weights.get("b_i"), gates, few)
    if cell.reads_state:
        back = len(cell.state_gates)
        from_state = products(torch.from_numpy(previous), weights["W_h"], weights.get("b_h"), back, few)
    # One look at all of them: a square is not finite where a number is not, or is very large.
    squares = float(np.vdot(from_input, from_input)) + float(np.vdot(from_state, from_state))
    if not math.isfinite(squares) and not all(np.isfinite(part).all() for part in (from_input, from_state)):
        raise _NotFiniteError
    extra = {name: weights[name].detach().numpy() for name in cell.extra}
    if "cell" in initial and "cell" not in known:
        assert not cell.stepwise, "the run of such a cell returns all its states"
        scanned = functools.partial(scan, first=initial["cell"], reverse=reverse)
        values = cell.on_sequence(from_input, from_state, previous, None, scanned, **extra)
    else:
        before = starts_before(known["cell"], initial["cell"], reverse) if "cell" in known else None
        values = cell.on_known(from_input, from_state, previous, before, **extra)
    return dict(zip(cell.names, values, strict=True))


def products(vectors: Tensor, weight: Tensor, bias: Tensor | None, gates: int, few: bool) -> np.ndarray:
    """``W x + b`` of all gates for all steps: ([gate,] time, unit). Both ways give the same bits.

    `few` says that there are so few numbers that they are moved faster than a batched product is called.
    """
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
