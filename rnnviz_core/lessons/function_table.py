"""What the functions of the language share: their table, where they are called, checks of what they get."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rnnviz_core.errors import LessonError
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .syntax import Call, Expression, Site
from .values import Value, Values, check_size, names


class Scope(Protocol):
    """What expressions can see: the traces of a lesson by name, and what is asked of their networks."""

    @property
    def names(self) -> Mapping[str, Expression]:
        """Expressions that the lesson gave a name."""
        ...

    def trace(self, name: str) -> Trace:
        """The trace of a name; `LessonError` when there is none."""
        ...

    def gradient(self, name: str, of: str) -> Trace:
        """The same trace with the derivatives of a quantity."""
        ...

    def parameters(self, name: str) -> int:
        """How many weights the network of that trace has."""
        ...

    def evenly(self, name: str) -> np.ndarray:
        """The probabilities of the classes, were all tokens weighed alike."""
        ...

    def scores(self, name: str) -> Mapping[str, float]:
        """The scores of the network of that trace."""
        ...


class AxisName(str):
    """The name of an axis, as an argument."""


@dataclass(frozen=True)
class Called:
    """Where a function was called: it may ask for the trace, or for what its arguments are called."""

    scope: Scope
    trace_name: str
    node: Call

    @property
    def trace(self) -> Trace:
        """The trace of the call."""
        return self.scope.trace(self.trace_name)

    def trace_of(self, number: int) -> Trace:
        """The trace of the site inside of an argument, for the names of its places."""
        found = _site_in(self.node.arguments[number]) if number < len(self.node.arguments) else None
        return self.scope.trace(found.trace or self.trace_name) if found else self.trace


def _site_in(node: Any) -> Site | None:
    """The first site of an expression that names another trace, else its first."""
    if isinstance(node, Site):
        return node
    below: list[Any] = [
        *getattr(node, "arguments", ()),
        *(getattr(node, name) for name in ("of", "left", "right") if hasattr(node, name)),
    ]
    found = [site for site in map(_site_in, below) if site is not None]
    if isinstance(node, Call) and node.trace:
        return Site(node.trace, "")
    return next((site for site in found if site.trace), found[0] if found else None)


@dataclass(frozen=True)
class Function:
    """A function of the language, how it is written, and what it gives."""

    compute: Callable[..., Value]
    usage: str
    gives: str

    def takes(self, arguments: Sequence[object], named: Mapping[str, object]) -> bool:
        """Whether it can be called with so many arguments, and with these names."""
        try:
            inspect.signature(self.compute).bind(None, *arguments, **named)
        except TypeError:
            return False
        return True


FUNCTIONS: dict[str, Function] = {}


def function(usage: str, gives: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Enter a function into the table: how it is written, and what it gives."""

    def keep(compute: Callable[..., Value]) -> Callable[..., Value]:
        FUNCTIONS[usage.partition("(")[0]] = Function(compute, usage, gives)
        return compute

    return keep


# --- checks -----------------------------------------------------------------------------------


def numbers(found: Value | AxisName, what: str) -> Values:
    """A value that must be numbers.

    Raises
    ------
    LessonError
        When it is a text or an axis.
    """
    if isinstance(found, Values):
        return found
    kind = "the axis" if isinstance(found, AxisName) else "the text"
    raise LessonError(f"{what} needs numbers; {kind} {found!r} is none")


def finite(found: Values) -> Values:
    """A value without infinities and the like.

    Raises
    ------
    LessonError
        When something was divided by 0, or is too large.
    """
    check_size(found.array.size)
    if found.array.dtype != bool and not np.isfinite(found.array).all():
        raise LessonError("the result is not a number: something is divided by 0, or far too large")
    return found


def text(found: Value | AxisName, what: str) -> str:
    """A value that must be a text in quotes."""
    if isinstance(found, str) and not isinstance(found, AxisName):
        return found
    raise LessonError(f'{what} takes a text in quotes, such as "good"')


def array_of(trace: Trace, name: str) -> np.ndarray:
    """The array of a site.

    Raises
    ------
    LessonError
        Names the sites that are nearest in spelling.
    """
    if name in trace:
        return trace[name]
    part = name.rpartition(".")[0]
    near = [one for one in trace if one.startswith(f"{part}.") and "_" not in one] or list(trace)
    raise LessonError(f"{trace.model} has no site {name!r}; it has {', '.join(near[:8])}, …")


def axis_of(found: Values, axis: Any, what: str) -> int:
    """Which axis of the array a name stands for."""
    if not isinstance(axis, AxisName):
        raise LessonError(f"{what} takes the name of an axis, such as unit or time")
    if axis not in found.axes:
        have = " and ".join(found.axes) if found.axes else "none: it is one number"
        raise LessonError(f"{what}: there is no axis {str(axis)!r} here; the axes are {have}")
    return found.axes.index(axis)


def places_of(trace: Trace, axis: str, word: str) -> list[int]:
    """The places along an axis that a text names: the pieces of a word, ``word#2`` for its second occurrence.

    Raises
    ------
    LessonError
        When the text has no such word, or the axis no such name.
    """
    known = names(trace, axis)
    if known is None:
        raise LessonError(f"the places along {axis!r} have no names; use their numbers, from 0")
    if axis not in trace.tokens:
        if word in known:
            return [known.index(word)]
        raise LessonError(
            _(
                "there is no {axis} {word!r}; choose one of {known}",
                axis=axis,
                word=word,
                known=", ".join(known[:12]),
            )
        )
    word, _sign, count = word.partition("#")
    wanted = int(count) if count.isdecimal() and len(count) < 4 else 1
    tokens = trace.tokens[axis]
    whole = trace.meta.get("translation", "") if axis == "target" else trace.text
    found = list(re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", str(whole), re.IGNORECASE))
    if word and 1 <= wanted <= len(found):
        start, end = found[wanted - 1].span()
        if pieces := [n for n, token in enumerate(tokens) if token.start < end and token.end > start]:
            return pieces
    exact = [number for number, name in enumerate(known) if name == word]
    if 1 <= wanted <= len(exact):
        return [exact[wanted - 1]]
    raise LessonError(
        _(
            "there is no {word!r} (number {wanted}) among {known!r}",
            word=word,
            wanted=wanted,
            known=" ".join(known)[:80],
        )
    )


def same(left: Value, right: Value) -> bool:
    """Whether two values, one of them a text, are the same: texts in any case; a place is its word."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold().strip() == right.casefold().strip()
    place, word = (left, right) if isinstance(left, Values) else (right, left)
    assert isinstance(place, Values)
    assert isinstance(word, str)
    if place.places is None or not place.single:
        raise LessonError(f"a number cannot be the text {word!r}")
    return place.place in places_of(*place.places, word)
