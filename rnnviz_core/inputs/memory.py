"""A file that lies in memory: what readers ask of a path, without a disk."""

import io
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import BinaryIO


@dataclass(frozen=True)
class InMemory:
    """The bytes of a file under the name that it came with; read as a `Path` is, and never written."""

    name: str
    content: bytes = field(repr=False)

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return PurePath(self.name).suffix

    def stat(self) -> SimpleNamespace:
        """Its size, as ``st_size``."""
        return SimpleNamespace(st_size=len(self.content))

    def is_dir(self) -> bool:
        """No."""
        return False

    def open(self, mode: str = "rb") -> BinaryIO:
        """Its bytes as a stream."""
        if mode != "rb":
            raise ValueError(f"a file in memory is opened for reading, not {mode!r}")
        return io.BytesIO(self.content)

    def read_bytes(self) -> bytes:
        """Its bytes."""
        return self.content

    def read_text(self, encoding: str = "utf-8") -> str:
        """Its text."""
        return self.content.decode(encoding)


File = Path | InMemory  # what every reader of files takes


def file_of(given: "str | File") -> File:
    """A path as it is named, or a file in memory as it is."""
    return given if isinstance(given, InMemory) else Path(given)
