"""What a page looks at before anybody has chosen: a token that matters, and the unit that matters there."""

import numpy as np

from rnnviz_core.tracing.trace import Trace

from .gates import previous
from .layer import Layer
from .tokens import axis_of, is_punctuation, shown

VERDICTS = "readout.prefix_probabilities"


def step(trace: Trace, part: str) -> int:
    """The step of `part` at which most happened: where the verdict moved most, else the state.

    The first step and punctuation come into question only where a text has nothing else: every state moves
    away from zero at its first step, and a full stop is no place to begin to look.
    """
    moved = _moved(trace, part)
    ranked = np.argsort(-moved, kind="stable")
    words = [at for at in ranked if not _is_punctuation(trace, part, at)]
    return int(([at for at in words if at] or words or list(ranked))[0])


def unit(trace: Trace, place: Layer, position: int, state: str = "hidden") -> int:
    """The unit whose state changed most at one step."""
    change = trace[place.site(state)][position] - previous(trace, place, state, position)
    return int(np.abs(change).argmax())


def _moved(trace: Trace, part: str) -> np.ndarray:
    """How much each step changed: the share of the probability that moved, or how far the state did."""
    if part == "encoder" and VERDICTS in trace and len(trace[VERDICTS]) > 1:
        return np.abs(np.diff(trace[VERDICTS], axis=0, prepend=trace[VERDICTS][:1])).sum(1) / 2
    if not trace.layers(part):  # a bag of words that read one token
        return np.zeros(len(trace[f"{part}.embedding"]))
    place = Layer(part, trace.layers(part) - 1)
    states = trace[place.site("hidden")]
    return np.linalg.norm(np.diff(states, axis=0, prepend=trace[place.site("initial_hidden")][None]), axis=1)


def _is_punctuation(trace: Trace, part: str, at: int) -> bool:
    """Whether a step reads (a decoder: writes) nothing but punctuation, a blank or the mark of an end."""
    tokens = trace.tokens.get(trace.time_axis(part), ())
    if not tokens or axis_of(trace, part) == "numbers":
        return False
    return is_punctuation(shown(tokens[at].text))
