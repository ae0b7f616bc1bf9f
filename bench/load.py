"""A full classroom: many visitors at once, each typing sentences nobody typed before.

    python -m bench.load [--sessions 50] [--workers 2] [--seconds 60] [--think 2] [--heavy 5]

Starts the app as `make run` does, wakes it (see bench/wake.py), then opens the sessions (real websocket
clients, Streamlit's protocol) and lets each type, open sections, click cells, turn pages and change models
with 0 to `--think` seconds in between. Every edit is a sentence nobody typed before.
Printed: percentiles of the time from an edit to the end of the script, failures, and the server's memory.
Exit code 1 after any failure.

`--workers N` serves from N processes that share memory (`make serve`), the visitors spread over them as the
proxy in front would do it. Their memory is what all of them together hold, shared pages counted once.

`--class N` holds a class of N who vote within three seconds (see bench/classroom.py), with ten others.

`--heavy N` asks another question: how long do those who only type wait while N others search with the widest
beam in long texts and draw t-SNE maps without a pause (see bench/heavy.py). `--trainings N` asks it of N
others who train a network on the page.
"""

import argparse
import asyncio
import contextlib
import importlib
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.client import Run, Visitor
from bench.sentences import language, sentences
from bench.wake import PAGES, wake
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.ui.shell.wording import label
from scripts.serving import Server, folder, serve_process, serve_workers

T = TypeVar("T")
WATCH = 5.0  # seconds between two looks at the memory of several processes
KINDS = ("wake", "open", "edit", "section", "click", "page", "model")


@dataclass(frozen=True)
class Report:
    """What a load test found."""

    runs: tuple[Run, ...]
    seconds: float
    memory: int  # bytes the server held at most
    memory_idle: int  # and before the first visitor
    cpu: float  # seconds of processor time the crowd cost the server
    log: str  # what the server printed about errors

    def times(self, what: str) -> list[float]:
        return sorted(run.seconds for run in self.runs if run.what == what and not run.failures)

    @property
    def failures(self) -> list[str]:
        found = [f"{run.what} on {run.page}: {failure}" for run in self.runs for failure in run.failures]
        return found + [f"server log: {line}" for line in self.log.splitlines() if "Traceback" in line]


def memory(pid: int, field: str = "VmRSS") -> int:
    """Bytes of a process in memory, now (`VmRSS`) or at most (`VmHWM`). Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} for process {pid}")


def shared_memory(servers: Sequence[Server]) -> int:
    """Bytes that these processes hold together; what they share counts once. Linux only."""
    if len(servers) == 1:
        return memory(servers[0].pid)
    rows = [Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines() for server in servers]
    return sum(int(line.split()[1]) * 1024 for lines in rows for line in lines if line.startswith("Pss:"))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of sorted `values` lie; not a number when there are none."""
    return values[min(int(share * len(values)), len(values) - 1)] if values else float("nan")


def processor(pid: int) -> float:
    """Seconds of processor time a process has used; unlike a wait, it hardly depends on what else runs.

    The clock of another process, in nanoseconds (Linux: clock_getcpuclockid(3)); ``/proc`` counts in
    hundredths of a second, about as long as an edit takes.
    """
    return time.clock_gettime((~pid << 3) | 2)


async def visit(
    server: Server, number: int, until: float, think: float, runs: list[Run], pages: Sequence[str] = PAGES
) -> None:
    """One visitor: open a page by a link, then type; now and then another section, cell, page or model."""
    choose = random.Random(number)
    entries = checkpoints.scan(folder()).entries
    entry = entries[number % len(entries)]
    texts = sentences(language(entry.spec), number)
    visitor = Visitor(server.address)
    try:
        await asyncio.sleep(choose.uniform(0, 2))
        runs.append(await visitor.open(pages[number % len(pages)], model=entry.id, text=next(texts)))
        while time.monotonic() < until and not runs[-1].failures:
            await asyncio.sleep(choose.uniform(0, think))
            others = [
                (label(other), other.id)
                for other in entries
                if language(other.spec) == language(entry.spec) and label(other) in visitor.models
            ]
            match choose.random():
                case chance if chance < 0.08:
                    runs.append(await visitor.go(choose.choice(pages)))
                case chance if chance < 0.12 and len(others) > 1:
                    runs.append(await visitor.change_model(*choose.choice(others)))
                case chance if chance < 0.24 and visitor.sections:
                    runs.append(await visitor.show(choose.choice(visitor.sections)))
                case chance if chance < 0.32 and visitor.page and (cells := _cells(visitor)):
                    runs.append(await visitor.click(*choose.choice(cells)))  # the overview's lead elsewhere
                case _:
                    runs.append(await visitor.edit(next(texts)))
    except Exception as error:
        runs.append(Run("open", "", "", failures=[f"{type(error).__name__}: {error}"]))
    finally:
        with contextlib.suppress(Exception):
            await visitor.close()


