"""A class in real browsers: a teacher and three students, a whole lesson, and another server midway."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnviz_core.classroom.store import Store
from rnnviz_core.lessons import Lesson, shelf
from scripts.driver import Visitor
from scripts.serving import free_port, serve_process

PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1366, "height": 768}
LESSON = "11-beating-yesterday"  # no shipped lesson has fewer steps: 8, three of them to predict
SCALE, CURVES, CHOICE, KNOCK, WORDS = 1, 2, 3, 5, 7  # numbers of its steps


class Room:
    """Everybody in a class, each in a browser of their own, and what they do at the same time."""

    def __init__(self, browser: Any, address: str) -> None:
        sizes = (WIDE, PHONE, PHONE, WIDE)
        self.everybody = [Visitor(browser, address, viewport=size) for size in sizes]
        self.teacher, *self.students = self.everybody
        self.lesson: Lesson = shelf().find(LESSON)

    def open(self) -> None:
        """The teacher opens a class, and the students enter by its link."""
        page = self.teacher.page
        page.goto(f"{self.teacher.address}/class")
        page.get_by_role("combobox", name="Lesson").click()
        page.get_by_role("option", name=self.lesson.title).click()
        click(self.teacher, "Open a class")
        page.wait_for_url(re.compile("key="))
        picture = page.get_by_role("img", name="QR code of")
        assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 100
        code = self.teacher.query()["class"]
        for one in self.students:
            one.page.goto(f"{one.address}/class?class={code}", wait_until="commit")
        for one in self.students:
            click(one, "Enter")
        see(self.teacher, "3 students are here")

    def go(self, number: int) -> None:
        """To the next step, which comes to every screen by itself."""
        control(self.teacher, "Begin" if number == 0 else "Next")
        for one in self.everybody:
            see(one, f"step {number + 1} of {len(self.lesson.steps)}")
            one.page.get_by_role("heading", name=self.lesson.steps[number].title).first.wait_for()

    def vote(self, answers: dict[Visitor, int]) -> None:
        """Predict at the same time: the place of an option, or how often a slider is moved up."""
        for one, answer in answers.items():
            main = one.page.get_by_test_id("stMain")
            slider, options = main.get_by_role("slider"), main.get_by_role("radio")
            slider.or_(options).first.wait_for(state="attached")  # it comes after the heading
            if slider.count():
                for _ in range(answer):
                    slider.press("ArrowRight")
            else:
                options.nth(answer).locator("xpath=ancestor::label").click()
        for one in answers:
            click(one, "Commit")  # once it can be clicked
        for one in answers:
            see(one, "You predicted")

    def uncover(self) -> None:
        """Until then nobody sees a vote, the teacher neither; from then on everybody does."""
        assert [one.page.url for one in self.everybody if one.charts()] == []
        assert [one.page.url for one in self.everybody if re.search(r"\d of \d right", one.text())] == []
        control(self.teacher, "Uncover")
        for one in self.everybody:
            one.page.get_by_test_id("stVegaLiteChart").first.wait_for()

    def write(self, words: dict[Visitor, str]) -> None:
        """Put a note on the wall."""
        for one, note in words.items():
            one.page.get_by_placeholder("A sentence is enough").fill(note)
            click(one, "Put it on the wall")
        for note in words.values():
            see(self.teacher, note)

    def problems(self) -> list[str]:
        """What is wrong on a screen: an error, or something that does not fit."""
        return [problem for one in self.everybody for problem in (*one.errors(), *one.cut_off())]


def click(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()


def control(visitor: Visitor, name: str) -> None:
    """One of the teacher's buttons; a section of the app may have a “Next”, too."""
    visitor.page.locator(".st-key-class-controls").get_by_role("button", name=name, exact=True).click()


def see(visitor: Visitor, words: str) -> None:
    """Wait for words: each of them is what the step before was for, so nothing else has to stand still."""
    visitor.page.get_by_text(words).first.wait_for()


@pytest.fixture
def room(browser: Any) -> Iterator[Room]:
    found = Room(browser, f"http://127.0.0.1:{free_port()}")
    yield found
    for one in found.everybody:
        one.close()


def test_a_whole_lesson_with_another_server_midway(room: Room, tmp_path: Path) -> None:
    database = tmp_path / "classes.sqlite"
    settings, port = {"RNNVIZ_CLASSES": str(database)}, int(room.teacher.address.rpartition(":")[2])
    teacher, (anna, ben, clara) = room.teacher, room.students
    with serve_process(settings, port) as server:
        room.open()
        room.go(0)
        room.go(SCALE)
        room.vote({anna: 1, ben: 2, clara: 3})
        see(teacher, "3 of 3 have voted")
        room.uncover()
        see(teacher, "of 3 right")
        room.go(CURVES)
        room.write({anna: "It beats yesterday", ben: "My neighbour snores"})
        assert "beats yesterday" not in ben.text() + clara.text(), "the wall is not shown yet"
        teacher.page.locator("[class*=st-key-class-card]", has_text="snores").get_by_role("button").click()
        see(teacher, "Put back")
        click(teacher, "Show the wall")
        see(clara, "It beats yesterday")
        assert "snores" not in clara.text()
        room.go(CHOICE)
        room.vote({anna: 0, ben: 1, clara: 1})
        see(teacher, "3 of 3 have voted")
        room.uncover()
        control(teacher, "Vote again")
        for one in room.students:
            see(one, "The second vote")
        room.vote({anna: 0})
        see(teacher, "1 of 3 have voted")
        known = [one.query() for one in room.everybody]
        hers = clara.page.url
        clara.page.goto("about:blank")  # she closes the page, and comes back by its address
        os.kill(server.pid, signal.SIGKILL)
    with serve_process(settings, port):
        clara.page.goto(hers)
        room.vote({ben: 0, clara: 0})
        see(teacher, "3 of 3 have voted")
        see(anna, "You predicted")
        assert [one.query() for one in room.everybody] == known
        for one in room.everybody:
            one.problems.clear()  # a server that is away is one to the console
        room.uncover()
        see(teacher, "of 3 right")
        assert {(bar.row["round"], bar.row["position"], bar.row["votes"]) for bar in clara.marks()} == {
            ("first vote", 0, 1), ("first vote", 1, 2), ("second vote", 0, 3), ("second vote", 1, 0)
        }  # fmt: skip
        assert room.problems() == []
        room.go(CHOICE + 1)
        room.go(KNOCK)
        see(teacher, "0 of 3 have voted")
        room.vote({ben: 2})
        see(teacher, "1 of 3 have voted")
        room.go(KNOCK + 1)  # a vote that is still open is closed by this
        see(teacher, "3 students are here")
        room.go(WORDS)
        room.write({clara: "What does yesterday score?"})
        control(teacher, "Next")
        for one in room.students:
            see(one, "of your predictions were right")
        see(anna, "of 2 of your")
        see(ben, "of 3 of your")
        assert room.problems() == []
    store, code = Store(str(database)), teacher.query()["class"]
    assert store.answers(code, CHOICE) == {1: ["0", "1", "1"], 2: ["0", "0", "0"]}
    assert store.answers(code, KNOCK) == {1: ["2"]}
    notes = {note.words: note.hidden for note in store.wall(code, CURVES, key=teacher.query()["key"])}
    assert notes == {"It beats yesterday": False, "My neighbour snores": True}
    store.close()
