"""Every lesson in a real browser, from the list to the summary."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from rnnviz_core.lessons import Lesson, shelf
from rnnviz_core.lessons.kinds import WHOLE
from rnnviz_core.lessons.lesson import Choice, Curve, Explain, Point, Predict, Reveal, Scale, Step, Try
from scripts.driver import STRIPS, Visitor

LESSONS = shelf().lessons
# One about a trace, and the one about training runs, which draws the pages that have no trace.
RELOADED = ("06-the-gru", "12-train-one-and-watch-it-overfit")


@pytest.fixture(scope="module")
def reader(browser: Any, server: str) -> Iterator[Visitor]:
    """One person who takes lesson after lesson, as in a course: the app is loaded once."""
    found = Visitor(browser, server, viewport={"width": 1366, "height": 768}, accept_downloads=True)
    yield found
    found.close()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lesson_from_the_first_step_to_the_last(lesson: Lesson, reader: Visitor, tmp_path: Path) -> None:
    page = reader.page
    reader.problems.clear()
    card = page.locator(f".st-key-lesson-start-{lesson.id}")
    if not card.count():  # the first one, or the one before has failed midway
        reader.open("/lessons")
    card.get_by_role("button", name="Start").click()
    last = lesson.steps[-1]
    for step in lesson.steps:
        reader.arrive(step.title)
        if isinstance(step, Reveal) and step.page:
            reader.settle()
        assert reader.cut_off() == []
        _take(reader, step)
        assert (reader.alerts(), reader.errors()) == ([], []), step.title
        # A player inside of a step has a “Next”, too.
        foot = page.locator(".st-key-lesson-foot")
        foot.get_by_role("button", name="Finish" if step is last else "Next").click()
    reader.arrive("What you predicted, and what happened")
    words = reader.text()
    asked = sum(step.asks for step in lesson.steps)
    right = words.count("So it is.") + words.lower().count("close enough")
    assert f"{right} of {asked} predictions were right" in words
    assert words.count("You: ") == asked
    assert "The old state passes." in words
    for name, ending in (("Summary", ".zip"), ("Answer sheet", ".html")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        waiting.value.save_as(tmp_path / f"taken{ending}")
        assert (tmp_path / f"taken{ending}").stat().st_size > 1_000
    assert reader.query().items() >= {"lesson": lesson.id, "at": str(len(lesson.steps) + 1)}.items()
    if lesson.id in RELOADED:
        page.reload()
        reader.arrive("What you predicted, and what happened")
        assert f"{right} of {asked} predictions were right" in reader.text(), "the address holds them"
    assert (reader.alerts(), reader.errors()) == ([], [])
    page.locator(".st-key-lesson-all").get_by_role("button").click()
    card.get_by_role("button", name="Go on").wait_for()


def _take(reader: Visitor, step: Step) -> None:
    """Do what a step asks for, and look at what it shows."""
    main = reader.page.get_by_test_id("stMain")
    match step:
        case Predict():
            foot = reader.page.locator(".st-key-lesson-foot")
            assert foot.get_by_role("button", name="Next").is_disabled()
            _predict(main, step)
            main.get_by_role("button", name="Commit").click()  # once it can be clicked
            main.get_by_text("You predicted").wait_for()
            assert "The network: " not in reader.text()
            assert "right would be" not in reader.text()
        case Reveal():
            assert reader.text().count("You: ") == len(step.answers)
            if step.page == WHOLE:  # it draws what somebody trains
                assert main.get_by_role("button", name="Train it").is_enabled()
            elif step.page:
                assert reader.charts() or main.locator(STRIPS).first.is_visible(), "nothing is drawn"
        case Explain():
            main.locator("textarea").fill("The old state passes.")
            main.locator("textarea").press("Control+Enter")
            main.get_by_text("A good answer mentions").wait_for()
        case Try():
            main.get_by_text("Not yet: ").wait_for()
            box = main.get_by_role("textbox", name="Your text")
            box.fill("I was wrong to stay away for so long.")
            box.press("Enter")
            reader.page.wait_for_url(lambda url: urlencode({"typed": f"{step.number}:I was wrong"}) in url)


def _predict(main: Any, step: Predict) -> None:
    """Give some answer, by whatever widget the step has."""
    match step:
        case Choice():
            main.get_by_test_id("stRadioOption").last.click()
        case Point():
            main.locator(".stButtonGroup button").last.click()
        case Scale() | Curve():
            main.get_by_role("slider").first.press("ArrowRight")
