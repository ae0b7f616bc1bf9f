"""Some steps of a trace as a trace of their own: the states at its edges are those of the whole."""

from collections.abc import Iterator
from dataclasses import replace

from rnnviz_core.errors import TraceError
from rnnviz_core.languages import _

from .trace import Trace


def window(trace: Trace, first: int, end: int, axis: str = "time") -> Trace:
    """The steps from `first` to the one before `end`.

    What was computed on all steps stays as it is: the state before the first step shown is that of the step
    before it (of a layer read backwards, the one after the last).

    Raises
    ------
    TraceError
        When there are no such steps.
    """
    steps = len(trace.tokens.get(axis, ()))
    if not 0 <= first < end <= steps:
        raise TraceError(
            _(
                "the trace has the steps 0 to {end}; there is no window {first} to {last}",
                end=steps - 1,
                first=first,
                last=end - 1,
            )
        )
    if (first, end) == (0, steps):
        return trace
    along = slice(first, end)
    arrays = {
        name: trace[name][along].copy() if trace.axes[name][:1] == (axis,) else trace[name] for name in trace
    }
    for name, state, place in _edges(trace, axis, first, end):
        if 0 <= place < steps:
            arrays[name] = trace[state][place].copy()
    return replace(
        trace,
        tokens={**trace.tokens, axis: trace.tokens[axis][along]},
        arrays=arrays,
        axes=dict(trace.axes),
        labels=dict(trace.labels),
    )


def _edges(trace: Trace, axis: str, first: int, end: int) -> Iterator[tuple[str, str, int]]:
    """Each first state, the states that it continues, and which of them it is."""
    for name in trace:
        place, _, word = name.rpartition(".")
        state = f"{place}.{word.removeprefix('initial_')}"
        if word.startswith("initial_") and trace.axes.get(state, ())[:1] == (axis,):
            yield name, state, end if place.endswith(".reverse") else first - 1
