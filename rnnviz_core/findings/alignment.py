"""Where a translator looked: the source token of each piece, changes of order, and the widest look."""

import itertools
from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.tokens import entropy, shown
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import number, of_words, percent, printed, sentence

MOST = 0.5  # of the attention: more than all other tokens together
WIDE = 0.6  # of the largest possible entropy


def findings(trace: Trace) -> Iterator[Finding]:
    """All findings on the looks of a decoder."""
    weights = trace["attention.weights"].astype(np.float64)
    if weights.ndim != 2 or weights.shape[1] < 2:
        return
    source, target = of_words(trace, "source"), of_words(trace, "target")
    yield from looked(trace, weights, source, target)
    yield from crossed(trace, weights, source, target)
    yield from widest(trace, weights, source, target)


def spoken(trace: Trace, axis: str) -> np.ndarray:
    """Which tokens of `axis` hold a letter or a digit: no mark, and not the end."""
    texts = (token.text for token in trace.tokens[axis])
    said = [text not in ("</s>", "<s>") and any(map(str.isalnum, text)) for text in texts]
    return np.asarray(said, dtype=bool)


def _at(trace: Trace, step: int, section: str = "alignment") -> Where:
    text = shown(trace.tokens["target"][step].text)
    return Where("attention", section, "decoder", step, text, axis="target")


def looked(
    trace: Trace, weights: np.ndarray, source: tuple[str, ...], target: tuple[str, ...]
) -> Iterator[Finding]:
    """For every piece written, the source token that got more attention than all others together."""
    best, words = weights.argmax(1), spoken(trace, "target")
    read = spoken(trace, "source")
    written = [token.text for token in trace.tokens["target"]]
    for step in np.flatnonzero(words):
        at, share = int(best[step]), float(weights[step, best[step]])
        if share <= MOST:
            continue
        # A word is told by its first piece; the longer the word, the less it is one of grammar.
        begins = written[step].startswith("▁")
        letters = min(len(shown(written[step])), 8) / 8
        strength = (0.55 + 0.2 * share + 0.2 * letters) if read[at] and begins else 0.25 + 0.2 * share
        said = _(
            "for {target} the decoder looked at {source} ({share})",
            target=target[step],
            source=source[at],
            share=percent(share),
        )
        numbers = {"weight": share, "source": at}
        where = _at(trace, int(step))
        yield Finding("looked", sentence(said), numbers, where, strength, (int(step),))


def crossed(
    trace: Trace, weights: np.ndarray, source: tuple[str, ...], target: tuple[str, ...]
) -> Iterator[Finding]:
    """Where two words that follow each other were read in the other order."""
    best, read = weights.argmax(1), spoken(trace, "source")
    words = np.flatnonzero(spoken(trace, "target"))
    pairs = [
        (one, other)
        for one, other in itertools.pairwise(words)
        if other == one + 1
        and min(weights[one, best[one]], weights[other, best[other]]) > MOST
        and best[other] < best[one]
        and read[best[one]]
        and read[best[other]]
    ]
    if not pairs:
        return
    one, other = max(pairs, key=lambda pair: weights[pair[0]].max() + weights[pair[1]].max())
    first, second = float(weights[one].max()), float(weights[other].max())
    said = _(
        "the order changes: {target} was read off {source} ({share}), the next, {next_target}, off "
        "{next_source}, which stands before it ({next_share})",
        target=target[one],
        source=source[best[one]],
        share=percent(first),
        next_target=target[other],
        next_source=source[best[other]],
        next_share=percent(second),
    )
    numbers = {"first": first, "second": second}
    yield Finding("crossed", sentence(said), numbers, _at(trace, int(one)), 0.93, (int(one), int(other)))


def widest(
    trace: Trace, weights: np.ndarray, source: tuple[str, ...], target: tuple[str, ...]
) -> Iterator[Finding]:
    """The piece for which attention was most spread, where it was spread widely."""
    bits, most = entropy(weights), float(np.log2(weights.shape[1]))
    step = int(bits.argmax())
    if bits[step] < WIDE * most:
        return
    said = _(
        "attention was least certain for {target}: as spread out as equal weights over {alike} of {count} "
        "source tokens (entropy {entropy} bits)",
        target=target[step],
        alike=printed(2 ** bits[step], ".1f"),
        count=weights.shape[1],
        entropy=number(bits[step]),
    )
    numbers = {"tokens": float(2 ** bits[step]), "of": weights.shape[1], "entropy": float(bits[step])}
    yield Finding("unsure", sentence(said), numbers, _at(trace, step, "spread"), 0.45, (step,))
