"""From the typed text to the symbols that a network reads."""

import re

from rnnviz_core import limits
from rnnviz_core.errors import TextError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import WORD_START, Encoding, readable
from rnnviz_core.models.toy import FIRST
from rnnviz_core.models.toy_spec import ToySpec

from .problems import PROBLEMS

_SYMBOL = re.compile(r"\+?\S")


def read(spec: ToySpec, text: str) -> Encoding:
    """The symbols of a text, with or without blanks between them: ``C w x x z``, ``(())()``, ``3 +1 0 +4``.

    Raises
    ------
    TextError
        When there is none or more than `limits.PIECES`, or one is no symbol of the problem.
    """
    if len(text) > limits.CHARACTERS:
        raise TextError(f"the text has {len(text)} characters; the limit is {limits.CHARACTERS}")
    text, notes = readable(text)
    known = PROBLEMS[spec.problem].symbols
    tokens = []
    for found in _SYMBOL.finditer(text):
        symbol = found.group()
        if symbol not in known:
            raise TextError(f"{symbol!r} is no symbol of this task; it has {' '.join(known)}")
        tokens.append(Token(WORD_START + symbol, FIRST + known.index(symbol), *found.span()))
    if not tokens:
        raise TextError(f"there is no symbol; type some of {' '.join(known)}")
    if len(tokens) > limits.PIECES:
        raise TextError(
            f"there are {len(tokens)} symbols; the limit is {limits.PIECES}: "
            f"leave out {len(tokens) - limits.PIECES}"
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
