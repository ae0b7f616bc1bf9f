"""From the typed text to the symbols that a network reads."""

import re

from rnnviz_core import limits
from rnnviz_core.errors import TextError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import WORD_START, Encoding, readable
from rnnviz_core.languages import _
from rnnviz_core.models.toy import FIRST
from rnnviz_core.models.toy_spec import ToySpec

from .problems import PROBLEMS

_SYMBOL = re.compile(r"\+?\S")


def read(spec: ToySpec, text: str) -> Encoding:
    """The symbols of a text, with or without blanks between them: ``C w x x z``, ``(())()``, ``3 +1 0 +4``.

    Raises
    ------
    TextError
        When there is none or more than `limits.PIECES`, or one is not a symbol of the problem.
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
    known = PROBLEMS[spec.problem].symbols
    tokens = []
    for found in _SYMBOL.finditer(text):
        symbol = found.group()
        if symbol not in known:
            raise TextError(
                _(
                    "{symbol!r} is not a symbol of this task; it has {known}",
                    symbol=symbol,
                    known=" ".join(known),
                )
            )
        tokens.append(Token(WORD_START + symbol, FIRST + known.index(symbol), *found.span()))
    if not tokens:
        raise TextError(_("there is no symbol; type some of {known}", known=" ".join(known)))
    if len(tokens) > limits.PIECES:
        raise TextError(
            _(
                "there are {count} symbols; the limit is {limit}: leave out {more}",
                count=len(tokens),
                limit=limits.PIECES,
                more=len(tokens) - limits.PIECES,
            )
        )
    return Encoding(text, tuple(tokens), notes)


def count(spec: ToySpec, text: str) -> int:
    """How many symbols a text holds; 0 where it holds nothing.

    Raises
    ------
    TextError
        When something in it cannot be read.
    """
    return len(read(spec, text).tokens) if text.strip() else 0
