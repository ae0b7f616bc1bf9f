"""What all sessions of a server share: bounded caches, and the place where heavy work waits its turn.

Streamlit's own cache hashes every argument by its type and starts a thread for its spinner: half a
millisecond a hit, three a miss. Keys here are tuples of short texts and numbers.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Generic, TypeVar

V = TypeVar("V")

# Long computations (a beam, a t-SNE map) run one at a time, so that one processor is always left for
# those who only typed a sentence.
heavy = BoundedSemaphore(1)


@dataclass
class _Entry(Generic[V]):
    value: V
    size: int
    used: float  # seconds, monotonic


class Cache(Generic[V]):
    """Values that were used last, up to a number of entries, of bytes, and an age since their last use.

    What two sessions ask for at once is made once. An error is not kept.
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
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What the kept values say they take, all together."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of `key`, made by `make` unless it is kept."""
        with self._lock:
            if (found := self._find(key)) is not None:
                return found.value
            making = self._making.setdefault(key, Lock())
        try:
            with making:
                with self._lock:
                    if (found := self._find(key)) is not None:
                        return found.value
                value = make()
                with self._lock:
                    self._keep(key, value)
                return value
        finally:
            with self._lock:
                self._making.pop(key, None)

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
