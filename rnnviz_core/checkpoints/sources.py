"""Where networks come from: a folder of checkpoints, or somebody's memory; or several such places at once.

The interface lists, caches and loads what a `Source` gives, and the address names a network by its id; nobody
asks where it lies.
"""

import itertools
import os
import time
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from rnnviz_core.errors import CheckpointError
from rnnviz_core.models.network import is_network

from . import registry
from .registry import Entry, Model, Scan

LOOK_SECONDS = 2.0  # a folder is looked at again for changes after this time


class Source(Protocol):
    """A place that networks come from. Ids are unique in it."""

    def scan(self) -> Scan:
        """What it holds, and what is wrong with the rest."""
        ...

    def stamp(self, model_id: str | None = None) -> Hashable:
        """Changes when the network of this id (None: anything) is replaced; no other source gives it.

        So it can stand for the network in the key of a cache.
        """
        ...

    def load(self, model_id: str) -> Model:
        """The network, in evaluation mode; a `CheckpointError` says why there is none."""
        ...


class Folder:
    """A folder of checkpoints: the one that is shipped, or a person's own."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._stamps: dict[Path, tuple[float, str]] = {}  # folder -> when it was looked at, and its stamp
        self._scanned: tuple[Hashable, Scan] | None = None
        self._scanning = Lock()

    def scan(self) -> Scan:
        """Its checkpoints; looked at again only when a file changed."""
        stamp = self.stamp()
        with self._scanning:
            if self._scanned is None or self._scanned[0] != stamp:
                self._scanned = stamp, registry.scan(self.path)
            return self._scanned[1]

    def stamp(self, model_id: str | None = None) -> Hashable:
        """Names, sizes and times of the files; looked at once in `LOOK_SECONDS`."""
        place = self.path / (model_id or "")
        looked, stamp = self._stamps.get(place, (0.0, ""))
        now = time.monotonic()
        if not stamp or now - looked >= LOOK_SECONDS:
            stamp = _files(place)
            self._stamps[place] = (now, stamp)
        return str(place), stamp

    def load(self, model_id: str) -> Model:
        """The network of a checkpoint; for an unknown id the error lists those there are."""
        inside = Path(model_id).name == model_id not in ("", "..")
        if not inside or not (self.path / model_id).is_dir():
            self.scan().find(model_id)
        return registry.load(self.path / model_id)


class Held:
    """Networks in memory: those that a Python program made, or that a visitor brought along.

    Only the owner of this object sees them; they are gone when the object is.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Entry, Model]] = {}

    def add(
        self,
        network: Model,
        metrics: Mapping[str, Any] | None = None,
        card: str = "",
        size: int | None = None,
    ) -> Entry:
        """Hold a network under its name; one of that name is replaced. `size` is that of its file, in bytes.

        Raises
        ------
        CheckpointError
            When it is not a network of this project, or in training mode.
        """
        if not is_network(network):
            raise CheckpointError(f"a {type(network).__name__} is not a network of this project")
        if network.training:
            raise CheckpointError(f"{network.name} is in training mode; call .eval() first")
        weights = network.state_dict().values()
        numbers = sum(weight.numel() for weight in weights)
        if size is None:
            size = sum(weight.numel() * weight.element_size() for weight in weights)
        entry = Entry(network.name, None, network.spec, numbers, size, metrics or {}, card)
        self._held[entry.id] = next(_SERIAL), entry, network
        return entry

    def remove(self, model_id: str) -> None:
        """Let go of a network; nothing happens where there is none of this id."""
        self._held.pop(model_id, None)

    def scan(self) -> Scan:
        """The networks, in the order in which they came."""
        return Scan(tuple(entry for _, entry, _ in self._held.values()), ())

    def stamp(self, model_id: str | None = None) -> Hashable:
        """A number that each network gets when it comes."""
        if model_id is not None:
            return "held", self._find(model_id)[0]
        return "held", *(number for number, _, _ in self._held.values())

    def load(self, model_id: str) -> Model:
        """The network itself, no copy."""
        return self._find(model_id)[2]

    def _find(self, model_id: str) -> tuple[int, Entry, Model]:
        self.scan().find(model_id)
        return self._held[model_id]


_SERIAL = itertools.count()  # of all networks that were ever held, so that no two have one stamp


class Joined:
    """Several sources as one. Of two networks with one id the first counts, the other becomes a problem."""

    def __init__(self, *sources: Source) -> None:
        self.sources = sources

    def scan(self) -> Scan:
        """What all of them hold, source by source."""
        entries: dict[str, Entry] = {}
        problems: list[str] = []
        for found in (source.scan() for source in self.sources):
            problems += found.problems
            for entry in found.entries:
                if entries.setdefault(entry.id, entry) is not entry:
                    problems.append(f"{entry.id}: another model has this name; give it one of its own")
        return Scan(tuple(entries.values()), tuple(problems))

    def stamp(self, model_id: str | None = None) -> Hashable:
        """That of the source which holds the network."""
        if model_id is None:
            return tuple(source.stamp() for source in self.sources)
        return self._of(model_id).stamp(model_id)

    def load(self, model_id: str) -> Model:
        """The network, by the source that holds it."""
        return self._of(model_id).load(model_id)

    def _of(self, model_id: str) -> Source:
        for source in self.sources:
            if any(entry.id == model_id for entry in source.scan().entries):
                return source
        self.scan().find(model_id)
        raise AssertionError("a scan finds what a source holds")


def _files(path: Path) -> str:
    """Names, sizes and times of all files below a folder."""
    try:
        return "|".join(sorted(_stamps(path))) or "empty"
    except OSError:
        return "unreadable"


def _stamps(path: "Path | os.DirEntry[str]") -> Iterator[str]:
    # `Path.rglob` takes four times as long, and a run of a page waits for this.
    with os.scandir(path) as found:
        for one in found:
            if one.is_dir():
                yield from _stamps(one)
            elif one.is_file():
                status = one.stat()
                yield f"{one.path}:{status.st_size}:{status.st_mtime_ns}"
