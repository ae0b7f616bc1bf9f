"""What a class answered, counted: rows for a chart, the share that is right, and what to do about it.

The marks at 35 and 70 % are those of peer instruction: between them a discussion among neighbours gains most;
below, too few could convince anybody (Crouch and Mazur, Am. J. Phys. 69, 970, 2001).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from rnnviz_core.errors import LessonError
from rnnviz_core.languages import N_, _
from rnnviz_core.lessons import World, answers
from rnnviz_core.lessons.lesson import Choice, Curve, Point, Predict, Scale

LOW, HIGH = 0.35, 0.70  # shares that are right
BINS = 20  # of a scale, at most
ROUNDS = {1: N_("first vote"), 2: N_("second vote")}
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Tally:
    """The answers to one step, by round.

    Attributes
    ----------
    kind
        ``bars``: a bar per answer; ``scale``: along a scale of numbers; ``curves``: one per student.
    rows
        ``votes`` for the chart; for a scale and curves also ``truth``, empty unless it is told.
    given
        Round -> how many answers there are.
    right
        Round -> how many of them are right.
    """

    kind: Literal["bars", "scale", "curves"]
    rows: Mapping[str, Columns]
    given: Mapping[int, int]
    right: Mapping[int, int]
    ends: tuple[float, float] = (0.0, 1.0)  # of the scale
    label: str = ""  # what the numbers are
    names: Sequence[str] = field(default=())  # of the bars, or of the tokens

    @property
    def last(self) -> int:
        """The round that was voted in last; 0 where nobody has."""
        return max((number for number, count in self.given.items() if count), default=0)

    @property
    def share(self) -> float:
        """The share of its answers that is right; 0 where there are none."""
        return self.right[self.last] / self.given[self.last] if self.last else 0.0


def count(world: World, step: Predict, given: Mapping[int, Sequence[str]], *, told: bool) -> Tally:
    """Count the answers to a step; `told` says whether the class knows already what is right.

    What is not an answer to this step (its lesson was changed meanwhile) is left out.

    Raises
    ------
    LessonError
        When the right answer cannot be computed.
    """
    kept, right = {}, {}
    for number, some in given.items():
        outcomes = [(one, outcome) for one in some if (outcome := _check(world, step, one)) is not None]
        kept[number] = [one for one, _ in outcomes]
        right[number] = sum(outcome for _, outcome in outcomes)
    sizes = {number: len(some) for number, some in kept.items()}
    match step:
        case Choice():
            names = [world.fill(option.text, step) for option in step.options]
            true = {answers.right_option(world, step)}
            return Tally("bars", _bars(kept, names, true if told else set()), sizes, right, names=names)
        case Point():
            names = answers.tokens(world, step)
            at = answers.place(world, step)
            true = set(range(at - step.within, at + step.within + 1)) if told else set()
            return Tally("bars", _bars(kept, names, true), sizes, right, names=names)
        case Scale():
            truth = answers.number(world, step) if told else None
            return Tally(
                "scale",
                _scale(step, kept, truth),
                sizes,
                right,
                ends=(step.low, step.high),
                label=step.unit,
            )
        case Curve():
            names = answers.tokens(world, step)
            drawn = {n: [answers.points(world, step, one) for one in some] for n, some in kept.items()}
            rows = _curves(drawn, names, answers.curve(world, step) if told else None)
            return Tally(
                "curves", rows, sizes, right, ends=(step.low, step.high), label=step.label, names=names
            )
    raise LessonError(f"the step “{step.title}” cannot be counted")


def _check(world: World, step: Predict, given: str) -> bool | None:
    """Whether an answer is right; None where it is none. What cannot be computed is an error all the same."""
    try:
        return answers.check(world, step, given).right
    except LessonError:
        return None


def _bars(kept: Mapping[int, Sequence[str]], names: Sequence[str], true: set[int]) -> dict[str, Columns]:
    found: Columns = {name: [] for name in ("position", "answer", "round", "votes", "share", "right")}
    for number, some in kept.items():
        chosen = [int(one) for one in some]
        for position, name in enumerate(names):
            votes = chosen.count(position)
            row = (position, name, ROUNDS[number], votes, votes / max(len(some), 1), position in true)
            for key, value in zip(found, row, strict=True):
                found[key].append(value)
    return {"votes": found}


def edges(step: Scale) -> np.ndarray:
    """Where the bins of a scale begin and end: whole steps of its slider, `BINS` bins at most."""
    size = round((step.high - step.low) / step.step)
    per_bin = -(-size // BINS)
    count = -(-size // per_bin)
    return np.round(step.low + np.arange(count + 1) * per_bin * step.step, 9)


def _scale(step: Scale, kept: Mapping[int, Sequence[str]], truth: float | None) -> dict[str, Columns]:
    ends = edges(step)
    found: Columns = {name: [] for name in ("start", "end", "middle", "round", "votes", "share")}
    for number, some in kept.items():
        inside = np.clip(np.asarray([float(one) for one in some]), ends[0], ends[-1])
        votes, _ = np.histogram(inside, ends)
        for start, end, many in zip(ends[:-1], ends[1:], votes, strict=True):
            row = (start, end, (start + end) / 2, ROUNDS[number], int(many), int(many) / max(len(some), 1))
            for key, value in zip(found, row, strict=True):
                found[key].append(value if isinstance(value, str | int) else float(value))
    marked: Columns = {"from": [], "to": [], "at": []}
    if truth is not None:
        low, high = max(truth - step.tolerance, step.low), min(truth + step.tolerance, step.high)
        marked = {"from": [low], "to": [high], "at": [truth]}
    return {"votes": found, "truth": marked}


def _curves(
    drawn: Mapping[int, Sequence[np.ndarray]], names: Sequence[str], truth: np.ndarray | None
) -> dict[str, Columns]:
    """Of every token: the middle of the class, and between which two numbers half of it lies."""
    keys = ("position", "tick", "token", "round", "middle", "low", "high")
    found: Columns = {name: [] for name in keys}
    ticks = [f"{position:04d} {name}" for position, name in enumerate(names)]
    for number, some in drawn.items():
        if not some:
            continue
        quarters = np.quantile(np.stack(some), (0.25, 0.5, 0.75), axis=0)
        for position, name in enumerate(names):
            low, middle, high = quarters[:, position]
            row = (position, ticks[position], name, ROUNDS[number], float(middle), float(low), float(high))
            for key, value in zip(keys, row, strict=True):
                found[key].append(value)
    marked: Columns = {"position": [], "tick": [], "at": []}
    if truth is not None:
        marked = {"position": [*range(len(names))], "tick": ticks, "at": [float(one) for one in truth]}
    return {"votes": found, "truth": marked}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do after a vote."""

    band: Literal["hint", "discuss", "explain"]
    do: str  # said to the class, and tells nothing of what is right
    why: str  # for the teacher


def advice(tally: Tally) -> Advice:
    """What the share of right answers suggests; of the second vote, if there was one."""
    right, given = tally.right.get(tally.last, 0), tally.given.get(tally.last, 0)
    said: dict[str, Any] = {"right": right, "given": given, "share": tally.share, "low": LOW, "high": HIGH}
    if tally.share < LOW:
        return Advice(
            "hint",
            _("A hint first, then vote again."),
            _(
                "{right} of {given} right ({share:.0%}): below {low:.0%}, too few to convince the others. "
                "Give a hint, or go back a step, before you vote again.",
                **said,
            ),
        )
    if tally.share <= HIGH:
        return Advice(
            "discuss",
            _("Discuss with your neighbour, then vote again."),
            _(
                "{right} of {given} right ({share:.0%}): between {low:.0%} and {high:.0%} a discussion gains "
                "most. Let them convince each other, then vote again.",
                **said,
            ),
        )
    return Advice(
        "explain",
        _("Who can explain it in one sentence?"),
        _(
            "{right} of {given} right ({share:.0%}): above {high:.0%} most know it. Let somebody explain it "
            "briefly, and go on to the answer.",
            **said,
        ),
    )
