"""A class to try things on: its teacher, its students, and a clock that the test moves."""

from dataclasses import dataclass, field

from rnnviz_core.classroom.state import Opened
from rnnviz_core.classroom.store import Store

LESSON, LAST, ASKS = "one", 6, (1, 3)


@dataclass
class Clock:
    """Seconds since 1970, as the test says."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Class:
    """A class that is open, and its teacher."""

    store: Store
    clock: Clock
    opened: Opened = field(init=False)

    def __post_init__(self) -> None:
        self.opened = self.store.open(LESSON, LAST, ASKS)

    @property
    def code(self) -> str:
        return self.opened.code

    @property
    def key(self) -> str:
        return self.opened.key

    def students(self, count: int) -> list[str]:
        return [self.store.enter(self.code) for _ in range(count)]
