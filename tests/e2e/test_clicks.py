"""Clicks in pictures: a part of the overview opens its page, a cell of a heatmap shows its arithmetic."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pytest

from rnnviz_core import load, record
from rnnviz_core.frames import gates
from rnnviz_core.frames.layer import Layer
from scripts.driver import Visitor
from scripts.serving import folder

TEXT = "A slow start, but the last song is wonderful."
HEIGHTS = [step / 40 for step in range(4, 40)]  # parts of a picture's height; titles and gaps answer nothing


def chosen(visitor: Visitor) -> dict[str, str]:
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlparse(visitor.page.url).query).items()}


def click(visitor: Visitor, across: float, down: float) -> None:
    """Click into the first picture, at these parts of its width and height."""
    picture = visitor.charts()[0]
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * across, "y": box["height"] * down})
    visitor.page.wait_for_timeout(300)  # the click is sent before the page can be busy with it
    visitor.settle()


def click_until(visitor: Visitor, across: float, done: Callable[[], bool]) -> None:
    """Click from the top of the picture down until something happens."""
    for down in HEIGHTS:
        click(visitor, across, down)
        if done():
            return
    pytest.fail("no click was answered")


def test_a_clicked_cell_shows_the_numbers_of_the_trace(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor, model = visit(), first("sentiment")
    visitor.open("/gates", model=model, text=TEXT)
    click_until(visitor, 0.45, lambda: "unit" in chosen(visitor))
    position, unit = int(chosen(visitor)["token"]), int(chosen(visitor)["unit"])
    trace = record(load(folder() / model), TEXT)
    shown = visitor.text()
    for words, formula, result in gates.in_brief(trace, Layer(), position, unit):
        assert words in shown
        assert formula in shown
        assert result in shown
    before = unit
    click(visitor, 0.8, 0.85)  # another panel of the same picture
    assert (chosen(visitor)["token"], chosen(visitor)["unit"]) != (str(position), str(before))
    visitor.page.get_by_role("button", name="Take this cell apart").click()
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    assert chosen(visitor)["section"] == "cell"
    assert len(visitor.charts()) == 3


def test_parts_of_the_network_are_taken_apart_and_lead_to_their_pages(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    visitor.open(model="sentiment-lstm", text=TEXT)  # one with states
    click_until(visitor, 0.47, lambda: chosen(visitor).get("part") == "encoder.embedding")
    token = chosen(visitor)["token"]
    visited = visitor.page.evaluate("history.length")
    visitor.page.get_by_role("link", name="All of it: Embeddings").click()
    visitor.page.locator("h1", has_text="Embeddings").wait_for()
    visitor.settle()
    assert visitor.page.evaluate("history.length") == visited + 1  # one step there, one back
    assert chosen(visitor)["token"] == token
    visitor.page.go_back()
    visitor.page.locator("h1", has_text="Overview").wait_for()
    visitor.settle()
    click_until(visitor, 0.47, lambda: chosen(visitor).get("part") == "encoder.0.hidden")
    assert f"Unit {chosen(visitor)['unit']} at" in visitor.text()
