"""A person with a browser: leaves while the server works, loses the connection, meets a restart."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from rnnviz_core import limits, load, record
from scripts.driver import Visitor
from scripts.serving import ROOT, Server, folder, free_port, serve_process

SENTENCE = "A warm and clever little film, but far too long."
LONG = "Mi hermano lee un libro y mi hermana escribe una carta muy larga. " * 10
# What a browser says about a server that is away.
AWAY = re.compile(r"ERR_CONNECTION_|WebSocket connection to|reaching server endpoint|is not responding")
# Loaded by the server's Python at its start. It keeps saying in a file whether one of the threads is in a
# page's run, and the widest beam is seconds of work on the fastest machine, being searched again and again.
PREPARED = """
import sys, threading, time
from itertools import count
from pathlib import Path
from rnnviz_core import limits
from rnnviz_core.tasks.translation import recording as recorder

def search(model, memory, width):
    end = time.monotonic() + 3 * (width == limits.BEAM)
    while True:
        found = once(model, memory, width)
        if time.monotonic() >= end:
            return found

once, recorder.beam_search = recorder.beam_search, search

def files(frame):
    while frame:
        yield frame.f_code.co_filename
        frame = frame.f_back

def watch():
    said = Path(__file__).with_name("said")
    for number in count():
        stacks = [set(files(frame)) for frame in sys._current_frames().values()]
        running = any(file.endswith("script_runner.py") for stack in stacks for file in stack)
        said.with_suffix(".new").write_text(f"{number} {running}")
        said.with_suffix(".new").replace(said)
        time.sleep(0.02)

threading.Thread(target=watch, daemon=True).start()
"""
KEEP_SOCKETS = """
window.sockets = []
window.WebSocket = class extends WebSocket {
    constructor(...options) { super(...options); sockets.push(this) }
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has visited yet, that tells whether it works and works long when asked to."""
    (tmp_path / "sitecustomize.py").write_text(PREPARED)
    with serve_process({"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}) as process:
        yield process


@pytest.fixture
def works(tmp_path: Path) -> Callable[[], bool]:
    """A function that tells whether one of the server's threads is in a page's run."""

    def ask() -> tuple[int, bool]:
        number, running = (tmp_path / "said").read_text().split()
        return int(number), running == "True"

    def look() -> bool:
        before, _ = ask()
        wait_until(lambda: ask()[0] > before + 1, "the server says what it does", 10)
        return ask()[1]

    return look


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.02)


def recorded(model: str, text: str, beam: int = 1) -> str:
    """What the network answers, outside the app."""
    options = {"beam": beam} if beam > 1 else {}  # a classifier has no use for it
    trace = record(load(folder() / model), text, **options)
    return str(trace.meta.get("label") or trace.meta["translation"]).strip()


def answer(visitor: Visitor) -> str:
    return str(visitor.page.locator(".rv-answer").first.inner_text())


def query(visitor: Visitor) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(visitor.page.url).query).items()}


def start_work(visitor: Visitor, server: Server, works: Callable[[], bool], model: str, text: str) -> None:
    """Ask for something long, and come back while the server is at it."""
    wait_until(lambda: not works(), "the server is idle")
    address = f"{server.address}/softmax?{urlencode({'model': model, 'text': text, 'beam': 10})}"
    visitor.page.goto(address, wait_until="commit")
    wait_until(works, "the server works")


def assert_at_rest(server: Server, works: Callable[[], bool]) -> None:
    """No thread is left in a run, and nothing went wrong in one."""
    wait_until(lambda: not works(), "no thread is left")
    log = server.log.read_text(errors="replace")
    assert "Traceback" not in log, log


def test_leaving_while_the_server_works(
    browser: Any,
    server: Server,
    works: Callable[[], bool],
    visit: Callable[..., Visitor],
    first: Callable[[str], str],
) -> None:
    """The others are served, and nothing of the run is left."""
    staying = visit(server.address)
    staying.open(model=first("translation"), text="Mi hermano lee.")
    for number in range(3):
        leaving = Visitor(browser, server.address)
        start_work(leaving, server, works, first("translation"), f"{number} {LONG}")
        leaving.close()
    staying.open("/gates", model=first("sentiment"), text=SENTENCE)
    assert answer(staying) == recorded(first("sentiment"), SENTENCE)
    assert_at_rest(server, works)


def test_losing_the_connection_while_the_server_works(
    server: Server, works: Callable[[], bool], visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    """The page connects again by itself and shows what was asked for."""
    visitor = visit(server.address)
    visitor.page.add_init_script(KEEP_SOCKETS)
    visitor.open(model=first("translation"), text="Mi hermano lee.")
    start_work(visitor, server, works, first("translation"), LONG.strip())
    assert visitor.page.evaluate("sockets.length") == 1
    visitor.page.evaluate("sockets[0].close()")
    visitor.page.wait_for_timeout(1_000)
    visitor.settle()
    assert visitor.page.evaluate("sockets.length") == 2
    assert query(visitor)["text"] == LONG.strip()
    assert answer(visitor) == recorded(first("translation"), LONG.strip(), beam=limits.BEAM)
    assert_at_rest(server, works)


def test_a_restart_of_the_server(browser: Any, first: Callable[[str], str]) -> None:
    """The page comes back by itself, and what was chosen on it is still chosen."""
    port = free_port()
    chosen = {"model": first("sentiment"), "text": SENTENCE, "section": "cell", "token": "3", "unit": "5"}
    with serve_process(port=port) as server:
        visitor = Visitor(browser, server.address)
        visitor.open("/gates", **chosen)
        seen = visitor.text()
        assert query(visitor) == chosen
    visitor.page.get_by_role("dialog").wait_for()
    with serve_process(port=port) as server:
        visitor.page.get_by_role("dialog").wait_for(state="detached")
        visitor.settle()
        assert [problem for problem in visitor.errors() if not AWAY.search(problem)] == []
        assert (visitor.text(), query(visitor)) == (seen, chosen)
        box = visitor.page.get_by_test_id("stSidebar").get_by_role("textbox", name="Sentence")
        box.fill("Painfully dull.")
        box.press("Control+Enter")
        visitor.page.wait_for_timeout(300)
        visitor.settle()
        assert answer(visitor) == recorded(chosen["model"], "Painfully dull.")
        assert query(visitor) == {**chosen, "text": "Painfully dull."}
        visitor.close()
