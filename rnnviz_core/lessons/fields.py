"""Numbers in sentences: ``{{ expression }}``, ``{{ … | 1 }}`` (decimals), ``{{ … | % }}`` in per cent."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.languages import numerals
from rnnviz_core.tracing.trace import AXES

from .answer_functions import FUNCTIONS
from .syntax import Call, Expression, Name, Node, Pair, Sign, Site, parse
from .values import Value, words_of

_FIELD = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FORM = re.compile(r"\s*(%|[0-4])\s*")
USUAL = "2"  # decimals


def _parts(inside: str) -> tuple[str, str]:
    """The expression of a field, and how its number is written."""
    expression, bar, form = inside.rpartition("|")
    if not bar:
        return inside.strip(), USUAL
    if not _FORM.fullmatch(form):
        raise LessonError(
            f"behind the | of a field stands a number of decimals, 0 to 4, or %; not {form.strip()!r}"
        )
    return expression.strip(), form.strip()


def expressions(text: str) -> Iterator[Expression]:
    """The expressions of the fields of a text."""
    for match in _FIELD.finditer(text):
        yield parse(_parts(match[1])[0])


def placeholders(text: str) -> list[str]:
    """The fields of a text as they are written, each as ``expression | form``."""
    return [" | ".join(_parts(match[1])) for match in _FIELD.finditer(text)]


def check(text: str) -> None:
    """Refuse a field that cannot be read.

    Raises
    ------
    LessonError
        Says what is wrong in it.
    """
    for _ in expressions(text):
        pass
    rest = _FIELD.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise LessonError("a field has no end: {{ expression }} has two brackets on either side")


def fill(text: str, value: Callable[[Expression], Value], escape: Callable[[str], str] = str) -> str:
    """The text with the values of its fields; `escape` is for what comes from a trace."""

    def filled(match: "re.Match[str]") -> str:
        expression, form = _parts(match[1])
        return escape(written(value(parse(expression)), form))

    return _FIELD.sub(filled, text)


def written(value: Value, form: str = USUAL) -> str:
    """A value in a sentence: texts and places as they are called, numbers with so many decimals."""
    if isinstance(value, str) or not value.single or value.places is not None or value.array.dtype == bool:
        return words_of(value)
    shown = numerals(f"{value.number:.0%}" if form == "%" else f"{value.number:,.{form}f}")
    if not any(digit in shown for digit in "123456789"):
        shown = shown.removeprefix("-")
    return shown.replace("-", "−")


def unknown_in(node: Node, traces: Mapping[str, Any], names: Mapping[str, Expression]) -> str:
    """What an expression names that does not exist, in words; empty: nothing."""
    match node:
        case Name(name) if name not in AXES and name not in names:
            return unknown_choice("name", name, [*names, *AXES]) + "; a text stands in quotes"
        case Site(trace, _) | Call(trace) if trace and trace not in traces:
            return unknown_choice("trace", trace, traces)
        case Site(_, name) if "." not in name and name not in names:
            return unknown_choice("name", name, names)
        case Call(_, name, arguments, named):
            if name not in FUNCTIONS:
                return unknown_choice("function", name, sorted(FUNCTIONS))
            below = [*arguments, *(one for _, one in named)]
        case Sign(_, of):
            below = [of]
        case Pair(_, left, right):
            below = [left, right]
        case _:
            below = []
    return next(filter(None, (unknown_in(one, traces, names) for one in below)), "")
