"""Detectors that look at attention: weights that sum to 1 over the steps that were read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .evidence import row
from .symptoms import Measured, Symptom

STEPS = 5  # that are read, from which attention has something to choose from
LOOKS = 5  # from which a habit can be seen
UNIFORM = 0.98  # of the entropy of equal weights
STUCK = 0.9  # of all weight on one place, on the mean
PADDED = 0.05  # of all weight on padding, on the mean


@dataclass(frozen=True)
class Looks:
    """Attention over one sequence.

    Attributes
    ----------
    weights
        (look, step), each row sums to 1.
    padded
        Which steps are padding, where that is known.
    """

    weights: np.ndarray
    padded: np.ndarray | None = None


def of_traces(rows: Sequence[Trace]) -> Iterator[Symptom | Measured]:
    """Findings on the attention of this project's networks."""
    found = [
        Looks(np.atleast_2d(trace["attention.weights"])) for trace in rows if "attention.weights" in trace
    ]
    if found:
        yield from look(found, _("attention"), {"site": "attention.weights"})


def look(found: Sequence[Looks], place: str, where: dict[str, str]) -> Iterator[Symptom | Measured]:
    """All findings on attention.

    Parameters
    ----------
    found
        A sequence each.
    place, where
        Whose weights they are, in words; and where to look.
    """
    wide = [looks for looks in found if looks.weights.shape[1] >= STEPS]
    if not wide:
        said = _("attention is looked at from {least} steps on", least=STEPS)
        yield from (
            Measured(name, said, place=place)
            for name in ("uniform attention", "attention stuck on one place")
        )
    else:
        yield from _uniform(wide, place, where)
        yield from _stuck(wide, place, where)
    yield from _padding(found, place, where)


def _uniform(found: Sequence[Looks], place: str, where: dict[str, str]) -> Iterator[Symptom | Measured]:
    shares = np.concatenate([entropies(looks.weights) for looks in found])
    least = float(shares.min())
    yield Measured(
        "uniform attention",
        _(
            "the entropy of the most decided of {count} looks is {least:.0%} of that of equal weights; all "
            "above {limit:.0%}",
            count=len(shares),
            least=least,
            limit=UNIFORM,
        ),
        (1 - UNIFORM) / max(1 - least, 1e-9) if least < UNIFORM else 1.0,
        place,
    )
    if least < UNIFORM:
        return
    first = max(found, key=lambda looks: looks.weights.shape[1])
    yield Symptom(
        "uniform attention",
        # Translators: {place} is “attention”; here and below.
        _(
            "All {count} looks of {place} weigh the steps nearly alike: the most decided has {least:.1%} of "
            "the entropy of equal weights.",
            count=len(shares),
            place=place,
            least=least,
        ),
        _("So it hands on the mean of all states, and chooses nothing. Before training it looks the same."),
        _(
            "Is it trained, and does its gradient reach it? Look at the scores: they may be too small (a "
            "scale, a saturated tanh), or the same for every step."
        ),
        "likely" if len(shares) >= LOOKS else "possible",
        least,
        {"looks": len(shares), "least": least},
        where,
        row(
            "step",
            _("Weight of each step"),
            _("mean weight"),
            first.weights.mean(0),
            limit=1 / first.weights.shape[1],
        ),
    )


def entropies(weights: np.ndarray) -> np.ndarray:
    """Of every look, as a share of that of equal weights."""
    found = weights.astype(np.float64)
    own = -(found * np.log(np.clip(found, 1e-300, None))).sum(1)
    return np.clip(own / np.log(found.shape[1]), 0.0, 1.0)


