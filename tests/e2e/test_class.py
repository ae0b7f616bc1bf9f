"""A class in real browsers: a teacher, two students, a projector, and another server midway."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.driver import Visitor
from scripts.serving import free_port, serve_process

PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1366, "height": 768}


@contextlib.contextmanager
def visitors(browser: Any, address: str) -> Iterator[list[Visitor]]:
    """A teacher, two students on phones, and the projector."""
    sizes = (WIDE, PHONE, PHONE, WIDE)
    found = [Visitor(browser, address, viewport=size) for size in sizes]
    try:
        yield found
    finally:
        for visitor in found:
            visitor.close()


def click(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()
    visitor.page.wait_for_timeout(200)
    visitor.settle()


def vote(visitor: Visitor, option: int) -> None:
    visitor.page.get_by_role("radio").nth(option).locator("xpath=ancestor::label").click()
    visitor.settle()
    click(visitor, "Commit")
    visitor.page.get_by_text("You predicted").wait_for()


def test_a_vote_survives_another_server(browser: Any, tmp_path: Path) -> None:
    settings, port = {"RNNVIZ_CLASSES": str(tmp_path / "classes.sqlite")}, free_port()
    address = f"http://127.0.0.1:{port}"
    with visitors(browser, address) as (teacher, anna, ben, screen):
        with serve_process(settings, port):
            teacher.open("/class")
            click(teacher, "Open a class")
            code = teacher.query()["class"]
            assert teacher.page.get_by_role("img", name="QR code of").evaluate("e => e.naturalWidth") > 100
            screen.open("/class", **{"class": code, "view": "projector"})
            for student in (anna, ben):
                student.open("/class", **{"class": code})
                click(student, "Enter")
            screen.page.get_by_text("2 students are here").wait_for()
            click(teacher, "Begin")
            while not anna.page.get_by_role("radio").count():  # the first step that offers answers
                click(teacher, "Next")
                anna.page.wait_for_timeout(2_500)  # it asks every two seconds
                anna.settle()
            vote(anna, 0)
            screen.page.get_by_text("1 of 2 have voted").wait_for()
        with serve_process(settings, port):  # nothing is lost, and nobody logged out
            anna.page.get_by_text("You predicted").wait_for()
            ben.page.wait_for_timeout(1_000)
            ben.settle()
            vote(ben, 1)
            screen.page.get_by_text("2 of 2 have voted").wait_for()
            for visitor in (teacher, anna, ben, screen):
                visitor.settle()
                visitor.problems.clear()  # a server that is away is one to the console
            assert not ben.charts()
            click(teacher, "Uncover")
            for visitor in (teacher, screen, anna, ben):
                visitor.page.get_by_test_id("stVegaLiteChart").first.wait_for()
                visitor.settle()
                assert visitor.cut_off() == []
            click(teacher, "Vote again")
            for student in (anna, ben):
                student.page.get_by_text("The second vote").wait_for()
                student.settle()
                vote(student, 0)
            click(teacher, "Uncover")
            assert "of 2 right" in teacher.text()
            click(teacher, "Next")
            assert [one for visitor in (teacher, anna, ben, screen) for one in visitor.errors()] == []
