"""What is known of a class at a moment: where it stands, and what of it anybody may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROUNDS = (1, 2)
LOBBY = -1  # the step before the first: whoever is there waits


@dataclass(frozen=True, slots=True)
class AtStep:
    """What the teacher did at one step."""

    round: int = 1  # that is voted in
    uncovered: int = 0  # rounds that everybody may see
    wall: bool = False  # whether everybody sees the notes

    @property
    def voting(self) -> bool:
        """Whether answers are taken."""
        return self.uncovered < self.round


@dataclass(frozen=True)
class State:
    """A class, without anything that is secret."""

    id: int
    code: str
    lesson: str
    step: int  # where the teacher is, from 0; `LOBBY` before the first, `last` after the last
    last: int  # how many steps there are
    asks: frozenset[int]  # steps to predict
    free: bool  # everybody goes on as they like
    door: bool  # more may enter
    revision: int  # one more whenever students see something new
    steps: Mapping[int, AtStep] = field(default_factory=dict)

    def at(self, step: int) -> AtStep:
        """What the teacher did at a step."""
        return self.steps.get(step, AtStep())

    def votes_on(self, step: int) -> bool:
        """Whether an answer to a step is taken now."""
        return step in self.asks and (self.free or step == self.step) and self.at(step).voting


@dataclass(frozen=True, slots=True)
class Opened:
    """A new class: its code for everybody, and the secret of its teacher."""

    code: str
    key: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a screen asks for every second."""

    revision: int
    students: int
    votes: int  # in the round that is voted in, on the step that was asked about
    notes: int  # on it, hidden ones too


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody saw."""

    id: int
    words: str
    hidden: bool
    own: bool  # it is from whoever asks