def _cells(visitor: Visitor) -> list[tuple[str, dict[str, object]]]:
    """What there is to click: a chart and one of its cells."""
    return [(chart, cell) for chart, found in visitor.clickable.items() for cell in found]


def drive(visits: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on the loop that the server uses: the visitors share its processors."""
    loop = None if sys.platform == "win32" else importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(visits)


def load(
    sessions: int, seconds: float, think: float = 2.0, workers: int = 0, pages: Sequence[str] = PAGES
) -> Report:
    """Start a server, or several `workers`, send the visitors to `pages`, and report."""
    if workers:
        with serve_workers(workers) as servers:
            return _visited(servers, sessions, seconds, think, pages)
    with serve_process() as server:
        return _visited([server], sessions, seconds, think, pages)


def _visited(
    servers: list[Server], sessions: int, seconds: float, think: float, pages: Sequence[str]
) -> Report:
    """What the visitors of these processes met; one process is woken, several have woken themselves."""
    runs: list[Run] = []
    doors = [server for server in servers if server.address]
    idle = highest = shared_memory(servers)

    async def watch(until: float) -> None:
        nonlocal highest
        while time.monotonic() < until:
            await asyncio.sleep(WATCH)
            highest = max(highest, shared_memory(servers))

    async def crowd() -> float:
        if len(doors) == len(servers):
            runs.extend(replace(run, what="wake") for run in await wake(doors[0].address))
        before = sum(processor(server.pid) for server in servers)
        until = time.monotonic() + seconds
        visits = (visit(doors[n % len(doors)], n, until, think, runs, pages) for n in range(sessions))
        await asyncio.gather(watch(until), *visits)
        return sum(processor(server.pid) for server in servers) - before

    cost = drive(crowd())
    if len(servers) == 1:
        highest = memory(servers[0].pid, "VmHWM")
    log = servers[0].log.read_text(errors="replace")
    return Report(tuple(runs), seconds, max(highest, shared_memory(servers)), idle, cost, log)


def table(report: Report) -> str:
    """The percentiles of every kind of action, in milliseconds, as Markdown."""
    lines = [
        "| action | count | p50 ms | p90 ms | p95 ms | p99 ms | max ms |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for what in KINDS:
        if times := report.times(what):
            cells = [percentile(times, share) * 1000 for share in (0.5, 0.9, 0.95, 0.99, 1)]
            lines.append(f"| {what} | {len(times)} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50, help="visitors at once (default 50)")
    parser.add_argument("--seconds", type=float, default=60, help="how long they stay (default 60)")
    parser.add_argument("--think", type=float, default=2, help="longest pause between actions (default 2 s)")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that serve (default: one, not forked)"
    )
    names = {page or "overview": page for page in PAGES}
    parser.add_argument("--pages", nargs="+", choices=names, help="where they go (default: everywhere)")
    parser.add_argument("--heavy", type=int, default=0, help="others who search and draw maps (default 0)")
    parser.add_argument("--trainings", type=int, default=0, help="others who train a network (default 0)")
    parser.add_argument(
        "--class", type=int, default=0, dest="students", help="a class of so many that votes (default none)"
    )
    options = parser.parse_args()
    if options.students:
        from bench import classroom

        return classroom.report(options.students, min(options.sessions, 10), 20.0, options.workers)
    if options.heavy or options.trainings:
        from bench import heavy

        what = "heavy work" if options.heavy else "trainings"
        others = options.heavy or options.trainings
        return heavy.report(options.sessions, others, options.seconds, options.think, what)
    pages = [names[page] for page in options.pages or names]
    report = load(options.sessions, options.seconds, options.think, options.workers, pages)
    edits = report.times("edit")
    crowd = sum(run.what != "wake" for run in report.runs)
    print(table(report))
    print(f"\n{options.sessions} sessions, {report.seconds:.0f} s, {len(edits) / report.seconds:.1f} edits/s")
    print(f"server memory: {report.memory_idle / 1e6:.0f} MB idle, {report.memory / 1e6:.0f} MB at most")
    print(f"server processor time: {1000 * report.cpu / max(crowd, 1):.0f} ms per action")
    sizes = [run.bytes for run in report.runs if run.what == "edit"]
    print(f"one edit's answer: {statistics.median(sizes) / 1e3 if sizes else 0:.0f} kB (median)")
    for page in sorted({run.page for run in report.runs}):
        times = sorted(run.seconds for run in report.runs if run.what == "edit" and run.page == page)
        print(f"  edits on {page}: {len(times)}, median {percentile(times, 0.5) * 1000:.0f} ms")
    print(f"failures: {len(report.failures)}")
    for failure, count in Counter(report.failures).most_common(10):
        print(f"  {count} x {failure}")
    return 1 if report.failures or not edits else 0


if __name__ == "__main__":
    sys.exit(main())
