"""Several processes from one: both answer, one that dies is replaced, and all of them end together."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.client import Run, Visitor
from bench.load import load, memory, shared_memory
from rnnviz_core.checkpoints import registry as checkpoints
from scripts.serving import ROOT, Server, free_ports, serve_workers
from scripts.streamlit_private import SERVING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads memory from /proc"),
]


@pytest.fixture(scope="module")
def environment(make_sentiment, tmp_path_factory) -> dict[str, str]:
    """A folder with one small model."""
    folder = tmp_path_factory.mktemp("models")
    model = make_sentiment("gru")
    checkpoints.save(model, folder / model.name)
    return {"RNNVIZ_CHECKPOINTS": str(folder), "RNNVIZ_DEBUG": ""}


def look(server: Server, text: str) -> list[Run]:
    """A visitor who opens a page and types."""

    async def visit() -> list[Run]:
        visitor = Visitor(server.address)
        try:
            return [await visitor.open("gates", model="sentiment-gru"), await visitor.edit(text)]
        finally:
            await visitor.close()

    with ThreadPoolExecutor(1) as thread:  # the browser tests leave an event loop running in this one
        return thread.submit(lambda: asyncio.run(visit())).result()


def alive(process: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(process: int) -> set[int]:
    return {int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


def answers(server: Server, text: str) -> bool:
    try:
        return look(server, text)[-1].failures == []
    except OSError:  # nobody listens yet
        return False


IMPORTS = (
    120  # seconds: a worker that takes another's place imports everything anew, slowly on a busy machine
)


def until(true, seconds: float = 20) -> bool:
    """Whether it comes true. It says nothing of speed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_workers_answer_share_memory_are_replaced_and_end_together(environment):
    with serve_workers(2, environment) as servers:
        *workers, parent = servers
        assert len({worker.pid for worker in workers} | {parent.pid}) == 3
        for worker in workers:
            for run in look(worker, "a slow ending was never bad"):
                assert run.failures == []
                assert run.charts
        resident = sum(
            int(line.split()[1]) * 1024
            for server in servers
            for line in Path(f"/proc/{server.pid}/status").read_text().splitlines()
            if line.startswith("VmRSS")
        )
        assert shared_memory(servers) < 0.7 * resident
        assert memory(parent.pid) < 20e6  # it keeps nothing of what it loaded
        killed = workers[0].pid
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: len(children(parent.pid) - {killed}) == 2)
        assert until(lambda: answers(workers[0], "this story works"), IMPORTS)
        started = children(parent.pid)
        assert killed not in started
        assert workers[1].pid in started
    assert until(lambda: not any(alive(process) for process in {*started, parent.pid}))


WATCH = """
import os, signal
from scripts import watch

def start(*_):
    return os.posix_spawn("/bin/sleep", ["sleep", "60"], os.environ, setsigmask=())

signal.pthread_sigmask(signal.SIG_BLOCK, watch.SIGNALS)
watch.PAUSE, watch.replace = 0, start
watch.watch("", {start(): 8501})
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_last_worker_is_replaced_too(end):
    watcher = subprocess.Popen([sys.executable, "-c", WATCH], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert until(lambda: len(children(watcher.pid)) == 1)
    (first,) = children(watcher.pid)
    os.kill(first, signal.SIGKILL)
    assert until(lambda: len(children(watcher.pid) - {first}) == 1)
    (second,) = children(watcher.pid)
    watcher.send_signal(end)
    _, said = watcher.communicate(timeout=20)
    assert watcher.returncode == 0, said
    assert said == "worker on port 8501 ended with status 9; another takes its place in 0 s\n"
    assert not alive(second)


CRASHING = """
import os, signal, sys
from scripts import watch

def start(*_):
    print("start", flush=True)
    return os.posix_spawn("/bin/false", ["false"], os.environ, setsigmask=())

signal.pthread_sigmask(signal.SIG_BLOCK, watch.SIGNALS)
watch.PAUSE, watch.LONGEST, watch.replace = float(sys.argv[1]), float(sys.argv[2]), start
watch.watch("", {start(): 8501})
"""


def crashing(pause: float, longest: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CRASHING, str(pause), str(longest)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def test_a_worker_that_keeps_crashing_is_tried_less_and_less_often():
    """Pauses of 0.02, 0.04, ... 0.64 s and from there on 1: eight starts in 2.3 s, not a hundred."""
    watcher = crashing(0.02, 1.0)
    time.sleep(4)
    watcher.send_signal(signal.SIGTERM)
    out, said = watcher.communicate(timeout=20)
    assert watcher.returncode == 0, said
    assert 4 <= out.count("start") <= 11
    assert said.count("ended with status 256") in (out.count("start"), out.count("start") - 1)


def test_stopping_does_not_wait_for_a_pause_to_end():
    watcher = crashing(30, 60)
    assert watcher.stderr is not None
    assert "in 30 s" in watcher.stderr.readline()
    began = time.monotonic()
    watcher.send_signal(signal.SIGTERM)
    watcher.communicate(timeout=20)
    assert watcher.returncode == 0
    assert time.monotonic() - began < 10


def test_the_load_test_spreads_its_visitors(environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(load, sessions=4, seconds=5, think=0.5, workers=2).result()
    assert report.failures == []
    assert len(report.times("open")) == 4
    assert report.times("edit")
    assert report.times("wake") == []  # they have rehearsed
    assert 0 < report.memory_idle <= report.memory


def test_ports_in_a_row_are_free():
    first = free_ports(3)
    assert 1024 < first <= 65_533


def test_what_a_server_imports_is_imported_before_the_fork():
    """Every name is still there in the installed version of Streamlit's server."""
    missing = [name for name in SERVING if importlib.util.find_spec(name) is None]
    assert missing == []
