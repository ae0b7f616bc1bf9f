"""A class in real browsers: a teacher, two students on phones, and another server midway."""

import re
from pathlib import Path
from typing import Any

from scripts.driver import Visitor
from scripts.serving import free_port, serve_process

PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1366, "height": 768}


def click(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()


def see(visitor: Visitor, words: str) -> None:
    """Wait for words: each of them is what the step before was for, so nothing else has to stand still."""
    visitor.page.get_by_text(words).first.wait_for()


def vote(visitor: Visitor, option: int) -> None:
    visitor.page.get_by_role("radio").nth(option).locator("xpath=ancestor::label").click()
    click(visitor, "Commit")  # once it can be clicked
    see(visitor, "You predicted")


def test_a_vote_survives_another_server(browser: Any, tmp_path: Path) -> None:
    settings, port = {"RNNVIZ_CLASSES": str(tmp_path / "classes.sqlite")}, free_port()
    everybody = [Visitor(browser, f"http://127.0.0.1:{port}", viewport=size) for size in (WIDE, PHONE, PHONE)]
    teacher, anna, ben = everybody
    try:
        with serve_process(settings, port):
            teacher.page.goto(f"{teacher.address}/class")
            click(teacher, "Open a class")
            teacher.page.wait_for_url(re.compile("key="))
            code = teacher.query()["class"]
            picture = teacher.page.get_by_role("img", name="QR code of")
            assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 100
            for student in (anna, ben):
                student.page.goto(f"{teacher.address}/class?class={code}")
                click(student, "Enter")
            see(teacher, "2 students are here")
            click(teacher, "Begin")
            see(teacher, "step 1 of")
            click(teacher, "Next")  # the first lesson's second step offers answers
            vote(anna, 0)
            see(teacher, "1 of 2 have voted")
        with serve_process(settings, port):  # nothing is lost, and nobody logged out
            vote(ben, 1)
            see(teacher, "2 of 2 have voted")
            see(anna, "You predicted")
            for visitor in everybody:
                visitor.problems.clear()  # a server that is away is one to the console
            assert not ben.charts()
            click(teacher, "Uncover")
            for visitor in everybody:
                visitor.page.get_by_test_id("stVegaLiteChart").first.wait_for()
                assert visitor.cut_off() == []
            click(teacher, "Vote again")
            for student in (anna, ben):
                see(student, "The second vote")
                vote(student, 0)
            see(teacher, "2 of 2 have voted")
            click(teacher, "Uncover")
            see(teacher, "of 2 right")
            assert len(teacher.charts()) == 2
            assert [problem for visitor in everybody for problem in visitor.errors()] == []
    finally:
        for visitor in everybody:
            visitor.close()
