"""What expressions compute with: numbers along named axes, and places on such an axis."""

from dataclasses import dataclass

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import LessonError
from rnnviz_core.inputs.tokenizer import WORD_START
from rnnviz_core.languages import N_, _, numerals
from rnnviz_core.languages.terms import class_name
from rnnviz_core.tracing.trace import TOKEN_AXES, Trace


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers along named axes; without an axis a single number.

    Attributes
    ----------
    axes
        The names of the array's axes, as a trace has them.
    array
        float64, or bool for what was compared.
    places
        The trace and the axis whose places these numbers are, where they are (the result of ``argmax``).
    """

    axes: tuple[str, ...]
    array: np.ndarray
    places: tuple[Trace, str] | None = None

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return not self.axes

    @property
    def number(self) -> float:
        """The single number; a `LessonError` where there are more."""
        if not self.single:
            raise LessonError("a single number is needed here: take a mean or choose a place")
        return float(self.array)

    @property
    def place(self) -> int:
        """The single number as a place on an axis."""
        return int(self.array)


class ClassName(str):
    """The name of a class, which is a word of its language: conditions compare the English one."""


Value = Values | str


def single(number: float | bool, places: tuple[Trace, str] | None = None) -> Values:
    """One number."""
    return Values((), np.asarray(number, dtype=bool if isinstance(number, bool) else np.float64), places)


def aligned(left: Values, right: Values) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Two arrays so that their like-named axes stand in line: the axes of both, and the arrays.

    Raises
    ------
    LessonError
        When one axis has two lengths, or the result would be too large.
    """
    axes = (*left.axes, *(axis for axis in right.axes if axis not in left.axes))
    sizes: dict[str, int] = {}
    for one in (left, right):
        for axis, size in zip(one.axes, one.array.shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise LessonError(
                    f"one side has {sizes[axis]} places along {axis!r}, the other {size}: they belong to "
                    "different texts or layers; take a mean or choose a place first"
                )
    check_size(int(np.prod([sizes[axis] for axis in axes], dtype=float)))
    return axes, _along(left, axes), _along(right, axes)


def _along(one: Values, axes: tuple[str, ...]) -> np.ndarray:
    order = [one.axes.index(axis) for axis in axes if axis in one.axes]
    turned = one.array.transpose(order)
    return turned.reshape([one.array.shape[one.axes.index(a)] if a in one.axes else 1 for a in axes])


def check_size(size: int) -> None:
    """Raise `LessonError` when an array of so many numbers is larger than an expression may make."""
    if size > limits.EXPRESSION_NUMBERS:
        raise LessonError(
            f"an expression makes an array of {size:,} numbers; the limit is "
            f"{limits.EXPRESSION_NUMBERS:,}: take a mean or choose a place first"
        )


def token_axis(axes: tuple[str, ...]) -> str | None:
    """The one axis of tokens among `axes`; None when there is none, or more than one."""
    found = [axis for axis in axes if axis in TOKEN_AXES]
    return found[0] if len(found) == 1 else None


def names(trace: Trace, axis: str) -> list[str] | None:
    """How people call the places of an axis: tokens, classes; None where they have numbers only."""
    if axis in trace.tokens:
        return [token.text.replace(WORD_START, "") or "␣" for token in trace.tokens[axis]]
    return list(trace.labels[axis]) if axis in trace.labels else None


def words_of(value: Value) -> str:
    """A value as a person reads it, short: a text, the name of a place, a number, yes or no."""
    if isinstance(value, str):
        return class_name(value) if isinstance(value, ClassName) else value
    if not value.single:
        return _("{size} numbers along {axes}", size=value.array.size, axes=_(" and ").join(value.axes))
    if value.places is not None:
        known, axis = names(*value.places), value.places[1]
        if known is None:
            return f"{_(_ONE.get(axis, axis))} {value.place}"
        return class_name(known[value.place]) if axis == "class" else known[value.place]
    if value.array.dtype == bool:
        return _("yes") if value.array else _("no")
    return numerals(f"{value.number:.4g}".replace("-", "−"))


# What people call one place of an axis without names, where they call it otherwise in English or elsewhere.
_ONE = {"dim": N_("number"), "unit": N_("unit")}
