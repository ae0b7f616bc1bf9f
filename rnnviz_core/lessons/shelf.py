"""The lessons on offer: those that are shipped, and those in your own folder (``RNNVIZ_LESSONS``).

A lesson in another language is a file of the same name in a folder that is called by the language's code,
``es/04-the-forget-gate.md``, beside the English one.
"""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from rnnviz_core import places
from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.languages import SOURCE, language

from .lesson import Lesson
from .reading import ENDING, read
from .translations import difference

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
    """The lessons on offer, in the language of this run where they are translated.

    A file is read again only when it changed. A translation that cannot be used is told among the problems,
    and its lesson stays English.

    Parameters
    ----------
    own
        Your own folder; None: the one that ``RNNVIZ_LESSONS`` names, if any. A file there that has the
        name of a shipped lesson takes its place.
    """
    asked = own or os.environ.get("RNNVIZ_LESSONS")
    files = {path.stem: path for path in _files(places.lessons())}
    problems = []
    if asked:
        folder = Path(asked)
        if not folder.is_dir():
            problems.append(f"{folder.name} is not a folder; RNNVIZ_LESSONS names one with lessons in it")
        files |= {path.stem: path for path in _files(folder)}
    lessons = []
    for _, path in sorted(files.items()):
        lesson = _tried(problems, "", path)
        if lesson is not None:
            lessons.append(_translated(problems, path) or lesson)
    return Shelf(tuple(lessons), tuple(problems))


def _translated(problems: list[str], path: Path) -> Lesson | None:
    """The lesson of a file in the language of this run; None: there is none, or it cannot be used."""
    code = language()
    if code == SOURCE:
        return None
    said = path.parent / code / path.name
    return _tried(problems, f"{code}/", said, path) if said.is_file() else None


def _tried(problems: list[str], folder: str, path: Path, original: Path | None = None) -> Lesson | None:
    """The lesson of a file; None, and a problem more, where it cannot be used."""
    try:
        changed = path.stat().st_mtime_ns
        if original is None:
            return _read(path, changed)
        return _read_translation(path, changed, original, original.stat().st_mtime_ns)
    except LessonError as error:
        problems.append(f"{folder}{error}")
    except OSError as error:
        problems.append(f"{folder}{path.name} cannot be read: {error.strerror or error}")
    return None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))[:FILES]


@functools.lru_cache(maxsize=2 * FILES)
def _read(path: Path, changed: int) -> Lesson:
    del changed  # part of the key
    return read(path)


@functools.lru_cache(maxsize=2 * FILES)
def _read_translation(path: Path, changed: int, original: Path, original_changed: int) -> Lesson:
    """A lesson that is the same as its original but for its words."""
    found = _read(path, changed)
    if problem := difference(found, _read(original, original_changed)):
        line, told = problem
        raise LessonError(
            f"{path.name}, line {line}: this is not a translation of the English lesson: {told}"
        )
    return found
