"""What is right in a step, and whether an answer is. An answer is a short text, as it stands in an address.

====== ===========================================================
choice the number of the option, from 0
number the number: ``0.35``
token  the number of the token, from 0
curve  a number per token, joined by ``_``: ``0.9_0.85_0.4``
try    the text that was typed
====== ===========================================================
"""

from dataclasses import dataclass

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import LessonError, RnnvizError
from rnnviz_core.languages import _, in_quotes, numerals

from .fields import written
from .function_table import same
from .lesson import Choice, Curve, Point, Reveal, Scale, Step, Try
from .values import Values, names, token_axis
from .world import World

JOIN = "_"


@dataclass(frozen=True)
class Outcome:
    """An answer, compared with what was computed."""

    right: bool
    given: str  # in words
    true: str  # in words
    note: str = ""  # on what was given


@dataclass(frozen=True)
class Tried:
    """A text that was tried, and what came of it."""

    right: bool
    told: tuple[tuple[str, str], ...]  # words, value
    problem: str = ""  # why the network cannot read it


def tokens(world: World, step: Step) -> list[str]:
    """What the tokens of a step are called: those along which its answer runs."""
    return names(world.trace(step.trace), _axis(world, step)) or []


def _axis(world: World, step: Step) -> str:
    trace = world.trace(step.trace)
    if isinstance(step, (Point, Curve)):
        found = world.value(step.answer, step.trace)
        if isinstance(found, Values):
            if found.places is not None and found.places[1] in trace.tokens:
                return found.places[1]
            if axis := token_axis(found.axes):
                return axis
    return "source" if "source" in trace.tokens else "time"


def right_option(world: World, step: Choice) -> int:
    """The number of the option that is right.

    Raises
    ------
    LessonError
        When none is: the trace is another one than the teacher had in mind.
    """
    if step.options[0].when is not None:
        held = [n for n, one in enumerate(step.options) if one.when and world.holds(one.when, step.trace)]
    else:
        found = world.value(step.answer, step.trace)
        held = [n for n, one in enumerate(step.options) if _is(found, one.text)]
    if not held:
        raise LessonError(_("no option of “{title}” is right on this trace", title=step.title))
    return held[0]


def _is(found: Values | str, option: str) -> bool:
    """Whether a computed value is what an option says."""
    if isinstance(found, Values) and found.places is None:
        try:
            return bool(np.isclose(found.number, float(option.replace("−", "-")), rtol=0, atol=0.005))
        except (ValueError, TypeError):
            return False
    try:
        return same(found, option)
    except LessonError:  # the option is not a word of this text
        return False


def number(world: World, step: Scale) -> float:
    """The number that is right.

    Raises
    ------
    LessonError
        When the answer is not a single number.
    """
    found = world.value(step.answer, step.trace)
    if not isinstance(found, Values) or not found.single:
        raise LessonError(f"“{step.answer.text}” must be a single number: take a mean or choose a place")
    return found.number


def place(world: World, step: Point) -> int:
    """The token that is right.

    Raises
    ------
    LessonError
        When the answer is not a token.
    """
    found = world.value(step.answer, step.trace)
    tokens_ = world.trace(step.trace).tokens
    if (
        not isinstance(found, Values)
        or not found.single
        or not found.places
        or found.places[1] not in tokens_
    ):
        raise LessonError(f"“{step.answer.text}” must be a token, as argmax(…, time) gives one")
    return found.place


def curve(world: World, step: Curve) -> np.ndarray:
    """The numbers that are right, one per token.

    Raises
    ------
    LessonError
        When the answer is not that.
    """
    found = world.value(step.answer, step.trace)
    if not isinstance(found, Values) or len(found.axes) != 1 or not token_axis(found.axes):
        raise LessonError(f"“{step.answer.text}” must give one number per token: leave only the axis time")
    return found.array.astype(np.float64)


