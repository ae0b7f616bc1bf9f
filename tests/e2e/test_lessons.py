"""One lesson in a real browser, from the list to the summary."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.driver import Visitor

# One about a trace, and the one about training runs, which draws the pages that have no trace.
LESSONS = ("06-the-gru", "12-train-one-and-watch-it-overfit")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_from_the_first_step_to_the_last(
    lesson: str, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    visitor = visit(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page = visitor.page
    visitor.open("/lessons")
    page.get_by_role("button", name="Start").nth(int(lesson[:2]) - 1).click()
    visitor.settle()
    assert f"lesson={lesson}" in page.url
    seen: list[str] = []
    while "finished" not in page.locator(".st-key-lesson-head").inner_text():
        main = page.get_by_test_id("stMain")
        seen.append(main.get_by_role("heading", level=3).first.inner_text())
        assert visitor.cut_off() == []
        commit = main.get_by_role("button", name="Commit")
        if commit.count():
            assert page.locator(".st-key-lesson-foot").get_by_role("button", name="Next").is_disabled()
            _predict(visitor)
            commit.click()
            visitor.settle()
            assert "You predicted" in visitor.text()
        elif main.locator("textarea").count():
            main.locator("textarea").fill("The old state passes.")
            main.locator("textarea").press("Control+Enter")
            visitor.settle()
            assert "A good answer mentions" in visitor.text()
        foot = page.locator(".st-key-lesson-foot")  # a player inside of a step has a “Next”, too
        foot.get_by_role("button", name="Next").or_(foot.get_by_role("button", name="Finish")).click()
        visitor.settle()
    assert len(seen) == len(set(seen)) >= 8
    assert "predictions were right" in visitor.text()
    for name, ending in (("Summary", ".zip"), ("Answer sheet", ".html")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        waiting.value.save_as(tmp_path / f"taken{ending}")
        assert (tmp_path / f"taken{ending}").stat().st_size > 1_000
    page.reload()
    visitor.settle()
    assert "predictions were right" in visitor.text(), "the address holds what was predicted"


def _predict(visitor: Visitor) -> None:
    """Give some answer, by whatever widget the step has."""
    main = visitor.page.get_by_test_id("stMain")
    if main.get_by_test_id("stRadioOption").count():
        main.get_by_test_id("stRadioOption").last.click()
    elif main.get_by_role("slider").count():
        main.get_by_role("slider").first.press("ArrowRight")
    else:
        main.locator(".stButtonGroup button").last.click()
    visitor.settle()
