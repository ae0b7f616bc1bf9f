"""The lessons on offer: those that are shipped, and those in a folder of one's own (``RNNVIZ_LESSONS``)."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from rnnviz_core import places
from rnnviz_core.errors import LessonError, unknown_choice

from .lesson import Lesson
from .reading import ENDING, read

FILES = 100  # of one folder


@dataclass(frozen=True)
class Shelf:
    """Lessons in their order, and what is wrong with the files that are none."""

    lessons: tuple[Lesson, ...]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Lesson:
        """The lesson of an id.

        Raises
        ------
        LessonError
            Lists the ids when there is none.
        """
        for one in self.lessons:
            if one.id == name:
                return one
        raise LessonError(unknown_choice("lesson", name, [one.id for one in self.lessons]))


def shelf(own: str | Path | None = None) -> Shelf:
    """The lessons on offer; a file is read again only when it changed.

    Parameters
    ----------
    own
        A folder of one's own; None: the one that ``RNNVIZ_LESSONS`` names, if any. A file there that has the
        name of a shipped lesson takes its place.
    """
    asked = own or os.environ.get("RNNVIZ_LESSONS")
    files = {path.stem: path for path in _files(places.lessons())}
    problems = []
    if asked:
        folder = Path(asked)
        if not folder.is_dir():
            problems.append(f"{folder.name} is no folder; RNNVIZ_LESSONS names one with lessons in it")
        files |= {path.stem: path for path in _files(folder)}
    lessons = []
    for _, path in sorted(files.items()):
        try:
            lessons.append(_read(path, path.stat().st_mtime_ns))
        except LessonError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path.name} cannot be read: {error.strerror or error}")
    return Shelf(tuple(lessons), tuple(problems))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))[:FILES]


@functools.lru_cache(maxsize=2 * FILES)
def _read(path: Path, changed: int) -> Lesson:
    del changed  # part of the key
    return read(path)
