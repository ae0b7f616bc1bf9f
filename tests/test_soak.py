"""A short soak test: once everything is warm and its caches are full, the server stops growing.

`make soak` is the long one. Here the cache of traces holds a few instead of hundreds, so that it is soon
full, and the texts are long: a run that left its trace behind would show.
"""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from bench.client import Visitor
from bench.load import PAGES, memory
from bench.sentences import sentences
from rnnviz_core import Task, scan
from scripts.serving import Server, folder, serve_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

ON_EACH_PAGE = 8  # texts per visitor, one after the other
WARM, ROUNDS = 2, 4  # through all pages
SLACK = 1.05  # times the memory of the warm server; what the allocator keeps
FEW = "from rnnviz_core import limits; limits.CACHED_TRACES = 10"


def texts(language: str) -> Iterator[str]:
    found = sentences(language, 5)
    while True:
        yield " ".join(islice(found, 4))


async def rounds(server: Server) -> list[int]:
    """Bytes of the server in memory after every round of a visitor of each task through all pages."""
    entries = {entry.spec.task: entry.id for entry in scan(folder()).entries}
    languages = {Task.SENTIMENT: texts("en"), Task.TRANSLATION: texts("es")}
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
    with (
        serve_process({"PYTHONPATH": str(tmp_path), "MALLOC_ARENA_MAX": "1"}) as server,
        ThreadPoolExecutor(1) as thread,
    ):
        found = thread.submit(asyncio.run, rounds(server)).result()
    warm, last = found[WARM - 1], found[-1]
    assert last <= SLACK * warm, f"{warm / 1e6:.0f} MB when warm, {last / 1e6:.0f} MB after {ROUNDS} rounds"
