"""A lesson in another language is the same lesson: only its words differ.

What a student predicted is kept as numbers and as the numbers of options, so the same steps must stand in the
same order, and ask the same of the same traces. `difference` finds the first place where they do not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import Any

from .fields import placeholders
from .lesson import Lesson, Scale
from .syntax import Expression

# What is translated: of a text in there only the fields must be the same.
WORDS = frozenset(
    {
        *("title", "aim", "misconceptions", "body", "hint", "text", "note", "goal", "points"),
        *("left", "right", "label", "ask", "work", "unit"),
    }
)
ALIKE = frozenset({"id", "line", "path", "steps"})  # nothing of the lesson itself, or compared one by one


def difference(translated: Lesson, original: Lesson) -> tuple[int, str] | None:
    """Where a translation is another lesson than its original.

    Returns
    -------
    tuple[int, str] or None
        A line of the translation's file, and what differs there; None: nothing but words.
    """
    if problem := _first(translated, original):
        return 1, f"its settings: {problem}"
    if len(translated.steps) != len(original.steps):
        return 1, f"it has {len(translated.steps)} steps in place of {len(original.steps)}"
    for ours, theirs in zip(translated.steps, original.steps, strict=True):
        if type(ours) is not type(theirs):
            return ours.line, f"step {ours.number + 1} asks something else, or in another way"
        if problem := _first(ours, theirs):
            return ours.line, f"step {ours.number + 1}: {problem}"
    return None


def _first(ours: Any, theirs: Any) -> str:
    """The first difference of two parts of a lesson, in words."""
    mine, wanted = dict(_bones(ours)), dict(_bones(theirs))
    for name in dict.fromkeys([*wanted, *mine]):
        if mine.get(name) != wanted.get(name):
            return f"{name} is {_told(mine.get(name))} in place of {_told(wanted.get(name))}"
    return ""


def _told(value: object) -> str:
    return "missing" if value is None else repr(value)[:120]


def _bones(value: Any, name: str = "", words: bool = False) -> Iterator[tuple[str, Any]]:
    """All that must be the same: values under a name such as ``options 2 when``."""
    if isinstance(value, Expression):
        yield name, value.text
    elif is_dataclass(value):
        for one in fields_of(value):
            if one.name not in ALIKE:
                said = one.name in WORDS and not _is_text_of_a_trace(value, one.name)
                yield from _bones(getattr(value, one.name), f"{name} {one.name}".strip(), said)
    elif isinstance(value, Mapping):
        shown = name == "show"  # its keys are words
        for number, (key, one) in enumerate(value.items(), start=1):
            yield from _bones(one, f"{name} {number if shown else key}")
    elif isinstance(value, (tuple, list)):
        yield f"how many {name}", len(value)
        for number, one in enumerate(value, start=1):
            yield from _bones(one, f"{name} {number}", words)
    elif words and isinstance(value, str):
        yield f"{name}: its fields", sorted(placeholders(value)) if value else None
    else:
        yield name, value


def _is_text_of_a_trace(value: object, name: str) -> bool:
    """A network reads the same text whatever the lesson's language; ``%`` is no word."""
    return (name == "text" and hasattr(value, "model")) or (
        isinstance(value, Scale) and name == "unit" and value.unit in ("", "%")
    )
