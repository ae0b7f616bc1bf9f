"""Detectors that look at attention: weights that sum to 1 over the steps that were read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

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
        yield from look(found, "attention", {"site": "attention.weights"})


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
        said = f"attention is looked at from {STEPS} steps on"
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
        f"the entropy of the most decided of {len(shares)} looks is {least:.0%} of that of equal "
        "weights; all above "
        f"{UNIFORM:.0%}",
        (1 - UNIFORM) / max(1 - least, 1e-9) if least < UNIFORM else 1.0,
        place,
    )
    if least < UNIFORM:
        return
    first = max(found, key=lambda looks: looks.weights.shape[1])
    yield Symptom(
        "uniform attention",
        f"All {len(shares)} looks of {place} weigh the steps nearly alike: the most decided has "
        f"{least:.1%} of the "
        "entropy of equal weights.",
        "So it hands on the mean of all states, and chooses nothing. Before training it looks the same.",
        "Is it trained, and does its gradient reach it? Look at the scores: they may be too small (a "
        "scale, a "
        "saturated tanh), or the same for every step.",
        "likely" if len(shares) >= LOOKS else "possible",
        least,
        {"looks": len(shares), "least": least},
        where,
        row(
            "step",
            "Weight of each step",
            "mean weight",
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
    best, words, shown = 0.0, "", np.zeros(0)
    for looks in found:
        means = looks.weights.mean(0)
        if len(looks.weights) >= LOOKS and means.max() > best:
            best, shown = float(means.max()), means
            words = f"step {int(means.argmax())} in all {len(looks.weights)} looks at one sequence"
    if sum(len(looks.weights) for looks in found) >= LOOKS and len(found) >= LOOKS:
        for name, at in (("first", 0), ("last", -1)):
            means = np.array([looks.weights[:, at].mean() for looks in found])
            if means.mean() > best:
                best, shown, words = (
                    float(means.mean()),
                    means,
                    f"the {name} step of all {len(found)} sequences",
                )
    if not words:
        yield Measured(
            "attention stuck on one place",
            f"looked at from {LOOKS} looks or {LOOKS} sequences on",
            place=place,
        )
        return
    yield Measured(
        "attention stuck on one place",
        f"{words} gets {best:.0%} of the weight on the mean; from {STUCK:.0%} on",
        best / STUCK,
        place,
    )
    if best < STUCK:
        return
    in_one = words.startswith("step")
    yield Symptom(
        "attention stuck on one place",
        f"{words[:1].upper()}{words[1:]} gets {best:.1%} of the weight of {place} on the mean.",
        "Whatever is asked, the answer is read from there. A state that has read everything can be such "
        "a place "
        "(the last one of a sentence): then attention adds little, and is no fault.",
        "Look at other inputs first. Then at the scores: one that is far above all others (an outlier, a "
        "missing "
        "mask) leaves the softmax no choice.",
        "likely" if in_one else "possible",
        best,
        {"share": best},
        where,
        row(
            "step" if in_one else "position",
            "Weight of each step" if in_one else "Weight of that step in each sequence",
            "mean weight",
            shown,
            marked=[int(shown.argmax())] if in_one else (),
            limit=STUCK,
        ),
    )


def _padding(found: Sequence[Looks], place: str, where: dict[str, str]) -> Iterator[Symptom | Measured]:
    known = [(looks, looks.padded) for looks in found if looks.padded is not None and looks.padded.any()]
    if not known:
        yield Measured(
            "attention on padding", "no step that is attended to is known to be padding", place=place
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
