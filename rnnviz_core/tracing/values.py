"""Values that nobody can change: arrays that are read-only for good, mappings and tuples."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

_PLAIN = frozenset((str, int, float, bool, type(None)))

Computed = tuple[str, Callable[[np.ndarray], np.ndarray]]  # another site, and what makes the array of its


class Arrays(Mapping[str, np.ndarray]):
    """Arrays by site, read-only; some are computed at every access and not stored."""

    def __init__(
        self,
        kept: dict[str, np.ndarray],
        computed: Mapping[str, Computed] = MappingProxyType({}),
        order: tuple[str, ...] = (),
    ):
        self.kept, self.computed, self._order = kept, computed, order or tuple(kept)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.computed:
            return read_only(self.kept[name])
        source, function = self.computed[name]
        return read_only(np.ascontiguousarray(function(read_only(self.kept[source]))))

    def __contains__(self, name: object) -> bool:
        return name in self.kept or name in self.computed

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


def read_only(array: np.ndarray) -> np.ndarray:
    """The same numbers in an array that nobody can make writable: it sees memory that is not."""
    return np.asarray(memoryview(array).toreadonly())  # type: ignore[arg-type]


def frozen(value: Any) -> Any:
    """Plain values that cannot be changed: mappings that are read-only, tuples in place of lists."""
    if isinstance(value, Mapping):
        found = {name: part if type(part) in _PLAIN else frozen(part) for name, part in value.items()}
        return MappingProxyType(found)
    if isinstance(value, list | tuple):
        if _PLAIN.issuperset(map(type, value)):  # the thousands of nodes of a search
            return tuple(value)
        return tuple(map(frozen, value))
    return value


def thawed(value: Any) -> Any:
    """The inverse of `frozen`, as JSON takes it."""
    if isinstance(value, Mapping):
        return {name: thawed(part) for name, part in value.items()}
    return [thawed(part) for part in value] if isinstance(value, tuple) else value
