"""Trainings that visitors ask for: one at a time in the whole process, and nobody else waits for them.

A training runs in a thread of its own. After every update of the weights it lets each run of a page go first,
so that a visitor who types waits for one update at most; and it ends when its visitor has left.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rnnviz_core import limits, logs
from rnnviz_core.languages import language, speak
from rnnviz_core.ui import streamlit_private

from .caches import turns

if TYPE_CHECKING:
    from rnnviz_core.training.watched import Watched

NICE = 10  # of the thread: whoever else wants the processor gets it first
ASIDE = 0.25  # seconds at most that an update waits for the runs of pages
BREATH = 0.001  # seconds after every update in which other threads can take Python's lock
LOOK = 1.0  # seconds between two looks whether the visitor is there
GONE = 5.0  # seconds without a connection after which a visitor has left: a reload takes less


class State(StrEnum):
    """How far a training is."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """One training that a visitor asked for.

    Attributes
    ----------
    session
        Whose it is.
    watched
        What is known of it while it goes on.
    work
        Trains, and returns what came of it; the observer is `watched`.
    """

    session: str
    watched: "Watched"
    work: "Callable[[Watched], Any]"
    state: State = State.WAITING
    result: Any = None
    error: Exception | None = None  # where it failed
    language: str = field(default_factory=language)  # of the page that asked for it
    _looked: float = 0.0
    _rested: float = field(default_factory=time.monotonic)  # when the last pause ended
    _given: int = 0  # turns of pages until then
    _there: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in (State.ENDED, State.FAILED)

    def pause(self) -> None:
        """After an update: runs of pages go first; a visitor who left ends the training.

        Where pages were drawn during the update, it rests for as long as that took.
        """
        given, update = turns.given, time.monotonic() - self._rested
        time.sleep(BREATH if given == self._given else min(update, ASIDE))
        self._given = given
        until = time.monotonic() + ASIDE
        while turns.busy and time.monotonic() < until:
            time.sleep(2 * BREATH)
        if not self.there():
            self.watched.stop()
        self._rested = time.monotonic()

    def there(self) -> bool:
        """Whether its visitor is still connected, or was a moment ago."""
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            if streamlit_private.is_active(self.session) is not False:
                self._there = now
        return now - self._there < GONE


class Full(Exception):
    """So many are waiting that one more would wait too long."""


class Queue:
    """Trainings in the order in which they were asked for."""

    def __init__(self, most: int = limits.TRAININGS_WAITING) -> None:
        self._most = most
        self._jobs: list[Job] = []  # the first one is being trained
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, session: str, watched: "Watched", work: "Callable[[Watched], Any]") -> Job:
        """Put a training at the end; what the session still had there gives way.

        Raises
        ------
        Full
            When too many are waiting.
        """
        job = Job(session, watched, work)
        watched.pause = job.pause
        with self._lock:
            for other in self._jobs:
                if other.session == session:
                    other.watched.stop()
            waiting = [other for other in self._jobs if other.state is State.WAITING]
            self._drop([other for other in waiting if other.session == session])
            if len(self._jobs) > self._most:
                raise Full
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._train, name="rnnviz-training", daemon=True)
                self._thread.start()
        return job

    def before(self, job: Job) -> int:
        """How many are trained before it; 0 while it is being trained itself, or over."""
        with self._lock:
            return self._jobs.index(job) if job in self._jobs else 0

    def leave(self, job: Job) -> None:
        """Stop a training, or give up its place."""
        job.watched.stop()
        with self._lock:
            if job.state is State.WAITING:
                self._drop([job])

    def _drop(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._jobs.remove(job)
            job.state = State.ENDED

    def _train(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # Linux: of this thread alone
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while (job := self._next()) is not None:
            state = State.ENDED
            try:
                with speak(job.language):
                    job.result = job.work(job.watched)
            except Exception as error:
                logs.report(error, "training", "-")
                job.error = error.with_traceback(None)
                state = State.FAILED
            with self._lock:
                self._jobs.remove(job)
                job.state = state

    def _next(self) -> Job | None:
        """The next one whose visitor is still there; None, and the thread ends, when nobody waits."""
        with self._lock:
            self._drop([job for job in self._jobs if not job.there()])
            if not self._jobs:
                self._thread = None
                return None
            self._jobs[0].state = State.RUNNING
            return self._jobs[0]


queue = Queue()
