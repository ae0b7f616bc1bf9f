"""Train one here, in a browser: press, watch it learn, stop it, open it on another page."""

import re
from collections.abc import Callable

from scripts.driver import Visitor


def update(visitor: Visitor) -> int:
    """The number of updates that the page speaks of; 0 before the first check."""
    found = re.search(r"(?:is|ended) at update ([\d,]+)", visitor.text())
    return int(found[1].replace(",", "")) if found else 0


def test_press_watch_stop_and_open(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open("/toy", cell="lstm", steps="75", size="16")
    page = visitor.page
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Train it", exact=True).click()
    stop = main.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    seen = {0}
    while len(seen) < 3:  # it moves while one looks on
        page.wait_for_timeout(300)
        seen.add(update(visitor))
    assert len(visitor.charts()) == 3
    stop.click()
    main.get_by_text("(stopped)").wait_for()
    visitor.settle()
    assert stop.count() == 0
    ended = update(visitor)
    assert ended >= max(seen)
    assert len(visitor.charts()) == 4
    main.get_by_role("button", name="Gates", exact=True).click()
    page.wait_for_url(re.compile("/gates"))
    visitor.settle()
    assert visitor.query()["model"] == "recall-75-lstm"
    assert "recall-75-lstm" in visitor.text()
    assert visitor.charts()