def _stuck(found: Sequence[Looks], place: str, where: dict[str, str]) -> Iterator[Symptom | Measured]:
    """One place gets nearly all the weight of many looks: in one sequence, or first or last in many."""
    best, words, shown, in_one = 0.0, "", np.zeros(0), False
    for looks in found:
        means = looks.weights.mean(0)
        if len(looks.weights) >= LOOKS and means.max() > best:
            best, shown = float(means.max()), means
            in_one = True
            words = _(
                "step {step} in all {count} looks at one sequence",
                step=int(means.argmax()),
                count=len(looks.weights),
            )
    if sum(len(looks.weights) for looks in found) >= LOOKS and len(found) >= LOOKS:
        ends = (
            _("the first step of all {count} sequences", count=len(found)),
            _("the last step of all {count} sequences", count=len(found)),
        )
        for end, at in zip(ends, (0, -1), strict=True):
            means = np.array([looks.weights[:, at].mean() for looks in found])
            if means.mean() > best:
                best, shown, words, in_one = float(means.mean()), means, end, False
    if not words:
        yield Measured(
            "attention stuck on one place",
            _("looked at from {least} looks or {least} sequences on", least=LOOKS),
            place=place,
        )
        return
    yield Measured(
        "attention stuck on one place",
        # Translators: {where} is like “the first step of all 8 sequences”.
        _(
            "{where} gets {share:.0%} of the weight on the mean; from {limit:.0%} on",
            where=words,
            share=best,
            limit=STUCK,
        ),
        best / STUCK,
        place,
    )
    if best < STUCK:
        return
    words = f"{words[:1].upper()}{words[1:]}"
    yield Symptom(
        "attention stuck on one place",
        _(
            "{where} gets {share:.1%} of the weight of {place} on the mean.",
            where=words,
            share=best,
            place=place,
        ),
        _(
            "Whatever is asked, the answer is read from there. A state that has read everything can be such "
            "a place (the last one of a sentence): then attention adds little, and is no fault."
        ),
        _(
            "Look at other inputs first. Then at the scores: one that is far above all others (an outlier, "
            "a missing mask) leaves the softmax no choice."
        ),
        "likely" if in_one else "possible",
        best,
        {"share": best},
        where,
        row(
            "step" if in_one else "position",
            _("Weight of each step") if in_one else _("Weight of that step in each sequence"),
            _("mean weight"),
            shown,
            marked=[int(shown.argmax())] if in_one else (),
            limit=STUCK,
        ),
    )


def _padding(found: Sequence[Looks], place: str, where: dict[str, str]) -> Iterator[Symptom | Measured]:
    known = [(looks, looks.padded) for looks in found if looks.padded is not None and looks.padded.any()]
    if not known:
        yield Measured(
            "attention on padding", _("no step that is attended to is known to be padding"), place=place
        )
        return
    shares = np.array([looks.weights[:, padded].sum(1).mean() for looks, padded in known])
    share = float(shares.mean())
    yield Measured(
        "attention on padding",
        f"{share:.1%} of the weight lies on padding, in {len(known)} sequences; from {PADDED:.0%} on",
        share / PADDED,
        place,
    )
    if share < PADDED:
        return
    yield Symptom(
        "attention on padding",
        f"{share:.1%} of the weight of {place} lies on steps that are padding, in {len(known)} sequences "
        "that end in "
        "it.",
        "What is handed on is mixed with states of steps that say nothing; how much depends on the longest "
        "sequence of the batch.",
        "Mask the scores before the softmax: set those of padding to minus infinity.",
        "likely",
        min(1.0, share),
        {"share": share, "sequences": len(known)},
        where,
        row("position", "Weight on padding in each sequence", "share of all weight", shares, limit=PADDED),
    )


def captured(
    found: Sequence[tuple[np.ndarray, int]], steps: int, lengths: Sequence[int] | None
) -> Iterator[Symptom | Measured]:
    """Findings on softmaxes that ran in a model, as far as they go over the steps.

    Parameters
    ----------
    found
        Weights and the axis over which they sum to 1.
    steps
        That the recurrent module read.
    lengths
        Of each sequence of the batch without its padding, where that is known.
    """
    over = [(np.moveaxis(weights, axis, -1), axis) for weights, axis in found if weights.ndim > 1]
    over = [(weights, axis) for weights, axis in over if weights.shape[-1] == steps]
    if not over:
        yield Measured("uniform attention", f"no softmax over the {steps} steps ran")
        return
    rows = len(lengths) if lengths is not None else 0
    every = []
    for weights, _axis in over:
        if rows and weights.shape[0] == rows and lengths is not None:
            places = np.arange(steps)
            every += [
                Looks(one.reshape(-1, steps), places >= length)
                for one, length in zip(weights, lengths, strict=True)
            ]
        else:
            every += [Looks(one.reshape(-1, steps)) for one in weights]
    yield from look(every, f"a softmax over {steps} numbers, as many as there are steps,", {})
