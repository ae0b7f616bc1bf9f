"""A live server and a real browser: what the first visitor waits for, and what anybody sees of an error."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.visit import visit as count
from rnnviz_core.ui.serving.guard import FAILED
from rnnviz_core.ui.shell.routes import ROUTES
from scripts.driver import Visitor
from scripts.serving import ROOT, Server, serve_process

TINY = 3_000  # bytes: more than an answer without a body, or the page itself, ever takes
SECRET = "Nobody else may read this sentence."
# Loaded by the server's Python at its start: the player fails at its second step, and choosing an example
# fails before the page runs. Both quote what was typed, as an error's message may.
FAILING = f"""
from rnnviz_core.ui.controls import player
from rnnviz_core.ui.shell import sidebar

def fail(*_):
    raise ValueError({SECRET!r})

player._walk = sidebar._take_example = fail
"""


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "sitecustomize.py").write_text(FAILING)
    paths = os.pathsep.join((str(tmp_path), str(ROOT)))
    with serve_process({"PYTHONPATH": paths, "RNNVIZ_DEBUG": "0"}) as process:
        yield process


def everything(visitor: Visitor) -> str:
    """All words on the page but those in boxes that a person types into."""
    return str(visitor.page.evaluate("document.body.innerText"))


def assert_nothing_told(visitor: Visitor, server: Server, kind: str) -> None:
    shown, log = everything(visitor), server.log.read_text(errors="replace")
    for text in (shown, log):
        for telling in ("Traceback", 'File "', "site-packages", SECRET, SECRET.split()[0]):
            assert telling not in text, telling
    assert kind not in shown
    assert f"error={kind} at=" in log


def test_an_error_in_a_part_of_the_page_that_runs_by_itself(
    failing: Server, browser: Any, first: Callable[[str], str]
) -> None:
    """The player's: a sentence in its place, the rest of the page stays, and it does not go on failing."""
    visitor = Visitor(browser, failing.address)
    visitor.open(model=first("sentiment"), text="A warm film.", token="0")
    visitor.page.locator(".st-key-player-play button").first.click()
    visitor.page.get_by_text(FAILED).first.wait_for()
    assert_nothing_told(visitor, failing, "ValueError")
    assert visitor.page.get_by_test_id("stException").count() == 0
    assert visitor.page.locator(".rv-answer").count()
    visitor.page.wait_for_timeout(4_000)  # three steps at the usual speed
    visitor.settle()
    assert failing.log.read_text().count("error=ValueError") <= 2
    assert visitor.charts()  # the page was drawn anew, without the player walking
    visitor.close()


def test_an_error_in_what_a_widget_calls(failing: Server, browser: Any, first: Callable[[str], str]) -> None:
    """Before any line of the app runs: Streamlit's own sentence, without the message."""
    visitor = Visitor(browser, failing.address)
    visitor.open(model=first("sentiment"), text="A warm film.")
    visitor.page.get_by_test_id("stSidebar").get_by_role("combobox", name="Examples").click()
    visitor.page.get_by_role("option").first.click()
    visitor.page.get_by_test_id("stException").first.wait_for()
    assert_nothing_told(visitor, failing, "ValueError")
    visitor.close()


@pytest.mark.parametrize("app", ["app.py", "./app.py"], ids=["make run", "streamlit run"])
@pytest.mark.parametrize("path", ["/", "/gates"])
def test_the_menu_never_lists_files(browser: Any, app: str, path: str) -> None:
    """From the first visitor of a new server on, its menu is the app's own."""
    with serve_process(app=app) as server:
        context = browser.new_context()
        seen = count(context, server.address + path)
        context.close()
    assert seen.menu == {route.title for route in ROUTES}


def test_what_the_first_visit_downloads(browser: Any) -> None:
    """Under half of the 4.15 MB that Streamlit sends by itself; and next to nothing at the next visit.

    No file is loaded twice. Now and then Streamlit asks for one more, a font of 138 kB: a first download,
    whenever it comes. The visit that counts is the next one that asks for nothing new."""
    with serve_process() as server:
        context = browser.new_context()
        first = again = count(context, server.address)
        known: dict[str, int] = {}
        for _ in range(5):
            known |= first.files | again.files
            again = count(context, server.address)
            twice = {url: size for url, size in again.files.items() if url in known and size > TINY}
            assert not twice, twice
            if again.files.keys() <= known.keys():
                break
        context.close()
    assert first.requests > 50
    assert first.bytes < 2_000_000, first.largest()
    assert again.files.keys() <= known.keys(), "every visit asks for files that none before it did"
    assert again.bytes < 150_000, again.largest()
