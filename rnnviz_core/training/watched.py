"""A run that somebody looks at while it goes on: its figures so far, and a way to end it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, NamedTuple

from .observers import Begun, Epoch, Observer, Step

SHOWN = 1_000  # updates that are kept; of more, every second one, then every fourth
SLICE = 20  # updates between two looks at the numbers of losses and norms


class Ended(Exception):
    """Raised by an observer that ends the run: what was trained until then is what there is."""


class Update(NamedTuple):
    """What is known of one update of the weights."""

    number: int  # from 1
    loss: float  # of its batch
    norm: float  # of the gradient, before clipping


@dataclass(frozen=True)
class Seen:
    """A run up to now."""

    updates: tuple[Update, ...]  # thinned out evenly where there are more than `SHOWN`
    checks: tuple[tuple[int, dict[str, float]], ...]  # after how many updates, and the validation figures
    seconds: float  # since the first update
    clip: float  # largest norm that the gradient may have


@dataclass
class Watched(Observer):
    """Keeps the progress of a run for another thread to read, and ends the run on request.

    Parameters
    ----------
    seconds
        After this time the run ends.
    done
        Whether the figures after an epoch are good enough to end it.
    first
        The validation figures of a network before its first update; without it the first ones come after
        the first epoch.
    pause
        Called after every update: a process that shares the processor yields to others here. It may raise
        `Ended` with a reason.
    """

    seconds: float = float("inf")
    done: Callable[[dict[str, Any]], bool] = lambda row: False
    first: Callable[[Any], dict[str, float]] | None = None
    pause: Callable[[], None] = lambda: None
    network: Any = None  # as it was after the last update
    _stopping: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _fresh: list[tuple[int, Any, Any]] = field(default_factory=list)
    _updates: list[Update] = field(default_factory=list)
    _checks: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    _began: float | None = None
    _every: int = 1
    _now: float = 0.0
    _clip: float = 0.0
    _number: int = 0

    @property
    def number(self) -> int:
        """Updates so far."""
        return self._number

    def stop(self) -> None:
        """End the run after the update that it is at."""
        self._stopping.set()

    def seen(self) -> Seen:
        """The run up to now."""
        with self._lock:
            return Seen(tuple(self._updates), tuple(self._checks), self._now, self._clip)

    def on_begin(self, begun: Begun) -> None:
        """Look at the network as it begins."""
        if self.first is not None and not begun.epochs:
            figures = self.first(begun.network)
            with self._lock:
                self._checks.append((0, figures))

    def on_step(self, step: Step) -> None:
        """Note the update; end the run where it was stopped or its time is over."""
        if self._began is None:
            self._began = time.monotonic()
        self.network, self._number, self._clip = step.network, step.total, step.clip
        self._fresh.append((step.total, step.loss, step.norm))
        if len(self._fresh) >= SLICE:
            self._take()
        self.pause()
        self._now = time.monotonic() - self._began
        if self._stopping.is_set():
            raise Ended("stopped")
        if self._now > self.seconds:
            raise Ended("time")

    def on_epoch(self, epoch: Epoch) -> None:
        """Note the figures; end the run where they are good enough."""
        self._take()
        figures = {name: value for name, value in epoch.row.items() if isinstance(value, float)}
        with self._lock:
            self._checks.append((self._number, figures))
        if self.done(epoch.row):
            raise Ended("done")

    def _take(self) -> None:
        """The numbers of the last updates; thin out what there is when it grows too long."""
        found = [Update(number, float(loss), float(norm)) for number, loss, norm in self._fresh]
        self._fresh.clear()
        with self._lock:
            self._updates += [one for one in found if one.number % self._every == 0]
            if len(self._updates) > SHOWN:
                self._every *= 2
                self._updates = [one for one in self._updates if one.number % self._every == 0]
