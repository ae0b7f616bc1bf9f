"""What a lesson is: its aim, the traces it looks at, and its steps. `reading` makes one from a file.

A step of any kind has a title and Markdown, in which ``{{ expression }}`` stands for a number of the trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .syntax import Expression

MAIN = "main"  # the name of a lesson's own trace


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which network reads which text; or the history of a training run, whose steps are its epochs."""

    model: str  # empty for a history
    text: str
    options: Mapping[str, int | str] = field(default_factory=dict)  # of the task's recording: ``beam``
    history: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A sentence, and the expression that must hold for it to be shown; None: always."""

    text: str
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; `read` alone has no more than this."""

    number: int  # from 0
    kind: str
    title: str
    body: str  # Markdown with fields
    line: int  # of the file, for messages
    trace: str = MAIN  # whose sites its expressions mean

    @property
    def asks(self) -> bool:
        """Whether there is something to predict."""
        return isinstance(self, Predict)


@dataclass(frozen=True, kw_only=True)
class Predict(Step):
    """Something to predict; what is right is computed from the trace when the lesson runs."""

    answer: Expression
    hint: str = ""  # behind a fold; in a class for when few are right


@dataclass(frozen=True, slots=True)
class Option:
    """One of several answers."""

    text: str
    when: Expression | None = None  # it is right if this holds; without: if it is what `answer` gives
    note: str = ""  # for whoever chose it: what lies behind it


@dataclass(frozen=True, kw_only=True)
class Choice(Predict):
    """One of two to six answers."""

    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class Scale(Predict):
    """A number on a scale."""

    low: float
    high: float
    step: float  # of the slider
    tolerance: float  # how far off is still right
    unit: str = ""  # behind the number: ``%``
    left: str = ""  # what the ends mean, in words
    right: str = ""


@dataclass(frozen=True, kw_only=True)
class Point(Predict):
    """A token."""

    within: int = 0  # how many steps off is still right


@dataclass(frozen=True, kw_only=True)
class Curve(Predict):
    """A number for every token."""

    low: float
    high: float
    tolerance: float  # mean distance that is still right
    label: str = ""  # what the numbers are


@dataclass(frozen=True, kw_only=True)
class Reveal(Step):
    """What the network did: a section of a page, and the answers to all that was predicted before."""

    page: str
    section: str
    beside: str = ""  # the name of a second trace, drawn beside the first
    address: Mapping[str, str] = field(
        default_factory=dict
    )  # ``token``, ``unit``, ``layer``, …, as in a link
    token: Expression | None = None  # the step to look at, computed
    unit: Expression | None = None
    says: tuple[Reply, ...] = ()  # the first that holds is shown
    answers: tuple[int, ...] = ()  # numbers of the steps that it gives the answers to


@dataclass(frozen=True, kw_only=True)
class Explain(Step):
    """Something to write in one's own words, and what a good answer mentions."""

    points: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Try(Step):
    """A text to find, for which a check on its trace holds; it takes the place of the trace's text."""

    check: Expression
    goal: str  # what the check asks for, in words
    show: Mapping[str, Expression] = field(default_factory=dict)  # words -> what is told of every try
    hint: str = ""


@dataclass(frozen=True)
class Blank:
    """One line of a worksheet: what is asked, and what is right."""

    ask: str  # with fields
    answer: Expression
    digits: int = 2
    work: str = ""  # the formula to fill in, with fields


@dataclass(frozen=True)
class Lesson:
    """A lesson as its file has it.

    Attributes
    ----------
    id
        The name of its file without the ending: ``04-forget-gate``.
    title, aim
        What it is called, and what a student can do after it.
    minutes
        How long it takes.
    misconceptions
        What students often believe, and this lesson puts right.
    traces
        Name -> what is recorded; ``main`` is the one that steps mean unless they say otherwise.
    names
        Name -> an expression used several times.
    steps
        In their order.
    blanks
        Of the worksheet, computed from the main trace.
    path
        Where it was read.
    """

    id: str
    title: str
    aim: str
    minutes: int
    misconceptions: tuple[str, ...]
    traces: Mapping[str, Recorded]
    names: Mapping[str, Expression]
    steps: tuple[Step, ...]
    blanks: tuple[Blank, ...] = ()
    path: Path | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The networks it needs."""
        return tuple(dict.fromkeys(one.model for one in self.traces.values() if one.model))
