"""The two checks: the step loop against the recorded states, autograd against the closed form."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.cells.equations import Definition
from rnnviz_core.errors import TraceError
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .closed import backwards, steps_of
from .loop import Call

EXACT = 1e-8  # largest difference between autograd and the closed form, relative; above it: TraceError
Derivatives = Callable[[Sequence[Tensor]], np.ndarray]  # nodes -> the derivatives by them, a row for each


def compare(
    trace: Trace, calls: Sequence[Call], derivatives: Derivatives, *, same: bool, closed: bool
) -> tuple[dict[str, float | None], dict[str, list[np.ndarray]]]:
    """Both differences, and what comes to the hidden states from outside of their layer's recurrence.

    Parameters
    ----------
    trace
        The recording.
    calls
        The runs of the step loop, in the order of computing.
    derivatives
        What autograd found.
    same
        Whether the loop ran with the weights of the recording, so that their states are the same.
    closed
        Whether the number depends on the states as such; a gate's own derivatives are not part of a Jacobian.

    Returns
    -------
    tuple
        ``states`` and ``closed_form`` (None where a cell has no closed form); for the place of each layer and
        direction arrays of (time, unit), to be joined.

    Raises
    ------
    TraceError
        When one of the two is above its limit.
    """
    apart, wrong = 0.0, 0.0
    direct: dict[str, list[np.ndarray]] = {}
    started: dict[str, int] = {}
    known = closed and bool(calls) and all(trace.definition(call.part).jacobian for call in calls)
    for call in calls:
        states = {name: node.detach().numpy() for name, node in call.shown.items()}
        start = started.get(call.place, 0)
        started[call.place] = start + len(call.x)
        if same:
            apart = max(apart, _states_apart(trace, call, start, states))
        totals = {name: derivatives(row).reshape(len(row), -1) for name, row in call.states.items()}
        outside = {name: derivatives([node]).copy() for name, node in call.shown.items()}
        for name, end in call.final.items():
            outside[name][-1] += derivatives([end])
        hidden = outside["hidden"]
        direct.setdefault(call.place, []).append(hidden[::-1] if call.reverse else hidden)
        if known:
            before = {name: derivatives([node]) for name, node in call.initial.items()}
            cell = trace.definition(call.part)
            wrong = max(wrong, _closed_apart(cell, call, states, outside, {**totals}, before))
    if not wrong <= EXACT:
        raise TraceError(
            _(
                "the gradient of autograd and that of the closed form differ by {difference:.3g} of the "
                "largest; the limit is {limit:g}",
                difference=wrong,
                limit=EXACT,
            )
        )
    return {"states": apart, "closed_form": wrong if known else None}, direct


def _states_apart(trace: Trace, call: Call, start: int, states: dict[str, np.ndarray]) -> float:
    """The largest difference between the loop's states and those recorded, rows from `start` on."""
    worst = 0.0
    for name, own in states.items():
        recorded = trace[f"{call.place}.{name}"][start : start + len(own)]
        difference = float(np.abs((own[::-1] if call.reverse else own) - recorded).max())
        allowed = limits.TOLERANCE * max(1.0, float(np.abs(recorded).max()))
        if not difference <= allowed:
            raise TraceError(
                _(
                    "{place}.{name} computed step by step in double precision differs by {difference:.3g} "
                    "from what was recorded; the limit is {limit:.3g}: rounding grows in this network",
                    place=call.place,
                    name=name,
                    difference=difference,
                    limit=allowed,
                )
            )
        worst = max(worst, difference)
    return worst


def _closed_apart(cell: Definition, call: Call, states: Any, outside: Any, totals: Any, before: Any) -> float:
    """The largest difference between autograd's gradient by the states and the closed form's, relative."""
    x = call.x.flip(0) if call.reverse else call.x
    initial = {name: node.detach().numpy() for name, node in call.initial.items()}
    step = steps_of(cell, call.weights, x, states, initial)
    found, start = backwards(step, outside)
    for block in cell.within:  # the hidden state of a step reads its cell: autograd counts that way, too
        given = found[block.new.name]
        if block.left:
            given = given @ call.weights[block.left.name].detach().numpy()
        found[block.old.name] = found[block.old.name] + given * step.slope(block)
    pairs = [(found[name], totals[name]) for name in totals] + [
        (start[name], before[name]) for name in before
    ]
    largest = max(float(np.abs(own).max()) for _, own in pairs)
    return max(float(np.abs(other - own.reshape(other.shape)).max()) for other, own in pairs) / (
        largest or 1.0
    )
