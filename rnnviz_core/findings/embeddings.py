"""Which tokens of a text lie near each other, which away, and which vector is longest."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.embeddings import cosine
from rnnviz_core.frames.tokens import read_texts
from rnnviz_core.languages import _, in_quotes
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import apart, median, names, number, sentence

DEVIATIONS = 3.0  # the cosine of two random directions of n numbers spreads by 1/√n
HIGHEST = 0.9  # where n is small that would be out of reach
LONG = 1.5  # times the median length
ALIKE = (("alike", 1), ("away", -1))  # kind, sign of its cosine


def findings(trace: Trace, part: str) -> Iterator[Finding]:
    """All findings on the vectors that a part reads."""
    values = trace[f"{part}.embedding"].astype(np.float64)
    if values.shape[1] < 2 or len(values) < 2:
        return
    yield from pairs(trace, part, values)
    yield from longest(trace, part, values)


def _at(trace: Trace, part: str, section: str, step: int) -> Where:
    texts = read_texts(trace, part)
    return Where("embeddings", section, part, step, texts[step], axis=trace.time_axis(part))


def pairs(trace: Trace, part: str, values: np.ndarray) -> Iterator[Finding]:
    """The two different tokens that point most nearly the same way, and those that point most away."""
    texts, called = np.asarray(read_texts(trace, part), dtype=object), names_of(trace, part)
    cosines = cosine(values, values)
    different = np.triu(texts[:, None] != texts[None], 1)
    if not different.any():
        return
    limit = min(DEVIATIONS / np.sqrt(values.shape[1]), HIGHEST)
    for kind, sign in ALIKE:
        masked = np.where(different, sign * cosines, -np.inf)
        one, other = (int(at) for at in np.unravel_index(masked.argmax(), masked.shape))
        value = float(cosines[one, other])
        if sign * value < limit:
            continue
        words = {"one": called[one], "other": called[other], "cosine": number(value)}
        if kind == "alike":
            claim = _("{one} and {other} point most nearly the same way (cosine {cosine})", **words)
        else:
            claim = _("{one} and {other} point most away from each other (cosine {cosine})", **words)
        where, strength = _at(trace, part, "alike", other), 0.3 + 0.4 * abs(value)
        yield Finding(kind, sentence(claim), {"cosine": value}, where, strength, (other, one))


def names_of(trace: Trace, part: str) -> tuple[str, ...]:
    """What the read tokens are called; alike tokens have one vector, so that they need no number."""
    if part == "decoder" or trace.tokens.get(trace.time_axis(part)):
        return tuple(in_quotes(text) for text in read_texts(trace, part))
    return names(trace, part)


def longest(trace: Trace, part: str, values: np.ndarray) -> Iterator[Finding]:
    """The token with the longest vector, where it is much longer than the others."""
    lengths = np.linalg.norm(values, axis=1)
    step, typical = int(lengths.argmax()), median(lengths)
    if len(lengths) < 3 or lengths[step] < LONG * typical or not apart(lengths[step], typical):
        return
    called = names_of(trace, part)[step]
    said = _(
        "{token} has the longest vector ({length}; the median is {median})",
        token=called,
        length=number(lengths[step]),
        median=number(typical),
    )
    numbers = {"length": float(lengths[step]), "median": typical}
    yield Finding("longest", sentence(said), numbers, _at(trace, part, "vectors", step), 0.35, (step,))
