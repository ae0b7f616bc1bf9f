"""A short soak test: once everything is warm and its caches are full, the server stops growing.

`make soak` is the long one. Here the cache of traces holds a few instead of hundreds, so that it is soon
full, and the texts are long: a run that left its trace behind would show.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from bench.client import Visitor
from bench.load import PAGES, memory
from bench.sentences import sentences
from rnnviz_core import scan
from scripts.serving import ROOT, Server, folder, serve_process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]

ON_EACH_PAGE = 4  # texts per visitor, one after the other
WARM, ROUNDS = 2, 3  # through all pages
SLACK = 1.05  # times the memory of the warm server; what the allocator keeps
FEW = "from rnnviz_core import limits; limits.CACHED_TRACES = 10"


def texts(language: str) -> Iterator[str]:
    found = sentences(language, 5)
    while True:
        yield " ".join(islice(found, 4))


async def rounds(server: Server) -> list[int]:
    """Bytes of the server in memory after every round of a visitor of each task through all pages."""
    known = scan(folder()).entries
    entries = {one.spec.task: one.id for one in known if getattr(one.spec, "source", "es") == "es"}
    languages = {"sentiment": texts("en"), "translation": texts("es"), "forecast": texts("numbers")}
    visitors = {task: Visitor(server.address) for task in entries}
    failures = []
    for task, visitor in visitors.items():
        failures += (await visitor.open("", model=entries[task], text=next(languages[task]))).failures
    found = []
    for _ in range(ROUNDS):
        for page in PAGES:
            for task, visitor in visitors.items():
                failures += (await visitor.go(page)).failures
                for _ in range(ON_EACH_PAGE):
                    failures += (await visitor.edit(next(languages[task]))).failures
        found.append(memory(server.pid))
    for visitor in visitors.values():
        await visitor.close()
    assert failures == []
    return found


def test_the_server_does_not_grow(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FEW)
    # In a thread of its own: the browser tests leave an event loop running in this one.
    paths = os.pathsep.join((str(tmp_path), str(ROOT)))
    with (
        serve_process({"PYTHONPATH": paths, "MALLOC_ARENA_MAX": "1"}) as server,
        ThreadPoolExecutor(1) as thread,
    ):
        found = thread.submit(asyncio.run, rounds(server)).result()
        assert "sitecustomize" not in server.log.read_text(), "the cache of traces has its usual size"
    warm, last = found[WARM - 1], found[-1]
    assert last <= SLACK * warm, f"{warm / 1e6:.0f} MB when warm, {last / 1e6:.0f} MB after {ROUNDS} rounds"


LOOK = """
import sys, threading, time
from pathlib import Path

def write():
    while True:
        time.sleep(0.2)
        runtime = sys.modules.get("streamlit.runtime")
        if hasattr(runtime, "exists") and runtime.exists():
            waiting = runtime.get_instance().media_file_mgr._deferred_callables
            Path(__file__).with_name("count").write_text(str(len(waiting)))

threading.Thread(target=write, daemon=True).start()
"""


async def come_and_go(server: Server, count: Callable[[], int]) -> tuple[int, int, int]:
    """How many downloads wait for one visitor, for four of whom three have left, and for the one later."""
    entry = scan(folder()).entries[0].id
    stays, *others = (Visitor(server.address) for _ in range(4))
    await stays.open("softmax", model=entry)
    await asyncio.sleep(1)
    one = count()
    for visitor in others:
        await visitor.open("softmax", model=entry)
        await visitor.close()
    await asyncio.sleep(1)
    four = count()
    for number in range(5):
        await asyncio.sleep(2)
        await stays.edit(f"this is the story number {number}.")
    await asyncio.sleep(1)
    await stays.close()
    return one, four, count()


def test_nothing_is_kept_for_those_who_left(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LOOK)
    (tmp_path / "count").write_text("0")
    settings = {"PYTHONPATH": str(tmp_path), "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}
    with serve_process(settings) as server, ThreadPoolExecutor(1) as thread:
        count = lambda: int((tmp_path / "count").read_text() or -1)  # noqa: E731
        one, four, later = thread.submit(asyncio.run, come_and_go(server, count)).result()
    assert one > 0
    assert four == 4 * one
    assert later == one
