"""From the text of an expression to its tree; nothing is evaluated, and nothing is handed to Python.

The language in which a lesson states its answers: ``argmax(norm(encoder.0.hidden - before(encoder.0.hidden),
unit))``. ``docs/lessons.md`` has its functions. What it is made of, the loosest first::

    or   and   not   < <= > >= == !=   + -   * /   - (sign)   .function(…)   number "text" site name (…)

A site may stand behind the name of another trace of the lesson: ``rnn:encoder.0.hidden``. What an expression
may cost is bounded by its length and its depth here, and by the numbers it touches in `evaluate`.
"""

import re
from dataclasses import dataclass

from rnnviz_core import limits
from rnnviz_core.errors import LessonError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<text>"[^"\n]*")
    |(?P<name>(?:[a-z][a-z0-9_]*:)?[a-z][a-z0-9_]*(?:\.(?:\d+|[a-z][a-z0-9_]*))*)
    |(?P<sign><=|>=|==|!=|[-+*/()<>,=.])""",
    re.VERBOSE,
)
_WORDS = ("and", "or", "not")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A single word: an axis, or an expression that the lesson gave this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """An array of a trace, ``encoder.0.forget``; `trace` is empty for that of the step."""

    trace: str
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given; ``x.mean(unit)`` is ``mean(x, unit)``."""

    trace: str
    name: str
    arguments: tuple["Node", ...]
    named: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """``-x`` or ``not x``."""

    sign: str
    of: "Node"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sides and the sign between them."""

    sign: str
    left: "Node"
    right: "Node"


Node = Number | Text | Name | Site | Call | Sign | Pair


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be evaluated, and its text."""

    text: str
    tree: Node


def parse(text: str) -> Expression:
    """The tree of an expression.

    Raises
    ------
    LessonError
        Quotes the expression, names the place, and says what was expected.
    """
    if len(text) > limits.EXPRESSION_CHARACTERS:
        raise LessonError(
            f"an expression of {len(text)} characters; the limit is {limits.EXPRESSION_CHARACTERS}: give "
            "parts of it a name of their own"
        )
    if not text.strip():
        raise LessonError("an expression is empty; write one, such as argmax(encoder.0.forget.mean(unit))")
    return Expression(text, _Parser(text).whole())


class _Parser:
    """One pass from left to right: each method reads what binds as tightly as its name says."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        found = self._either()
        if self._kind() != "end":
            raise self._expected("the end")
        return found

    # Tokens ------------------------------------------------------------------------------------

    def _kind(self) -> str:
        return self._tokens[self._next][0]

    def _word(self) -> str:
        return self._tokens[self._next][1]

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _takes(self, *signs: str) -> str:
        """The next sign, if it is one of these; else nothing."""
        return self._take() if self._kind() in ("sign", "word") and self._word() in signs else ""

    def _must(self, sign: str, why: str) -> None:
        if not self._takes(sign):
            raise self._expected(f"{sign!r} {why}")

    def _expected(self, what: str) -> LessonError:
        kind, word, place = self._tokens[self._next]
        found = "it ends" if kind == "end" else f"there is {word!r}"
        return LessonError(f"{_quoted(self._text)}, character {place + 1}: expected {what}, but {found}")

    # From the loosest to the tightest ----------------------------------------------------------

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > limits.EXPRESSION_DEPTH:
            raise LessonError(
                f"{_quoted(self._text)} has more than {limits.EXPRESSION_DEPTH} brackets inside each other; "
                "give parts of it a name of their own"
            )
        found = self._both()
        while sign := self._takes("or"):
            found = Pair(sign, found, self._both())
        self._depth -= 1
        return found

    def _both(self) -> Node:
        found = self._denied()
        while sign := self._takes("and"):
            found = Pair(sign, found, self._denied())
        return found

    def _denied(self) -> Node:
        if self._takes("not"):
            return Sign("not", self._compared())
        return self._compared()

    def _compared(self) -> Node:
        found = self._sum()
        if sign := self._takes(*COMPARISONS):
            found = Pair(sign, found, self._sum())
            if self._kind() == "sign" and self._word() in COMPARISONS:
                raise self._expected("one comparison at a time (a < b and b < c)")
        return found

    def _sum(self) -> Node:
        found = self._product()
        while sign := self._takes("+", "-"):
            found = Pair(sign, found, self._product())
        return found

    def _product(self) -> Node:
        found = self._signed()
        while sign := self._takes("*", "/"):
            found = Pair(sign, found, self._signed())
        return found

    def _signed(self) -> Node:
        negative = bool(self._takes("-"))
        found = self._applied()
        return Sign("-", found) if negative else found

    def _applied(self) -> Node:
        found = self._single()
        while self._takes("."):
            if self._kind() != "name" or "." in self._word() or ":" in self._word():
                raise self._expected("the name of a function behind the point")
            found = self._called("", self._take(), found)
        return found

    def _single(self) -> Node:
        kind = self._kind()
        if kind == "number":
            return Number(float(self._take()))
        if kind == "text":
            return Text(self._take()[1:-1])
        if kind == "name":
            return self._named(self._take())
        if self._takes("("):
            found = self._either()
            self._must(")", "to close the bracket")
            return found
        raise self._expected("a number, a site, a function or a bracket")

    def _named(self, word: str) -> Node:
        trace, _, name = word.rpartition(":")
        called = self._kind() == "sign" and self._word() == "("
        if not called:
            return Site(trace, name) if "." in name or trace else Name(name)
        site, _, function = name.rpartition(".")
        if site:
            return self._called("", function, Site(trace, site) if "." in site or trace else Name(site))
        return self._called(trace, function)

    def _called(self, trace: str, function: str, *first: Node) -> Node:
        self._must("(", f"behind {function}")
        arguments, named = list(first), []
        while not self._takes(")"):
            if self._kind() == "name" and self._tokens[self._next + 1][1] == "=":
                name = self._take()
                self._take()
                named.append((name, self._either()))
            elif named:
                raise self._expected(f"another name=… in {function}(…)")
            else:
                arguments.append(self._either())
            if not self._takes(",") and not (self._kind() == "sign" and self._word() == ")"):
                raise self._expected(f"',' or ')' in {function}(…)")
        return Call(trace, function, tuple(arguments), tuple(named))


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind, text and place of every piece; the last one is the end."""
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise LessonError(f"{_quoted(text)}, character {place + 1}: {text[place]!r} means nothing here")
        kind, word = str(match.lastgroup), match.group()
        if kind != "space":
            found.append(("word" if word in _WORDS else kind, word, place))
        place = match.end()
    return [*found, ("end", "", len(text))]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 80 else text[:77] + '…'}”"
