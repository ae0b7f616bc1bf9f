"""How far a visitor is in a lesson: what was predicted and typed is in the address, the rest in the session.

``lesson`` its id; ``at`` the step, from 1, one more at the end; ``given`` the committed answers,
``2:0.35~4:7``; ``typed`` the texts of *try* steps, ``6:My sentence.``, one per line. What a student explains
in their own words stays in the session.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.languages import _
from rnnviz_core.lessons import Lesson, Networks, World
from rnnviz_core.lessons.lesson import Explain, Try
from rnnviz_core.ui.controls import url

KEY = "rnnviz-lessons"
BETWEEN, BEHIND = "~", ":"


@dataclass
class Kept:
    """What the session keeps of one lesson, for when it is opened again."""

    at: str = "1"
    given: str = ""
    typed: str = ""
    written: dict[int, str] = field(default_factory=dict)
    finished: bool = False


@dataclass(frozen=True)
class Progress:
    """One visitor in one lesson."""

    lesson: Lesson
    at: int  # the step, from 0; as many as there are steps: the end
    given: Mapping[int, str]
    typed: Mapping[int, str]
    kept: Kept

    @property
    def written(self) -> Mapping[int, str]:
        """What was explained, by the number of the step."""
        return self.kept.written

    def texts(self, number: int) -> dict[str, str]:
        """The texts that were typed up to a step, by the trace whose they are from there on."""
        return {
            step.trace: self.typed[step.number]
            for step in self.lesson.steps[: number + 1]
            if isinstance(step, Try) and step.number in self.typed
        }

    def go(self, number: int) -> None:
        """Open a step; in a callback."""
        url.put("at", str(number + 1))

    def commit(self, number: int, answer: str) -> None:
        """Keep an answer; in a callback."""
        self._keep({**self.given, number: answer})

    def type(self, number: int, text: str) -> None:
        """Keep the text of a *try* step; what was predicted on the one before is void. In a callback."""
        typed = {**self.typed, number: text.strip()[: limits.CHARACTERS]}
        lines = (f"{key}{BEHIND}{' '.join(value.split())}" for key, value in typed.items() if value)
        url.put("typed", "\n".join(lines) or None)
        trace = self.lesson.steps[number].trace
        later = {step.number for step in self.lesson.steps[number + 1 :] if step.trace == trace}
        self._keep({key: value for key, value in self.given.items() if key not in later})

    def write(self, number: int, words: str) -> None:
        """Keep an explanation; in a callback."""
        self.kept.written[number] = words.strip()[: limits.LESSON_TEXT_CHARACTERS]

    def again(self) -> None:
        """Forget it all and begin anew; in a callback."""
        _all()[self.lesson.id] = Kept(finished=self.kept.finished)
        for name in ("given", "typed"):
            url.put(name, None)
        self.go(0)

    def _keep(self, given: Mapping[int, str]) -> None:
        url.put(
            "given", BETWEEN.join(f"{key}{BEHIND}{value}" for key, value in sorted(given.items())) or None
        )


def _all() -> dict[str, Kept]:
    found: dict[str, Kept] = st.session_state.setdefault(KEY, {})
    return found


def kept(lesson: Lesson) -> Kept | None:
    """What the session knows of a lesson; None: it was not opened yet."""
    return _all().get(lesson.id)


def open_lesson(lesson: Lesson) -> None:
    """Go on where it was left; in a callback."""
    before = kept(lesson) or Kept()
    url.put("lesson", lesson.id)
    url.put("at", before.at)
    url.put("given", before.given or None)
    url.put("typed", before.typed or None)


def close() -> None:
    """Back to the list; in a callback."""
    for name in ("lesson", "at", "given", "typed"):
        url.put(name, None)


def current(lesson: Lesson) -> Progress:
    """Where the visitor is: not beyond a prediction that is still open."""
    here = _all().setdefault(lesson.id, Kept())
    typed = dict(_typed(lesson, url.get("typed") or ""))
    given = dict(_given(lesson, url.get("given") or ""))
    asked = url.number(url.get("at") or "1")
    last = len(lesson.steps)
    open_ = next((step.number for step in lesson.steps if step.asks and step.number not in given), last)
    at = min(max((asked or 1) - 1, 0), last, open_)
    if asked is None or asked - 1 != at:
        if asked is not None and at == open_:
            url.note(_("First predict: what comes after this step would tell the answer."))
        url.put("at", str(at + 1))
        url.write()
    here.at, here.given, here.typed = str(at + 1), url.get("given") or "", url.get("typed") or ""
    here.finished = here.finished or at == last
    return Progress(lesson, at, given, typed, here)


def _entries(raw: str, between: str) -> Iterator[tuple[int, str]]:
    for entry in raw.split(between)[: limits.LESSON_STEPS]:
        number, behind, value = entry.partition(BEHIND)
        step = url.number(number)
        if behind and value and step is not None:
            yield step, value


def _given(lesson: Lesson, raw: str) -> Iterator[tuple[int, str]]:
    for number, value in _entries(raw[: limits.CHARACTERS * 2], BETWEEN):
        if number < len(lesson.steps) and lesson.steps[number].asks:
            yield number, value


def _typed(lesson: Lesson, raw: str) -> Iterator[tuple[int, str]]:
    for number, value in _entries(raw, "\n"):
        if number < len(lesson.steps) and isinstance(lesson.steps[number], Try):
            yield number, value[: limits.CHARACTERS]


def writes(lesson: Lesson) -> list[Explain]:
    """Its steps in which something is explained."""
    return [step for step in lesson.steps if isinstance(step, Explain)]


def world(found: Progress, number: int, networks: Networks) -> World:
    """The lesson as it is at a step, with the texts typed up to there."""
    return World(found.lesson, networks, found.texts(number))
