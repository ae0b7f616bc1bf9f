"""All rows of a batch at once: a matrix product per layer and direction for all steps of all rows.

The same as `layers` does for one sequence, verified in the same way. A row in which anything is odd (values
that are not finite, rounding that has added up) is left to `layers`, which looks closer or says what is off.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.models.stacks import TorchStack

from .layers import Recording, products, site_names

States = Mapping[str, np.ndarray]  # hidden and, for an LSTM, cell: (layers * directions, batch, unit)


TOGETHER = 800_000  # numbers of the gates that are computed together


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sequences through a torch module, batch first; what lies beyond a row's steps is ignored."""

    x: Tensor  # (batch, time, dim), contiguous
    counts: np.ndarray  # (batch), steps of each row
    output: np.ndarray  # (batch, time, state), both directions side by side
    initial: States
    final: States

    def chunks(self, width: int) -> "Iterator[Batch]":
        """The batch in parts that the processor's cache holds; `width` numbers are made of each step."""
        rows = max(1, TOGETHER // (self.x.shape[1] * width))
        for start in range(0, len(self.x), rows):
            here = slice(start, start + rows)
            states = (
                {name: np.ascontiguousarray(state[:, here]) for name, state in kept.items()}
                for kept in (self.initial, self.final)
            )
            yield Batch(self.x[here], self.counts[here], self.output[here], *states)


@dataclass(slots=True)
class Rows:
    """What was found: arrays of all rows by site, and how far off each row is."""

    counts: np.ndarray
    arrays: dict[str, np.ndarray] = field(default_factory=dict)  # (batch, [time,] ...)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of one row
    differences: np.ndarray = field(default_factory=lambda: np.zeros(0))  # (batch); NaN where not finite

    def sound(self, row: int) -> bool:
        """Whether a row is within the tolerance as it stands."""
        return bool(self.differences[row] <= limits.TOLERANCE)

    def recording(self, row: int, cell: cells.Definition) -> Recording:
        """One row, without its padding. Its arrays are views: nothing is copied."""
        steps = int(self.counts[row])
        arrays = {
            name: array[row, :steps] if len(self.axes[name]) > 1 else array[row]
            for name, array in self.arrays.items()
        }
        return Recording(arrays, dict(self.axes), {"encoder": cell}, float(self.differences[row]))


@np.errstate(all="ignore")  # what is not finite is found by looking
def record_rows(stack: TorchStack, batch: Batch, keep: frozenset[str] | None = None) -> Rows:
    """Record all rows of a batch.

    Parameters
    ----------
    stack
        The module that computed it.
    batch
        What it read and returned.
    keep
        Sites to keep; all of them when left out.
    """
    rows = Rows(batch.counts, differences=np.zeros(len(batch.counts)))
    cell, layers, directions = stack.definition(), stack.layers, stack.directions
    padding = np.arange(batch.x.shape[1]) >= batch.counts[:, np.newaxis]  # (batch, time)
    order = _backwards(batch.counts, batch.x.shape[1]) if directions > 1 else None
    x = batch.x
    for layer in range(layers):
        told = np.split(batch.output, directions, axis=2) if layer == layers - 1 else [None] * directions
        sides = []
        for direction, hidden in enumerate(told):
            row = layer * directions + direction
            one = _Side(
                stack,
                layer,
                cell,
                order if direction else None,
                padding,
                {name: state[row] for name, state in batch.initial.items()},
                # Of the last layer the hidden state is the output itself: its last row says nothing new.
                {name: state[row] for name, state in batch.final.items()},
            )
            values = one.values(x, hidden)
            rows.differences = np.maximum(rows.differences, one.difference)
            _, axes = site_names(cell.names, "encoder", layer, direction == 1, "time")
            initial = (one.initial[name] for name in cells.STATES if name in cell.names)
            found = dict(zip(axes, (x.numpy(), *initial, *values.values()), strict=True))
            kept = [site for site in found if keep is None or site in keep]
            rows.arrays.update({site: found[site] for site in kept})
            rows.axes.update({site: axes[site] for site in kept})
            sides.append(values["hidden"])
            del values, found
        if layer < layers - 1:
            x = torch.from_numpy(sides[0] if directions == 1 else np.concatenate(sides, axis=2))
    return rows


def _backwards(counts: np.ndarray, steps: int) -> np.ndarray:
    """For each row, which step is read first, second, ...; padding keeps its place. Its own inverse."""
    step = np.arange(steps)
    turned = counts[:, np.newaxis] - 1 - step
    return np.where(turned >= 0, turned, step)


@dataclass(slots=True)
class _Side:
    """One layer read in one direction, in the order of reading."""

    stack: TorchStack
    layer: int
    cell: cells.Definition
    order: np.ndarray | None  # from reading order to time and back; None: it reads as time runs
    padding: np.ndarray  # (batch, time)
    initial: dict[str, np.ndarray]  # each (batch, unit)
    final: dict[str, np.ndarray]
    difference: np.ndarray = field(default_factory=lambda: np.zeros(0))  # (batch)

    def values(self, x: Tensor, hidden: np.ndarray | None) -> dict[str, np.ndarray]:
        """All equations, each (batch, time, unit), in the order of time; the hidden states as recorded."""
        weights = self.stack.weights(self.layer, self.order is not None)
        read = x if self.order is None else torch.from_numpy(self._turned(x.numpy()))
        if hidden is None:
            hidden = self.stack.rows(self.layer, read, self.initial, reverse=self.order is not None)
        else:
            hidden = np.ascontiguousarray(hidden) if self.order is None else self._turned(hidden)
        if self.padding.any():
            hidden[self.padding] = 0  # nothing that is made of it may overflow
        previous = np.concatenate((self.initial["hidden"][:, np.newaxis], hidden[:, :-1]), axis=1)
        found = self._equations(weights, read, previous)
        self.difference = self._distance(found, hidden)
        found["hidden"] = hidden
        if self.order is not None:
            found = {name: self._turned(value) for name, value in found.items()}
        return found

    def _turned(self, array: np.ndarray) -> np.ndarray:
        assert self.order is not None
        return np.take_along_axis(array, self.order[..., np.newaxis], axis=1)

    def _equations(
        self, weights: Mapping[str, Tensor], x: Tensor, previous: np.ndarray
    ) -> dict[str, np.ndarray]:
        batch, steps = x.shape[:2]
        gates, before = len(self.cell.gates), previous.reshape(batch * steps, -1)
        from_input = from_state = products(
            x.reshape(batch * steps, -1), weights["W_i"], weights.get("b_i"), gates, False
        )
        if self.cell.reads_state:
            from_state = products(torch.from_numpy(before), weights["W_h"], weights.get("b_h"), gates, False)
        extra = {name: weights[name].detach().numpy() for name in self.cell.extra}

        def scanned(slope: np.ndarray, offset: np.ndarray) -> np.ndarray:
            return _scan(slope, offset, self.initial["cell"], steps)

        if "cell" in self.initial:
            values = self.cell.on_sequence(from_input, from_state, before, None, scanned, **extra)
        else:
            values = self.cell.on_known(from_input, from_state, before, None, **extra)
        found = {
            name: value.reshape(batch, steps, -1) for name, value in zip(self.cell.names, values, strict=True)
        }
        # One look at all of them, as `gate_values` does: where a sum is not finite, `layers` finds the place.
        squares = float(np.vdot(from_input, from_input)) + float(np.vdot(from_state, from_state))
        if not math.isfinite(squares):
            found["hidden"] = np.full_like(found["hidden"], np.nan)
        return found

    def _distance(self, found: dict[str, np.ndarray], hidden: np.ndarray) -> np.ndarray:
        """The largest difference of each row, (batch)."""
        apart = found["hidden"] - hidden  # not in place: the hidden state of a plain RNN is its candidate
        np.abs(apart, apart)
        if self.padding.any():
            apart[self.padding] = 0
        worst = apart.max(axis=(1, 2))
        rows, last = np.arange(len(hidden)), (~self.padding).sum(axis=1) - 1
        for name, state in self.final.items():
            worst = np.maximum(worst, np.abs(found[name][rows, last] - state).max(axis=1))
        return worst


def _scan(slope: np.ndarray, offset: np.ndarray, first: np.ndarray, steps: int) -> np.ndarray:
    """``state_t = slope_t * state_{t-1} + offset_t``, (batch * time, unit); `offset` is used up."""
    states = offset.reshape(len(first), steps, -1)
    kept = slope.reshape(states.shape)
    for step in range(steps):
        states[:, step] += kept[:, step] * first
        first = states[:, step]
    return offset
