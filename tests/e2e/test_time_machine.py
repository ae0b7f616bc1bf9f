"""The time machine in a browser, on a run that a person drops."""

import itertools
from collections.abc import Callable
from typing import Any

from rnnviz_core import places
from rnnviz_core.frames import film
from rnnviz_core.training.history import History


def test_a_dropped_history_is_walked_through(visit: Callable[..., Any]) -> None:
    """It is opened, a step ahead draws another network on the same axes, and it can be forgotten."""
    path = places.histories() / "rnn.safetensors"
    names = film.named_moments(History.load(path))
    visitor = visit()
    visitor.open("/training", section="machine", moment=str(len(names) - 3))
    page = visitor.page
    page.get_by_role("button", name="Your own run").click()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(path)
    page.wait_for_url("**run=own**")
    page.keyboard.press("Escape")
    visitor.settle()
    drawn = []
    for place in itertools.islice(itertools.count(len(names) - 3), 3):
        heading = page.get_by_text("After " + names[place]).first
        heading.wait_for()
        visitor.settle()
        drawn.append(page.locator("canvas").last.screenshot())
        ahead = page.get_by_role("button", name="Next step")
        if ahead.is_enabled():
            ahead.click()
    assert len(set(drawn)) == 3
