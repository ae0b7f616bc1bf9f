"""A recurrence that is a multiple of the last state plus something else, for all steps at once."""

import numpy as np

_TOGETHER = 128  # steps that are doubled together: what the processor's cache holds


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
