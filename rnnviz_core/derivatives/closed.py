"""The same derivatives from the closed-form Jacobians of each step: the check on autograd, and more of them.

Here nothing is differentiated: the formulas of `Definition.jacobian` are evaluated on the gates, and chained.
"""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from rnnviz_core.cells import equations as cells
from rnnviz_core.cells.jacobian import Step
from rnnviz_core.models.stacks import starts_before
from rnnviz_core.tracing.layers import gate_values

Arrays = Mapping[str, np.ndarray]


def steps_of(
    cell: cells.Definition, weights: Mapping[str, Tensor], x: Tensor, states: Arrays, initial: Arrays
) -> Step:
    """The Jacobians of every step of a sequence, in the order of reading.

    Parameters
    ----------
    cell, weights
        A definition that has a `jacobian`, and its weights in double precision.
    x
        (time, dim), what the layer read.
    states, initial
        After every step, (time, unit), and before the first one, (unit,).
    """
    plain = {name: weight.detach() for name, weight in weights.items()}
    values = gate_values(cell, plain, x.detach(), states, initial)
    before = {f"previous_{name}": starts_before(states[name], initial[name], False) for name in states}
    arrays = {name: weight.detach().numpy() for name, weight in weights.items()}
    rows = tuple(f"W_h{gate.rows}" for gate in cell.gates)
    return Step(cell.jacobian, rows, {**values, **states, **before, **arrays})


def backwards(step: Step, direct: Arrays) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Chain the transposed Jacobians from the last step to the first.

    Parameters
    ----------
    step
        Of a sequence.
    direct
        What comes to the states of each step from outside of the recurrence, (time, unit) each.

    Returns
    -------
    tuple
        The derivative by the states that each step hands on, (time, unit) each, and by the initial states.
        For a cell state it leaves out the way through the hidden state of its own step.
    """
    now = {name: np.zeros_like(direct[name][0]) for name in step.states}
    found = {name: np.empty_like(direct[name]) for name in step.states}
    for at in range(step.steps - 1, -1, -1):
        for name in step.states:
            now[name] = found[name][at] = now[name] + direct[name][at]
        now = step.back(at, now)
    return found, now
