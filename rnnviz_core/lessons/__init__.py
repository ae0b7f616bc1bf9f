"""Lessons: predict, commit, look, write what you saw.

A lesson is a Markdown file (``files/``) whose right answers are expressions over a trace, computed when the
lesson runs. `reading` reads a file, `shelf` finds them, `world` computes, `answers` compares; nothing draws.
"""

from .answers import Outcome as Outcome
from .answers import Tried as Tried
from .answers import check as check
from .answers import tried as tried
from .lesson import Lesson as Lesson
from .reading import parse as parse
from .reading import read as read
from .shelf import Shelf as Shelf
from .shelf import shelf as shelf
from .world import Networks as Networks
from .world import World as World
from .world import networks as networks

__all__ = [
    "Lesson",
    "Networks",
    "Outcome",
    "Shelf",
    "Tried",
    "World",
    "check",
    "networks",
    "parse",
    "read",
    "shelf",
    "tried",
]
