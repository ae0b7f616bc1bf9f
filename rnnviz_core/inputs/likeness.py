"""How unlike a text is to the texts that a model was tested on, by the way its tokenizer cuts it.

A vocabulary fits the language and the subject it was learned from: other texts fall into single letters
and unknown pieces. A network answers all the same, and as surely as ever; its scores say nothing about it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np

from rnnviz_core.languages import N_, _

from .steps import Token
from .tokenizer import UNK, WORD_START, Tokenizer, is_byte

# What 99 of 100 texts of a model's test split stay within is usual for it. Measured with
# `python -m scripts.usual` on the shipped models: docs/limits.md has the shares of texts beyond it.
QUANTILE = 0.99
SHORT = 3  # letters: a large vocabulary cuts words it does not know into such pieces, seldom into letters


@dataclass(frozen=True, slots=True)
class Likeness:
    """Four numbers of a text; the larger, the less it is like others."""

    lone: int  # per cent of the letters: alone in a piece, though not a word of one letter
    unknown: int  # per cent of the pieces: not in the vocabulary, or single bytes of such characters
    pieces: int  # how many
    short: int = 0  # per cent of the letters: in a piece of at most `SHORT` letters of a word that is cut


def measure(pieces: Sequence[tuple[str, int]]) -> Likeness:
    """The numbers of a text that is cut into `pieces`: their text and id."""
    words: list[list[int]] = []  # letters of every piece, word by word
    for text, id_ in pieces:
        if text.startswith(WORD_START) or not words:
            words.append([])
        known = id_ != UNK and not is_byte(text)
        words[-1].append(sum(letter.isalpha() for letter in text) if known else 0)
    letters = sum(chain.from_iterable(words))
    lone = sum(word.count(1) for word in words if sum(word) > 1)
    short = sum(n for word in words if sum(map(bool, word)) > 1 for n in word if n <= SHORT)
    unknown = sum(id_ == UNK or is_byte(text) for text, id_ in pieces)
    return Likeness(
        lone=round(100 * lone / max(letters, 1)),
        unknown=round(100 * unknown / max(len(pieces), 1)),
        pieces=len(pieces),
        short=round(100 * short / max(letters, 1)),
    )


def of_tokens(tokens: Iterable[Token]) -> Likeness:
    """The numbers of a text that was read, from the tokens of its trace."""
    return measure([(token.text, token.id) for token in tokens])


def usual(tokenizer: Tokenizer, texts: Iterable[str]) -> dict[str, int]:
    """What `QUANTILE` of the texts stay within, each number by itself; and how many ``texts`` there are."""
    cut = [[(tokenizer.pieces[id_], id_) for id_ in tokenizer.ids(text)] for text in texts]
    found = [asdict(measure(pieces)) for pieces in cut]
    limits = {
        name: int(np.quantile([one[name] for one in found], QUANTILE, method="inverted_cdf"))
        for name in Likeness.__dataclass_fields__
    }
    return {**limits, "texts": len(found)}


def beyond(found: Likeness, usual: Any) -> tuple[str, ...]:
    """In which numbers a text is beyond what is `usual` for a model, in words; nothing where that is unknown.

    `usual` comes from a checkpoint's ``metrics.json``, so it may be anything.
    """
    if not isinstance(usual, Mapping):
        return ()
    said = {
        "lone": N_("{found} % of its letters stand alone as tokens (there at most {usual} %)"),
        "short": N_("{found} % of its letters are in short tokens of cut words (there at most {usual} %)"),
        "unknown": N_(
            "{found} % of its tokens are unknown characters or their bytes (there at most {usual} %)"
        ),
        "pieces": N_("it has {found} tokens (there at most {usual})"),
    }
    return tuple(
        _(form, found=value, usual=most)
        for name, form in said.items()
        if isinstance(most := usual.get(name), int) and (value := getattr(found, name)) > most
    )
