"""What all sessions of a server share: bounded caches, turns, and the place where heavy work waits.

Streamlit's own cache hashes every argument by its type and starts a thread for its spinner: half a
millisecond a hit, three a miss. Keys here are tuples of short texts and numbers.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock, local
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from rnnviz_core import limits

V = TypeVar("V")


class Turns:
    """One run at a time, first come, first served; as a context manager.

    Twenty runs that share Python's lock all end when the last one does, and each pays for the switches
    between them. One after the other, all but the last end sooner. Nobody may wait for another thread
    while it has the turn: it steps `aside` first. A turn that does not come in time, because something
    hangs, is not waited for.
    """

    def __init__(self, patience: float = limits.TURN_SECONDS) -> None:
        self._patience = patience  # seconds
        self._taken = False
        self.given = 0  # turns so far
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()
        self._thread = local()

    def __enter__(self) -> None:
        self.given += 1
        self._thread.has = self._wait()

    @property
    def busy(self) -> bool:
        """Whether somebody has the turn."""
        return self._taken

    @property
    def mine(self) -> bool:
        """Whether this thread has the turn."""
        return getattr(self._thread, "has", False)

    def __exit__(self, *error: object) -> None:
        if self._thread.has:
            self._thread.has = False
            self._next()

    @contextmanager
    def once(self) -> Generator[None]:
        """The turn, for those who may have it already: a part of a page that also runs by itself."""
        if self.mine:
            yield
            return
        with self:
            yield

    @contextmanager
    def aside(self) -> Generator[None]:
        """Let others run meanwhile, if this thread has the turn, and queue for it again at the end."""
        if not self.mine:
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def _wait(self) -> bool:
        """Whether the turn came."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=self._patience):
            return True
        with self._lock:
            if mine not in self._waiting:  # handed over in the last moment
                return True
            self._waiting.remove(mine)
            return False

    def _next(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


turns = Turns()
# Long computations (a beam, a t-SNE map) run one at a time, so that one processor is always left for
# those who only typed a sentence.
_heavy = BoundedSemaphore(1)


@contextmanager
def heavy() -> Generator[None]:
    """Around a long computation: it waits for the other one, and those who only typed pass by."""
    with turns.aside(), _heavy:
        yield


@dataclass
class _Entry(Generic[V]):
    value: V
    size: int
    used: float  # seconds, monotonic


@dataclass
class _Making:
    """A value being computed: whoever computes it holds the lock; forgotten when nobody wants it any more."""

    lock: Lock
    wanted: int = 0  # threads that compute it or wait for it


_every: "WeakSet[Cache[Any]]" = WeakSet()


def forget_all(but: "Cache[Any]") -> None:
    """Empty every cache of this process except one."""
    for cache in list(_every):
        if cache is not but:
            cache.clear()


class Cache(Generic[V]):
    """Values that were used last, up to a number of entries, of bytes, and an age since their last use.

    Concurrent requests for one key share one computation. An error is not kept: one of those who waited
    computes the value again, while the others, and whoever asks meanwhile, go on waiting.
    """

    def __init__(
        self,
        entries: int,
        *,
        size: Callable[[V], int] = lambda value: 0,
        at_most: int | None = None,  # bytes
        seconds: float = float("inf"),
    ) -> None:
        self._entries, self._size, self._at_most, self._seconds = entries, size, at_most, seconds
        self._kept: OrderedDict[Hashable, _Entry[V]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}
        self._lock = Lock()
        self._bytes = 0
        _every.add(self)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        """Whether the value of `key` is kept, so that `get` takes no time."""
        with self._lock:
            return self._find(key) is not None

    @property
    def bytes(self) -> int:
        """What the kept values say they take, all together."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of `key`, made by `make` unless it is kept."""
        with self._lock:
            if (found := self._find(key)) is not None:
                return found.value
            making = self._making.setdefault(key, _Making(Lock()))
            making.wanted += 1
        try:
            if not making.lock.acquire(blocking=False):
                with turns.aside():
                    making.lock.acquire()
            try:
                with self._lock:
                    if (found := self._find(key)) is not None:
                        return found.value
                value = make()
                with self._lock:
                    self._keep(key, value)
                return value
            finally:
                making.lock.release()
        finally:
            with self._lock:
                making.wanted -= 1
                if not making.wanted:
                    del self._making[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _find(self, key: Hashable) -> _Entry[V] | None:
        found = self._kept.get(key)
        now = time.monotonic()
        if found is None or now - found.used > self._seconds:
            return None
        found.used = now
        self._kept.move_to_end(key)
        return found

    def _keep(self, key: Hashable, value: V) -> None:
        self._drop(key)
        size, now = self._size(value), time.monotonic()
        self._kept[key] = _Entry(value, size, now)
        self._bytes += size
        while len(self._kept) > 1 and self._full(now):
            self._drop(next(iter(self._kept)))

    def _full(self, now: float) -> bool:
        oldest = next(iter(self._kept.values()))
        return (
            len(self._kept) > self._entries
            or (self._at_most is not None and self._bytes > self._at_most)
            or now - oldest.used > self._seconds
        )

    def _drop(self, key: Hashable) -> None:
        if (found := self._kept.pop(key, None)) is not None:
            self._bytes -= found.size
