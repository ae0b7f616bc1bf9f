"""From the typed text to numbers: a list of them, or the name of a series of our own."""

import math
import re

from rnnviz_core import limits
from rnnviz_core.errors import TextError
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.inputs.tokenizer import Encoding, readable
from rnnviz_core.languages import _
from rnnviz_core.models.forecaster_spec import ForecastSpec

from . import generated

LARGEST = 1e6  # size of a value
SHOWN = 24  # characters of a word that an error quotes
_WORD = re.compile(r"[^\s,;]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NAMED = re.compile(r"\s*([a-z]+)(?:\s+([0-9]{1,6}))?\s*", re.ASCII)


def read(spec: ForecastSpec, text: str) -> Encoding:
    """The numbers that a text holds, as steps.

    Parameters
    ----------
    spec
        Whose network reads them.
    text
        Numbers with blanks, commas or semicolons between them and a point before the decimals:
        ``5.1, 7 6.25``. Or the name of a series of `generated`, perhaps with a seed: ``cycles 3``.

    Returns
    -------
    Encoding
        A token per number. Its label is its place, from 0; its ``value`` is in the unit of the series.

    Raises
    ------
    TextError
        When a word is not a number, there is none or more than `limits.STEPS`, or one cannot be read by this
        network.
    """
    if len(text) > limits.CHARACTERS:
        raise TextError(
            _(
                "the text has {count} characters; the limit is {limit}",
                count=len(text),
                limit=limits.CHARACTERS,
            )
        )
    text, notes = readable(text)
    known = generated.of_step(spec.step)
    if (named := _NAMED.fullmatch(text)) and named[1] in known:
        numbers = generated.values(named[1], known[named[1]], int(named[2] or 0))
        return Encoding(text, _tokens([(value, 0, len(text)) for value in numbers]), notes)
    found = [(_number(spec, word.group()), *word.span()) for word in _WORD.finditer(text)]
    if not found:
        raise TextError(
            _(
                "there is no number; type some, such as 5.1, 7, 6.25, or the name of a series: {names}",
                names=", ".join(known),
            )
        )
    if len(found) > limits.STEPS:
        raise TextError(
            _(
                "there are {count} numbers; the limit is {limit}: leave out {more}",
                count=len(found),
                limit=limits.STEPS,
                more=len(found) - limits.STEPS,
            )
        )
    return Encoding(text, _tokens(found), notes)


def _number(spec: ForecastSpec, word: str) -> float:
    if not _NUMBER.fullmatch(word):
        names = ", ".join(generated.of_step(spec.step))
        raise TextError(
            _(
                "{word!r} is not a number; write numbers such as 5.1, 7, 6.25, or the name of a series: "
                "{names}",
                word=word[:SHOWN],
                names=names,
            )
        )
    value = float(word) + 0.0
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise TextError(
            _("{word} is too large; values go up to {limit:,.0f}", word=word[:SHOWN], limit=LARGEST)
        )
    if spec.root and value < 0:
        raise TextError(_("{word} is below zero; this network reads counts, from 0", word=word[:SHOWN]))
    return value


def _tokens(found: list[tuple[float, int, int]]) -> tuple[Token, ...]:
    return tuple(
        Token(str(step), NO_PIECE, start, end, value) for step, (value, start, end) in enumerate(found)
    )


def count(spec: ForecastSpec, text: str) -> int:
    """How many numbers a text holds; 0 where it holds nothing.

    Raises
    ------
    TextError
        When something in it cannot be read.
    """
    text, _notes = readable(text)
    found = list(_WORD.finditer(text))
    if len(found) > limits.STEPS and len(text) <= limits.CHARACTERS:  # a part of them can be read
        for word in found:
            _number(spec, word.group())
        return len(found)
    return len(read(spec, text).tokens) if text.strip() else 0


def cut(spec: ForecastSpec, text: str, first: int, most: int) -> str:
    """The part of a list of numbers from one on that has at most `most` of them."""
    del spec
    text, _notes = readable(text)
    found = list(_WORD.finditer(text))
    return text[found[first].start() : found[min(first + most, len(found)) - 1].end()]
