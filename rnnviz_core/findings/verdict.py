"""What a classifier answered: where the verdict turned, how clear it is, and which unit decided it."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.tokens import entropy, step_texts
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import median, names, number, percent, printed, sentence

# Lead of the answer. Another seed of a recipe moves probabilities by some hundredths: below a tenth the
# answer may turn. Above a half the answer has more than all other classes together.
CLOSE, CLEAR = 0.1, 0.5
JUMPED = 0.25  # of the probability, moved by one token: more than a class of five has at equal shares
DECIDES = 3.0  # times the median unit's part of the lead
PART = 0.1  # of the lead: what is less than a tenth decides nothing


def found(trace: Trace) -> Iterator[Finding]:
    """All findings on a verdict."""
    if "readout.prefix_probabilities" in trace:
        yield from turn(trace)
        yield from jump(trace)
    if "class" in trace.labels and "readout.probabilities" in trace:
        yield from choice(trace)
        yield from decisive_unit(trace)


def _at(trace: Trace, step: int) -> Where:
    return Where("softmax", "verdicts", "encoder", step, step_texts(trace, "encoder")[step])


def last_turn(trace: Trace) -> int | None:
    """The step at which the verdict took its final class for good; None where it never changed."""
    best = trace["readout.prefix_probabilities"].argmax(1)
    turns = np.flatnonzero(np.diff(best)) + 1
    return int(turns[-1]) if len(turns) else None


def turn(trace: Trace) -> Iterator[Finding]:
    """The token at which the verdict turned for the last time; or that it never did."""
    shares, classes = trace["readout.prefix_probabilities"].astype(np.float64), trace.labels["class"]
    tokens, best = names(trace, "encoder"), shares.argmax(1)
    if len(tokens) < 2:
        return
    step = last_turn(trace)
    if step is None:
        low = int(shares[:, best[0]].argmin())
        lowest = shares[low, best[0]]
        said = f"the verdict is {classes[best[0]]} after every token, never below {percent(lowest)}"
        yield Finding("steady", sentence(said), {"lowest": lowest}, _at(trace, low), 0.5, (low,))
        return
    was, became = int(best[step - 1]), int(best[step])
    before, after = float(shares[step - 1, was]), float(shares[step, became])
    said = (
        f"the verdict turned at {tokens[step]}: {classes[was]} {percent(before)} before it, "
        f"{classes[became]} {percent(after)} after"
    )
    numbers: dict[str, float] = {"before": before, "after": after}
    turns = int((np.diff(best) != 0).sum())
    if turns > 1:
        said += f", the last of {turns} turns"
        numbers["turns"] = turns
    yield Finding("turn", sentence(said), numbers, _at(trace, step), 0.95, (step,))


def moved(trace: Trace) -> np.ndarray:
    """How much probability changed its class at each step but the first, (steps - 1)."""
    shares = trace["readout.prefix_probabilities"].astype(np.float64)
    found: np.ndarray = np.abs(np.diff(shares, axis=0)).sum(1) / 2
    return found


def jump(trace: Trace) -> Iterator[Finding]:
    """The token that moved most probability from class to class, where it is not the one that turned it."""
    changes = moved(trace)
    if not len(changes) or changes.max() < JUMPED:
        return
    step = int(changes.argmax()) + 1
    if step == last_turn(trace):
        return
    shares, classes = trace["readout.prefix_probabilities"].astype(np.float64), trace.labels["class"]
    gains = shares[step] - shares[step - 1]
    gained = int(gains.argmax())
    said = (
        f"{names(trace, 'encoder')[step]} moved {percent(changes.max())} of the probability, more than any "
        f"other token: {classes[gained]} rose from {percent(shares[step - 1, gained])} to "
        f"{percent(shares[step, gained])}"
    )
    numbers = {"moved": changes.max(), "before": shares[step - 1, gained], "after": shares[step, gained]}
    yield Finding("jump", sentence(said), numbers, _at(trace, step), 0.5 + 0.3 * changes.max(), (step,))


def choice(trace: Trace) -> Iterator[Finding]:
    """The two most probable classes, and how far apart they are."""
    shares, classes = trace["readout.probabilities"].astype(np.float64), trace.labels["class"]
    first, second = (int(place) for place in np.argsort(-shares, kind="stable")[:2])
    lead, bits = shares[first] - shares[second], float(entropy(trace["readout.probabilities"]))
    one, other = (f"{classes[place]} {percent(shares[place], 1)}" for place in (first, second))
    if lead < CLOSE:
        said, strength = f"a close call: {one}, {other}", 0.85
    elif lead > CLEAR:
        said, strength = f"a clear verdict: {one}, next {other}", 0.5
    else:
        said, strength = f"the verdict is {one}, next {other}", 0.4
    said += f"; entropy {number(bits)} of at most {number(np.log2(len(shares)))} bits"
    numbers = {"first": shares[first], "second": shares[second], "lead": lead, "entropy": bits}
    numbers["most"] = float(np.log2(len(shares)))
    yield Finding("choice", sentence(said), numbers, Where("softmax", "classes"), strength)


def decisive_unit(trace: Trace) -> Iterator[Finding]:
    """The unit that speaks most for the answer and against the class that comes next."""
    logits, classes = trace["readout.logits"].astype(np.float64), trace.labels["class"]
    first, second = (int(place) for place in np.argsort(-logits, kind="stable")[:2])
    terms = trace["readout.terms"].astype(np.float64)
    parts = terms[first] - terms[second]
    unit, lead = int(parts.argmax()), float(logits[first] - logits[second])
    if len(parts) < 2 or parts[unit] < max(DECIDES * median(np.abs(parts)), PART * lead):
        return
    against = int(parts.argmin())
    said = (
        f"unit {unit} does most for {classes[first]} against {classes[second]}: "
        f"{printed(parts[unit], '+.2f')} in a lead of {number(lead)} logits"
    )
    numbers: dict[str, float] = {"unit": unit, "part": parts[unit], "lead": lead}
    if parts[against] < 0:
        said += f"; unit {against} most against it, {printed(parts[against], '+.2f')}"
        numbers |= {"unit_against": against, "part_against": parts[against]}
    yield Finding("decisive_unit", sentence(said), numbers, Where("softmax", "terms", unit=unit), 0.4)
