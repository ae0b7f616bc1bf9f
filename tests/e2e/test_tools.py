"""A person with a browser: walks through the steps, compares, takes the numbers along."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnnviz_core import Trace, load, record
from scripts.driver import Visitor
from scripts.serving import folder

SENTENCE = "A warm and clever little film, but far too long."


def step_in_url(visitor: Visitor) -> str:
    return str(visitor.page.evaluate("new URL(location).searchParams.get('token')"))


def press(visitor: Visitor, key: str) -> None:
    visitor.page.keyboard.press(key)
    visitor.page.wait_for_timeout(300)
    visitor.settle()


def test_arrow_keys_walk_and_the_step_is_kept(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"), text=SENTENCE, token=3)
    before = visitor.pictures()
    press(visitor, "ArrowRight")
    assert step_in_url(visitor) == "4"
    press(visitor, "ArrowLeft")
    press(visitor, "ArrowLeft")
    assert step_in_url(visitor) == "2"
    assert visitor.pictures() != before
    visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Gates").click()
    visitor.page.locator("h1", has_text="Gates").wait_for()
    visitor.settle()
    assert step_in_url(visitor) == "2"


def test_the_name_of_the_first_page_is_an_address(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open("/overview", text=SENTENCE)
    visitor.page.locator("h1", has_text="Overview").wait_for()
    visitor.settle()
    assert "clever" in visitor.page.locator(".rv-chips").first.inner_text()


def test_two_sentences_side_by_side(visit: Callable[..., Visitor], first: Callable[[str], str]) -> None:
    visitor = visit()
    visitor.open("/softmax", model=first("sentiment"), text=SENTENCE)
    alone = len(visitor.charts())
    visitor.open("/softmax", model=first("sentiment"), text=SENTENCE, with_text="Painfully dull.")
    assert len(visitor.charts()) == 2 * alone
    label = record(load(folder() / first("sentiment")), "Painfully dull.").meta["label"]
    assert visitor.page.locator(".rv-answer").all_inner_texts()[-1] == label


@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_the_whole_trace_can_be_saved(
    ending: str, visit: Callable[..., Visitor], first: Callable[[str], str], tmp_path: Path
) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"), text=SENTENCE)
    visitor.page.get_by_role("button", name="Download", exact=True).click()
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("button", name=f".{ending}").click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    visitor.page.keyboard.press("Escape")
    visitor.page.locator('[role="dialog"]').wait_for(state="detached")
    found, wanted = Trace.load(path), record(load(folder() / first("sentiment")), SENTENCE)
    assert found.text == wanted.text
    for site in wanted:
        np.testing.assert_allclose(found[site], wanted[site], atol=1e-6)


def test_a_phone_shows_the_overview_whole(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    visitor.open("/", text=SENTENCE)
    main = visitor.page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth + 1"), "the page is cut off"
