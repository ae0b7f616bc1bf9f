"""A tiny network seen whole: what is clicked is written out, and numbers run along when a step is taken."""

from collections.abc import Callable

from rnnviz_core import load, record
from rnnviz_core.charts.whole.layout import number
from scripts.driver import Visitor
from scripts.serving import folder

TEXT = "A slow start, but the last song is wonderful."
MODEL = "sentiment-tiny-lstm"


def test_a_click_writes_out_the_arithmetic_and_a_step_lets_numbers_run(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open(model=MODEL, text=TEXT, section="whole")
    page, trace = visitor.page, record(load(folder() / MODEL), TEXT)
    steps = len(trace.tokens["time"])
    assert page.locator("[data-pick]").count() == 5 * steps  # a token and four units at every step
    page.locator('[data-pick="5,2"]').click()
    page.wait_for_timeout(300)
    visitor.settle()
    assert {"token": "5", "unit": "2", "section": "whole"}.items() <= visitor.query().items()
    drawn = page.locator(".rv-columns").inner_text()
    for site in ("cell", "hidden"):
        assert f"= {number(trace[f'encoder.0.{site}'][5, 2])}" in drawn
    assert "The sum behind f of unit 2" in visitor.text()
    page.get_by_role("button", name="Next step").click()
    page.wait_for_timeout(300)
    visitor.settle()
    assert visitor.query()["token"] == "6"
    assert page.locator("svg.go .run").count() > 20
    assert page.locator(".later [data-pick]").count() == 5 * (steps - 7)  # not read yet
    page.locator('[data-gate="output"]').first.click()
    page.wait_for_timeout(300)
    visitor.settle()
    assert visitor.query()["gate"] == "output"
    assert "The sum behind o of unit 2" in visitor.text()
