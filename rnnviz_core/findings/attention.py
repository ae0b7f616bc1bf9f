"""What attention pooling looked at, what it added to the verdict, and what equal weights would have said."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.context import keys
from rnnviz_core.frames.tokens import entropy, step_texts
from rnnviz_core.languages import _, terms
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import names, number, percent, printed, sentence

HEAVY = 2.0  # times an equal share: below it the weights differ less than the number of words does
EVEN = 0.8  # of the tokens: as spread out as equal weights over four fifths of them
ADDS = 2.0  # times the mean token's part of the logit


def findings(trace: Trace) -> Iterator[Finding]:
    """All findings on one look over the text."""
    weights = trace["attention.weights"].astype(np.float64)
    if weights.ndim != 1 or len(weights) < 2:
        return
    yield from heaviest(trace, weights)
    yield from spread(trace, weights)
    if "readout.terms" in trace and (output := output_weights(trace)) is not None:
        yield from added(trace, weights, output)
        yield from evenly(trace, output)


def output_weights(trace: Trace) -> np.ndarray | None:
    """The output layer's weights (class, unit), from the recorded terms; None where a number read is zero."""
    vector = trace["readout.vector"].astype(np.float64)
    if not vector.all():
        return None
    weights: np.ndarray = trace["readout.terms"].astype(np.float64) / vector
    return weights


def heaviest(trace: Trace, weights: np.ndarray) -> Iterator[Finding]:
    """The token with the largest weight, where it is well above an equal share."""
    step, count = int(weights.argmax()), len(weights)
    if weights[step] * count < HEAVY:
        return
    said = _(
        "{token} got most attention, {share} (an equal share is {equal})",
        token=names(trace, "encoder")[step],
        share=percent(weights[step]),
        equal=percent(1 / count),
    )
    if trace.reverses("encoder"):
        said = _("{claim}; its state also holds what stands before and after it", claim=said)
    elif step:
        said = _("{claim}; its state also holds what was read before it", claim=said)
    where = Where("attention", "weights", "encoder", step, step_texts(trace, "encoder")[step])
    numbers = {"weight": weights[step], "equal": 1 / count}
    yield Finding("heaviest", sentence(said), numbers, where, 0.6 + 0.3 * weights[step], (step,))


def spread(trace: Trace, weights: np.ndarray) -> Iterator[Finding]:
    """How even the weights are, where they are nearly equal or fall on less than half of the tokens."""
    bits, count = float(entropy(weights)), len(weights)
    alike = 2**bits
    words = {"alike": printed(alike, ".1f"), "count": count, "entropy": number(bits)}
    if alike >= EVEN * count:
        strength = 0.7
        said = _(
            "attention is nearly even: as spread out as equal weights over {alike} of {count} tokens "
            "(entropy {entropy} bits)",
            **words,
        )
    elif alike <= count / 2:
        strength = 0.4
        said = _(
            "attention falls on few tokens: as spread out as equal weights over {alike} of {count} tokens "
            "(entropy {entropy} bits)",
            **words,
        )
    else:
        return
    numbers: dict[str, float] = {"tokens": alike, "of": count, "entropy": bits}
    yield Finding("spread", sentence(said), numbers, Where("attention", "weights"), strength)


def added(trace: Trace, weights: np.ndarray, output: np.ndarray) -> Iterator[Finding]:
    """The tokens that add most to the answer's logit, and take most from it."""
    label = int(trace["readout.logits"].argmax())
    parts = weights * (keys(trace).astype(np.float64) @ output[label])
    most, least = int(parts.argmax()), int(parts.argmin())
    strongest = most if abs(parts[most]) >= abs(parts[least]) else least
    if abs(parts[strongest]) < ADDS * np.abs(parts).mean():
        return
    called, texts = names(trace, "encoder"), step_texts(trace, "encoder")
    name = terms.class_name(trace.labels["class"][label])
    clauses, numbers, steps = [], {}, []
    if parts[most] > 0:
        part = printed(parts[most], "+.2f")
        clauses.append(
            _(
                "{token} adds most to the logit of {class_name} ({part})",
                token=called[most],
                class_name=name,
                part=part,
            )
        )
        numbers["added"], steps = float(parts[most]), [most]
    if parts[least] < 0:
        token, part = called[least], printed(parts[least], "+.2f")
        if clauses:
            # Translators: after “… adds most to the logit of positive (+1.20);”.
            clauses.append(_("{token} takes most from it ({part})", token=token, part=part))
        else:
            clauses.append(
                _(
                    "{token} takes most from the logit of {class_name} ({part})",
                    token=token,
                    class_name=name,
                    part=part,
                )
            )
        numbers["taken"], steps = float(parts[least]), [*steps, least]
    where = Where("attention", "verdict", "encoder", strongest, texts[strongest])
    yield Finding("added", sentence("; ".join(clauses)), numbers, where, 0.5, tuple(steps))


def evenly(trace: Trace, output: np.ndarray) -> Iterator[Finding]:
    """What the verdict would be with the same weight for every token."""
    logits = keys(trace).astype(np.float64).mean(0) @ output.T + trace["readout.bias"]
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    own = trace["readout.probabilities"].astype(np.float64)
    label, other, classes = int(own.argmax()), int(shares.argmax()), trace.labels["class"]
    words = {
        "verdict": terms.class_name(classes[other]),
        "share": percent(shares[other]),
        "own_share": percent(own[label]),
    }
    if label == other:
        said = _(
            "with equal weights for all tokens the verdict would still be {verdict} ({share}; with its own "
            "weights {own_share})",
            **words,
        )
    else:
        said = _(
            "with equal weights for all tokens the verdict would be {verdict} ({share}; with its own weights "
            "{own}, {own_share})",
            own=terms.class_name(classes[label]),
            **words,
        )
    numbers = {"equal_weights": shares[other], "own_weights": own[label]}
    strength = 0.75 if label != other else 0.45
    yield Finding("evenly", sentence(said), numbers, Where("attention", "test"), strength)
