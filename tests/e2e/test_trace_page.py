"""The page of a trace as a file, in a browser that has no network."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

import rnnviz_core as rnnviz


def test_the_file_opens_without_network(browser: Any, tmp_path: Path) -> None:
    trace = rnnviz.show(nn.LSTM(3, 4), torch.randn(6, 1, 3), tokens=list("abcdef"))
    path = trace.to_html(tmp_path / "page.html")
    context = browser.new_context(offline=True)
    try:
        errors: list[str] = []
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(path.as_uri())
        tab.wait_for_selector("body[data-drawn=yes]")
        assert tab.locator("canvas").count() == 3
        tab.locator("#gates canvas").click(position={"x": 200, "y": 120})
        tab.locator("#unit").fill("2")
        tab.locator("#unit").dispatch_event("change")
        assert tab.locator("#unit-title").inner_text() == "Unit 2 over the steps"
        assert errors == []
    finally:
        context.close()
