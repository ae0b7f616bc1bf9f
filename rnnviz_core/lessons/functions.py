"""Functions of arrays: means and lengths, places, steps in time. ``docs/lessons.md`` lists them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnviz_core.errors import LessonError
from rnnviz_core.tracing.trace import Trace

from .function_table import AxisName, Called, axis_of, function, numbers, places_of, text
from .syntax import Site
from .values import Value, Values, aligned, single, token_axis

DIGITS = 6  # decimals at most in `round`


# --- numbers of an array ----------------------------------------------------------------------


def _reduction(name: str, gives: str, compute: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]) -> None:
    @function(f"{name}(x, axis, …)", f"{gives} over these axes; over all where none is named")
    def reduce(called: Called, x: Any, *axes: Any) -> Value:
        found = numbers(x, name)
        over = tuple(axis_of(found, axis, name) for axis in axes) or tuple(range(len(found.axes)))
        kept = tuple(axis for number, axis in enumerate(found.axes) if number not in over)
        if not found.array.size:
            raise LessonError(f"{name} of no numbers")
        result = compute(found.array.astype(np.float64), over) if over else found.array
        return Values(kept, np.asarray(result, dtype=np.float64))


_reduction("mean", "the mean (of comparisons: the share that holds)", lambda x, over: x.mean(over))
_reduction("sum", "the sum (of comparisons: how many hold)", lambda x, over: x.sum(over))
_reduction("max", "the largest", lambda x, over: x.max(over))
_reduction("min", "the smallest", lambda x, over: x.min(over))
_reduction("norm", "the length: the root of the sum of squares", lambda x, over: np.sqrt((x * x).sum(over)))


def _elementwise(name: str, gives: str, compute: Callable[[np.ndarray], np.ndarray]) -> None:
    @function(f"{name}(x)", gives)
    def each(called: Called, x: Any) -> Value:
        found = numbers(x, name)
        with np.errstate(all="ignore"):
            return Values(found.axes, np.asarray(compute(found.array.astype(np.float64))))


_elementwise("abs", "without the sign", np.abs)
_elementwise("exp", "e to the power of x", np.exp)
_elementwise("log", "the natural logarithm", np.log)
_elementwise("sqrt", "the square root", np.sqrt)
_elementwise("tanh", "the hyperbolic tangent", np.tanh)
_elementwise("sigmoid", "1 / (1 + exp(−x))", lambda x: 0.5 * (1 + np.tanh(x / 2)))


@function("round(x, digits)", "rounded to so many decimals; to whole numbers without")
def _round(called: Called, x: Any, digits: Any = None) -> Value:
    found = numbers(x, "round")
    wanted = 0 if digits is None else numbers(digits, "round").number
    if wanted not in range(DIGITS + 1):
        raise LessonError(f"round takes 0 to {DIGITS} digits")
    return Values(found.axes, np.round(found.array.astype(np.float64), int(wanted)))


@function("softmax(x, axis)", "shares that sum to 1 along the axis")
def _softmax(called: Called, x: Any, axis: Any) -> Value:
    found = numbers(x, "softmax")
    at = axis_of(found, axis, "softmax")
    grown = np.exp(found.array - found.array.max(at, keepdims=True))
    return Values(found.axes, grown / grown.sum(at, keepdims=True))


@function("entropy(x, axis)", "the entropy of shares along the axis, in bits")
def _entropy(called: Called, x: Any, axis: Any) -> Value:
    found = numbers(x, "entropy")
    at, shares = axis_of(found, axis, "entropy"), found.array.astype(np.float64)
    if (shares < 0).any():
        raise LessonError("entropy takes shares, which are not negative")
    bits = shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return Values(found.axes[:at] + found.axes[at + 1 :], np.asarray(-bits.sum(at) + 0.0))


@function("cosine(x, y)", "the cosine of the angle between vectors, along the axis that both have last")
def _cosine(called: Called, x: Any, y: Any) -> Value:
    one, other = numbers(x, "cosine"), numbers(y, "cosine")
    axis = next((axis for axis in reversed(one.axes) if axis in other.axes), None)
    if axis is None:
        raise LessonError("cosine takes two vectors along one axis, such as unit or dim")
    axes, left, right = aligned(one, other)
    at = axes.index(axis)
    with np.errstate(all="ignore"):
        product = (left * right).sum(at) / np.sqrt((left * left).sum(at) * (right * right).sum(at))
    return Values(axes[:at] + axes[at + 1 :], np.asarray(product))


# --- places -----------------------------------------------------------------------------------


def _extreme(name: str, gives: str, compute: Callable[..., np.ndarray]) -> None:
    @function(
        f"{name}(x, axis)",
        f"where the {gives} is along the axis, which may be left out if it is the only one",
    )
    def extreme(called: Called, x: Any, axis: Any = None) -> Value:
        found = numbers(x, name)
        if axis is None:
            if len(found.axes) != 1:
                raise LessonError(
                    f"{name} needs to know along which axis: {name}(…, time); the axes are "
                    f"{' and '.join(found.axes) or 'none: it is one number'}"
                )
            axis = AxisName(found.axes[0])
        at = axis_of(found, axis, name)
        kept = found.axes[:at] + found.axes[at + 1 :]
        result = compute(found.array, axis=at).astype(np.float64)
        return Values(kept, np.asarray(result), (called.trace_of(0), str(axis)))


_extreme("argmax", "largest number", np.argmax)
_extreme("argmin", "smallest number", np.argmin)


@function(
    "at(x, place)",
    "x at a place: a word, or a number from 0 (−1: the last); at(x, unit=5): on another axis",
)
def _at(called: Called, x: Any, place: Any = None, **named: Any) -> Value:
    found, trace = numbers(x, "at"), called.trace_of(0)
    asked: dict[str, Any] = dict(named)
    if place is not None:
        axis = token_axis(found.axes) or (found.axes[0] if len(found.axes) == 1 else None)
        if axis is None:
            raise LessonError(
                f"at needs to know the axis: at(x, {found.axes[-1] if found.axes else 'unit'}=…)"
            )
        asked[axis] = place
    if not asked:
        raise LessonError('at needs a place: at(x, "good"), at(x, unit=5)')
    axes, array = found.axes, found.array
    for axis, wanted in asked.items():
        number = axis_of(Values(axes, array), AxisName(axis), "at")
        array = array.take(_place(trace, axis, wanted, array.shape[number]), axis=number)
        axes = axes[:number] + axes[number + 1 :]
    return Values(axes, np.asarray(array), found.places)


def _place(trace: Trace, axis: str, wanted: Any, size: int) -> int:
    """A place as a number from 0: of a word of several pieces the last, after which it is read."""
    if isinstance(wanted, str) and not isinstance(wanted, AxisName):
        return places_of(trace, axis, wanted)[-1]
    number = numbers(wanted, "at")
    if not number.single or number.number != round(number.number):
        raise LessonError("a place is a word or a whole number")
    if not -size <= number.number < size:
        raise LessonError(f"there is no place {int(number.number)} along {axis!r}, which has {size}")
    return int(number.number) % size


@function(
    'place("word")',
    'which step a word of the text is (its last piece), from 0; place("word", target) of what was written',
)
def _which(called: Called, word: Any, axis: Any = None) -> Value:
    trace = called.trace
    along = str(axis) if isinstance(axis, AxisName) else _reading(trace)
    if along not in trace.tokens:
        raise LessonError(f"there are no tokens along {along!r}; choose one of {', '.join(trace.tokens)}")
    return single(float(places_of(trace, along, text(word, "place"))[-1]), (trace, along))


@function("steps(axis)", "how many tokens there are along the axis; without one, of what is read")
def _steps(called: Called, axis: Any = None) -> Value:
    along = str(axis) if isinstance(axis, AxisName) else _reading(called.trace)
    if along not in called.trace.tokens:
        raise LessonError(f"there are no tokens along {along!r}")
    return single(float(len(called.trace.tokens[along])))


def _reading(trace: Trace) -> str:
    return "source" if "source" in trace.tokens else "time"


# --- steps in time ----------------------------------------------------------------------------


def _time(found: Values, what: str) -> int:
    axis = token_axis(found.axes)
    if axis is None:
        raise LessonError(f"{what} needs steps: an axis time, source or target")
    return found.axes.index(axis)


@function("before(x)", "x one step earlier, and at the first step the state before it")
def _before(called: Called, x: Any) -> Value:
    found = numbers(x, "before")
    at = _time(found, "before")
    first = np.zeros_like(np.take(found.array, [0], axis=at), dtype=np.float64)
    argument = called.node.arguments[0]
    if isinstance(argument, Site):
        part, _, name = argument.name.rpartition(".")
        trace, initial = called.trace_of(0), f"{part}.initial_{name}"
        if initial in trace:
            first += trace[initial]
    shifted = np.concatenate(
        [first, np.take(found.array, range(found.array.shape[at] - 1), axis=at)], axis=at
    )
    return Values(found.axes, shifted)


@function("skip_first(x)", "x without its first step")
def _skip_first(called: Called, x: Any) -> Value:
    return _some_steps(numbers(x, "skip_first"), "skip_first", 1, 0)


@function("skip_last(x)", "x without its last step: skip_first(y) - skip_last(x) compares neighbours")
def _skip_last(called: Called, x: Any) -> Value:
    return _some_steps(numbers(x, "skip_last"), "skip_last", 0, 1)


def _some_steps(found: Values, what: str, first: int, last: int) -> Values:
    at = _time(found, what)
    return Values(found.axes, found.array.take(range(first, found.array.shape[at] - last), axis=at))


@function(
    "product_after(x)",
    "the product of x over all later steps: what is left at the end",
)
def _product_after(called: Called, x: Any) -> Value:
    found = numbers(x, "product_after")
    at = _time(found, "product_after")
    turned = np.flip(found.array.astype(np.float64), at)
    last = np.ones_like(np.take(turned, [0], axis=at))
    shifted = np.concatenate([last, np.take(turned, range(turned.shape[at] - 1), axis=at)], axis=at)
    return Values(found.axes, np.flip(np.cumprod(shifted, axis=at), at))