def check(world: World, step: Step, given: str) -> Outcome:
    """An answer to a step, compared with what is computed.

    Parameters
    ----------
    world
        The lesson at work.
    step
        One that predicts.
    given
        The answer as a short text (see the top of this module).

    Raises
    ------
    LessonError
        When `given` is not an answer to this step, or the right one cannot be computed.
    """
    match step:
        case Choice():
            chosen, best = _whole(given, len(step.options)), right_option(world, step)
            picked = step.options[chosen]
            return Outcome(
                chosen == best,
                world.fill(picked.text, step),
                world.fill(step.options[best].text, step),
                world.fill(picked.note, step),
            )
        case Scale():
            guess, true = _number(given, step.low, step.high), number(world, step)
            unit = behind(step)
            digits = decimals(step.step)
            return Outcome(
                abs(guess - true) <= step.tolerance + 1e-9,
                f"{_plain(guess, digits)}{unit}",
                f"{_plain(true, max(digits, 1))}{unit}",
            )
        case Point():
            known = tokens(world, step)
            at, true_at = _whole(given, len(known)), place(world, step)
            return Outcome(abs(at - true_at) <= step.within, in_quotes(known[at]), in_quotes(known[true_at]))
        case Curve():
            drawn, true_curve = points(world, step, given), curve(world, step)
            off = float(np.abs(drawn - true_curve).mean())
            return Outcome(
                off <= step.tolerance + 1e-9,
                _("a curve that is {distance} off on average", distance=_plain(off, 3)),
                _("within {distance}", distance=_plain(step.tolerance, 2)),
            )
    raise LessonError(f"the step “{step.title}” predicts nothing")


def points(world: World, step: Curve, given: str) -> np.ndarray:
    """The numbers of a drawn curve.

    Raises
    ------
    LessonError
        When there are too few or too many, or one is beyond the scale.
    """
    drawn = [_number(one, step.low, step.high) for one in given[: limits.CHARACTERS].split(JOIN)]
    wanted = len(tokens(world, step))
    if len(drawn) != wanted:
        raise LessonError(
            _("the curve has {count} numbers for {tokens} tokens", count=len(drawn), tokens=wanted)
        )
    return np.asarray(drawn)


def tried(world: World, step: Try) -> Tried:
    """Whether the check of a step holds for the text that `world` has for its trace, and numbers."""
    try:
        told = tuple(
            (words, written(world.value(expression, step.trace))) for words, expression in step.show.items()
        )
        return Tried(world.holds(step.check, step.trace), told)
    except RnnvizError as error:
        return Tried(False, (), str(error))


def said(world: World, step: Reveal) -> str:
    """The sentence that holds on this trace, unfilled; empty where none does."""
    return next((one.text for one in step.says if one.when is None or world.holds(one.when, step.trace)), "")


def behind(step: Scale) -> str:
    """What stands behind a number of a scale: its unit, with the space before it."""
    return numerals("%") if step.unit == "%" else f" {step.unit}".rstrip()


def decimals(step: float) -> int:
    """How many decimals a scale with this step shows."""
    return next((digits for digits in range(5) if abs(round(step, digits) - step) < 1e-9), 4)


def _plain(value: float, digits: int) -> str:
    return written(Values((), np.asarray(value)), str(min(digits, 4)))


def _whole(given: str, size: int) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 6 and int(given) < size):
        raise LessonError(_("the answer {given!r} is none of 0 to {last}", given=given[:20], last=size - 1))
    return int(given)


def _number(given: str, low: float, high: float) -> float:
    try:
        found = float(given) if len(given) <= 24 else float("nan")
    except ValueError:
        found = float("nan")
    if not low - 1e-9 <= found <= high + 1e-9:
        raise LessonError(
            _(
                "the answer {given!r} is not a number from {low:g} to {high:g}",
                given=given[:20],
                low=low,
                high=high,
            )
        )
    return found


def is_right(world: World, step: Step, given: str) -> bool:
    """Whether an answer is right; one that cannot be compared is not."""
    try:
        return check(world, step, given).right
    except RnnvizError:
        return False
