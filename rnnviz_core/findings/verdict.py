"""What a classifier answered: where the verdict turned, how clear it is, and which unit decided it."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.tokens import entropy, step_texts
from rnnviz_core.languages import _, terms
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import median, names, number, percent, printed, sentence

# Lead of the answer. Another seed of a recipe moves probabilities by some hundredths: below a tenth the
# answer may turn. Above a half the answer has more than all other classes together.
CLOSE, CLEAR = 0.1, 0.5
JUMPED = 0.25  # of the probability, moved by one token: more than a class of five has at equal shares
DECIDES = 3.0  # times the median unit's part of the lead
PART = 0.1  # of the lead: what is less than a tenth decides nothing


def findings(trace: Trace) -> Iterator[Finding]:
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


def _classes(trace: Trace) -> list[str]:
    """The classes as a claim calls them."""
    return [terms.class_name(name) for name in trace.labels["class"]]


def turn(trace: Trace) -> Iterator[Finding]:
    """The token at which the verdict turned for the last time; or that it never did."""
    shares, classes = trace["readout.prefix_probabilities"].astype(np.float64), _classes(trace)
    tokens, best = names(trace, "encoder"), shares.argmax(1)
    if len(tokens) < 2:
        return
    step = last_turn(trace)
    if step is None:
        low = int(shares[:, best[0]].argmin())
        lowest = shares[low, best[0]]
        said = _(
            "the verdict is {class_name} after every token, never below {share}",
            class_name=classes[best[0]],
            share=percent(lowest),
        )
        yield Finding("steady", sentence(said), {"lowest": lowest}, _at(trace, low), 0.5, (low,))
        return
    was, became = int(best[step - 1]), int(best[step])
    before, after = float(shares[step - 1, was]), float(shares[step, became])
    words = {
        "token": tokens[step],
        "was": classes[was],
        "before": percent(before),
        "became": classes[became],
        "after": percent(after),
    }
    numbers: dict[str, float] = {"before": before, "after": after}
    turns = int((np.diff(best) != 0).sum())
    if turns > 1:
        said = _(
            "the verdict turned at {token}: {was} {before} before it, {became} {after} after, the last of "
            "{turns} turns",
            turns=turns,
            **words,
        )
        numbers["turns"] = turns
    else:
        said = _("the verdict turned at {token}: {was} {before} before it, {became} {after} after", **words)
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
    shares, classes = trace["readout.prefix_probabilities"].astype(np.float64), _classes(trace)
    gains = shares[step] - shares[step - 1]
    gained = int(gains.argmax())
    said = _(
        "{token} moved {share} of the probability, more than any other token: {class_name} rose from "
        "{before} to {after}",
        token=names(trace, "encoder")[step],
        share=percent(changes.max()),
        class_name=classes[gained],
        before=percent(shares[step - 1, gained]),
        after=percent(shares[step, gained]),
    )
    numbers = {"moved": changes.max(), "before": shares[step - 1, gained], "after": shares[step, gained]}
    yield Finding("jump", sentence(said), numbers, _at(trace, step), 0.5 + 0.3 * changes.max(), (step,))


def choice(trace: Trace) -> Iterator[Finding]:
    """The two most probable classes, and how far apart they are."""
    shares, classes = trace["readout.probabilities"].astype(np.float64), _classes(trace)
    first, second = (int(place) for place in np.argsort(-shares, kind="stable")[:2])
    lead, bits = shares[first] - shares[second], float(entropy(trace["readout.probabilities"]))
    words = {
        "first": f"{classes[first]} {percent(shares[first], 1)}",
        "second": f"{classes[second]} {percent(shares[second], 1)}",
        "entropy": number(bits),
        "most": number(np.log2(len(shares))),
    }
    # Translators: {first} and {second} are like “positive 81.3 %”.
    if lead < CLOSE:
        said = _("a close call: {first}, {second}; entropy {entropy} of at most {most} bits", **words)
        strength = 0.85
    elif lead > CLEAR:
        said = _("a clear verdict: {first}, next {second}; entropy {entropy} of at most {most} bits", **words)
        strength = 0.5
    else:
        said = _("the verdict is {first}, next {second}; entropy {entropy} of at most {most} bits", **words)
        strength = 0.4
    numbers = {"first": shares[first], "second": shares[second], "lead": lead, "entropy": bits}
    numbers["most"] = float(np.log2(len(shares)))
    yield Finding("choice", sentence(said), numbers, Where("softmax", "classes"), strength)


def decisive_unit(trace: Trace) -> Iterator[Finding]:
    """The unit that speaks most for the answer and against the class that comes next."""
    logits, classes = trace["readout.logits"].astype(np.float64), _classes(trace)
    first, second = (int(place) for place in np.argsort(-logits, kind="stable")[:2])
    terms = trace["readout.terms"].astype(np.float64)
    parts = terms[first] - terms[second]
    unit, lead = int(parts.argmax()), float(logits[first] - logits[second])
    if len(parts) < 2 or parts[unit] < max(DECIDES * median(np.abs(parts)), PART * lead):
        return
    against = int(parts.argmin())
    said = _(
        "unit {unit} does most for {first} against {second}: {part} in a lead of {lead} logits",
        unit=unit,
        first=classes[first],
        second=classes[second],
        part=printed(parts[unit], "+.2f"),
        lead=number(lead),
    )
    numbers: dict[str, float] = {"unit": unit, "part": parts[unit], "lead": lead}
    if parts[against] < 0:
        # Translators: before it: “unit 3 does most for positive …”.
        said = _(
            "{claim}; unit {unit} most against it, {part}",
            claim=said,
            unit=against,
            part=printed(parts[against], "+.2f"),
        )
        numbers |= {"unit_against": against, "part_against": parts[against]}
    yield Finding("decisive_unit", sentence(said), numbers, Where("softmax", "terms", unit=unit), 0.4)
