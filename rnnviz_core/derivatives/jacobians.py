"""The Jacobians of a recorded layer, and how far a change of one step's state reaches."""

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz_core.cells.jacobian import Step
from rnnviz_core.models.network import Network
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing.trace import Trace, layer_site

from .closed import steps_of

BUDGET = 4e10  # multiplications that `pairs` spends: about two seconds of one processor


def jacobians(model: Network, trace: Trace, part: str, layer: int, *, reverse: bool = False) -> Step:
    """The Jacobians of every step of a recorded layer, in double precision and in the order of reading.

    Parameters
    ----------
    model, trace
        A network and its recording.
    part, layer, reverse
        Which layer, and in which direction.
    """
    cell = trace.definition(part)
    found = stack_of(model.stacks()[part]).weights(layer, reverse)
    weights = {name: weight.detach().double() for name, weight in found.items()}

    def read(name: str) -> np.ndarray:
        array = trace[layer_site(part, layer, name, reverse=reverse)].astype(np.float64)
        return array[::-1] if reverse and array.ndim > 1 else array

    states = {name: np.ascontiguousarray(read(name)) for name in cell.states}
    initial = {name: read(f"initial_{name}") for name in cell.states}
    x = torch.from_numpy(np.ascontiguousarray(read("layer_input")))
    return steps_of(cell, weights, x, states, initial)


@dataclass(frozen=True)
class Pairs:
    """How a change of the state after one step arrives at another.

    Attributes
    ----------
    gains
        (steps, steps), row t, column s <= t in the order of reading: the root mean square of the length of
        the change at t, for a change of length 1 at s in a random direction. 1 at t = s, NaN where t < s.
    first
        The step of row and column 0: 0, or the first one that the budget reaches back to.
    """

    gains: np.ndarray
    first: int


def pairs(step: Step, state: str = "hidden", *, budget: float = BUDGET) -> Pairs:
    """``|d state_t / d state_s|`` for every pair of steps, as the Frobenius norm over the root of the width.

    Of a long text in a wide layer only the last steps are looked at, as many as `budget` reaches.
    """
    size, width = _sizes(step)[state]
    every = sum(units for _, units in _sizes(step).values())
    count = min(step.steps, max(2, int(np.sqrt(2 * budget / (every * every * width)))))
    first = step.steps - count
    gains = np.full((count, count), np.nan)
    reached = np.zeros((count, every, width))
    for row in range(count):
        if row:
            reached[:row] = np.matmul(step.whole(first + row), reached[:row])
        reached[row, size : size + width] = np.eye(width)
        own = reached[: row + 1, size : size + width]
        gains[row, : row + 1] = np.sqrt(np.einsum("tuw,tuw->t", own, own) / width)
    return Pairs(gains, first)


def _sizes(step: Step) -> dict[str, tuple[int, int]]:
    """Where each state begins among all, and how many numbers it has."""
    found, start = {}, 0
    for state in step.states:
        width = step.width(state)
        found[state] = (start, width)
        start += width
    return found
