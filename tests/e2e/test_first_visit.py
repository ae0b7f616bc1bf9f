"""Four questions of somebody who is here for the first time: answered on the screen within two clicks.

The stop-watch begins at the start page, and ends when the answer can be read.
"""

import re
import time
from collections.abc import Callable

import pytest

from scripts.driver import Visitor

SECONDS = 30  # for the clicks and what they draw, on a busy machine; reading takes a person longer


class Newcomer:
    """Counts clicks on what can be seen."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.clicks, self.began = visitor, 0, time.monotonic()

    def click(self, words: str) -> None:
        self.clicks += 1
        self.visitor.page.get_by_text(words, exact=True).first.click()
        self.visitor.page.wait_for_timeout(300)
        self.visitor.settle()

    def reads(self, pattern: str) -> bool:
        """Whether the answer stands on the first screen, not below it."""
        found = self.visitor.page.get_by_test_id("stMain").get_by_text(re.compile(pattern)).all()
        height = self.visitor.page.viewport_size["height"]
        places = [one.bounding_box() for one in found if one.is_visible()]
        return any(place and 0 <= place["y"] < height for place in places)

    def in_time(self) -> bool:
        return self.clicks <= 2 and time.monotonic() - self.began < SECONDS


@pytest.fixture
def newcomer(visit: Callable[..., Visitor]) -> Newcomer:
    visitor = visit(viewport={"width": 1366, "height": 768})
    visitor.open("/")
    return Newcomer(visitor)


def test_what_did_the_forget_gate_do_at_but(newcomer: Newcomer) -> None:
    newcomer.click("gate")
    assert newcomer.reads(r"^The forget gate at each step")
    assert newcomer.reads(r"^but 0\.\d\d$")
    assert newcomer.in_time()


def test_which_word_does_the_verdict_turn_on(newcomer: Newcomer) -> None:
    newcomer.click("step")
    assert newcomer.reads(r"verdict turned at “\w+”")
    assert newcomer.in_time()


def test_is_this_an_lstm_or_an_rnn(newcomer: Newcomer) -> None:
    assert newcomer.reads(r"· LSTM")
    assert newcomer.clicks == 0


def test_which_word_of_the_source_made_loved(newcomer: Newcomer) -> None:
    newcomer.click("Translation")
    newcomer.click("attention")
    assert newcomer.reads(r"^loved ← encantó 0")
    assert newcomer.in_time()
