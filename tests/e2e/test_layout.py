"""A person looks at the screen: how far down the first chart begins, and whether the sentence is in sight."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from rnnviz_core import scan
from rnnviz_core.ui.shell.routes import TRACED
from scripts.driver import Visitor
from scripts.serving import folder

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
BEGINS = {1366: 320, 390: 480}  # px from the top at which a page's first chart begins at the latest
SENTENCE = (
    "The music is loud and the jokes are old, but nobody in the last row wanted to go home before the end."
)
LONG = " ".join([SENTENCE] * 7)


def kinds() -> list[str]:
    """A model of every kind whose pages differ in what stands above their first chart."""
    found: dict[tuple[Any, ...], str] = {}
    for entry in scan(folder()).entries:
        spec = entry.spec
        found.setdefault((spec.task, spec.attention == "none", spec.bidirectional), entry.id)
    return list(found.values())


@pytest.fixture
def phone(visit: Callable[..., Visitor]) -> Visitor:
    return visit(viewport=PHONE, has_touch=True, is_mobile=True)


def begins(visitor: Visitor, size: dict[str, int]) -> float:
    """Where the first chart begins on a screen of this size."""
    if visitor.page.viewport_size != size:
        visitor.page.set_viewport_size(size)
        visitor.page.wait_for_timeout(300)  # the sidebar closes, the charts are drawn anew
        visitor.settle()
    top = visitor.first_chart()
    told = visitor.page.get_by_test_id("stMain").get_by_test_id("stAlert")
    if math.isinf(top) and told.count():  # the page says why there is nothing to draw
        return float(told.first.bounding_box()["y"])
    return top


@pytest.mark.parametrize("model", kinds())
@pytest.mark.parametrize("page", [route.name for route in TRACED])
def test_the_first_chart_of_every_page_with_every_kind_of_model(
    page: str, model: str, visitor: Visitor
) -> None:
    visitor.go("/" if page == "overview" else f"/{page}", model=model)
    # The screen of the one before is looked at first: everything is drawn twice, not three times.
    for size in (PHONE, LAPTOP) if visitor.page.viewport_size == PHONE else (LAPTOP, PHONE):
        assert begins(visitor, size) < BEGINS[size["width"]]
        assert visitor.cut_off() == []
    assert visitor.errors() == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_end_of_a_sentence_is_in_sight(
    size: dict[str, int], visitor: Visitor, first: Callable[[str], str]
) -> None:
    visitor.page.set_viewport_size(size)
    for text in (SENTENCE, LONG):
        visitor.go("/gates", model=first("sentiment"), text=text)
        chips = visitor.page.locator(".rv-chips").first
        last = chips.locator(".rv-chip").last
        assert last.inner_text() == "."
        place = last.bounding_box()
        assert place["y"] + place["height"] < BEGINS[size["width"]]
        assert place["x"] + place["width"] <= size["width"]
        folded = chips.inner_text()
        assert "nobody" not in folded
        chips.get_by_role("checkbox").check()  # the middle steps back, and comes when it is asked for
        assert "nobody" in chips.inner_text()
    side = "stMain" if size is PHONE else "stSidebar"
    box = visitor.page.get_by_test_id(side).get_by_role("textbox", name="Sentence")
    visitor.go("/gates", model=first("sentiment"), text=SENTENCE)
    assert box.evaluate("element => element.scrollHeight - element.clientHeight") <= 2


def test_on_a_phone_the_box_is_in_the_page(phone: Visitor, first: Callable[[str], str]) -> None:
    phone.open("/states", model=first("sentiment"))
    box = phone.page.get_by_test_id("stMain").get_by_role("textbox", name="Sentence")
    assert box.bounding_box()["y"] < 200
    box.fill("her new song works.")
    box.press("Enter")
    phone.page.wait_for_timeout(300)
    phone.settle()
    assert phone.query()["text"] == "her new song works."
    assert "song" in phone.page.locator(".rv-chips").first.inner_text()
    phone.page.get_by_test_id("stExpandSidebarButton").click()
    other = phone.page.get_by_test_id("stSidebar").get_by_role("textbox", name="Sentence")
    other.wait_for()
    assert other.input_value() == "her new song works."
    other.fill("his old song fails.")
    other.press("Enter")
    phone.page.wait_for_timeout(300)
    phone.settle()
    phone.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    box.wait_for()
    assert box.input_value() == "his old song fails."


def test_on_a_laptop_there_is_one_box(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=LAPTOP)
    visitor.open("/states")
    boxes = visitor.page.get_by_role("textbox", name="Sentence")
    assert boxes.count() == 1
    sidebar = visitor.page.get_by_test_id("stSidebar")
    tasks = [radio.bounding_box() for radio in sidebar.locator(".stButtonGroup button").all()]
    assert len({place["y"] for place in tasks}) == 1, "the switch of tasks is one line"
    visitor.page.get_by_test_id("stSidebarHeader").hover()
    visitor.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    visitor.page.get_by_test_id("stMain").get_by_role("textbox", name="Sentence").wait_for()


def test_the_badge_says_what_was_checked_when_it_is_asked(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.open("/gates")
    badge = visitor.page.locator(".rv-badge").first
    assert badge.inner_text().split() == ["✓", "Checked"]
    badge.locator("summary").click()
    assert "computed twice and agree" in badge.inner_text()
    assert "largest difference" in badge.inner_text()
    place = badge.locator("p").bounding_box()
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= PHONE["width"]
    assert visitor.cut_off() == []


def test_a_page_prints_what_is_open_and_nothing_to_click(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(LAPTOP)
    visitor.open("/gates", section="summary")
    charts = len(visitor.charts())
    visitor.page.emulate_media(media="print")
    try:
        assert len(visitor.charts()) == charts
        assert not visitor.page.get_by_test_id("stSidebar").is_visible()
        assert not visitor.page.get_by_role("button", name="Download", exact=True).is_visible()
        names = [tab.inner_text() for tab in visitor.page.get_by_role("tab").all() if tab.is_visible()]
        assert names == ["Summary"]
        height = visitor.page.evaluate("document.documentElement.scrollHeight")
        last = visitor.page.locator('[data-testid="stVegaLiteChart"]').last.bounding_box()
        assert last["y"] + last["height"] <= height, "all of it is on the paper, none behind a scroll bar"
    finally:
        visitor.page.emulate_media(media="screen")
