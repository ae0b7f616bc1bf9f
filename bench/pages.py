"""What one edit costs: the time of a page's rerun on the server, for a sentence it has not seen.

    python -m bench.pages [--rounds 15]

One visitor, one page after the other, with every installed model. Wall time is from the edit to the end of
the script, as a browser on the same machine sees it (median); processor time is the server's own and depends
less on what else the machine does (mean). The first rounds of a page compile its charts and do not count.
"""

import argparse
import asyncio
import statistics
import sys
from dataclasses import dataclass

from bench.client import Visitor
from bench.load import memory, processor
from bench.sentences import language, sentences
from bench.wake import PAGES
from rnnviz_core.checkpoints import registry as checkpoints
from scripts.serving import Server, folder, serve_process

WARM = 3  # rounds that are not counted


@dataclass(frozen=True)
class Row:
    """Milliseconds and kilobytes of an edit on one page with one model."""

    page: str
    model: str
    first: float  # opening the page for the first time
    wall: float
    cpu: float
    size: float


async def measure(server: Server, page: str, model: str, spoken: str, rounds: int) -> Row:
    """Type `rounds` new sentences on one page."""
    texts = sentences(spoken, hash((page, model)) % 10_000)
    visitor = Visitor(server.address)
    opened = await visitor.open(page, model=model, text=next(texts))
    runs, costs = [opened], []
    for _ in range(WARM + rounds):
        before = processor(server.pid)
        runs.append(await visitor.edit(next(texts)))
        costs.append(processor(server.pid) - before)
    await visitor.close()
    if failures := [failure for run in runs for failure in run.failures]:
        raise RuntimeError(f"{page} with {model}: {failures[0]}")
    counted = runs[1 + WARM :]
    return Row(
        page or "overview",
        model,
        1000 * opened.seconds,
        1000 * statistics.median(run.seconds for run in counted),
        1000 * statistics.mean(costs[WARM:]),  # the clock ticks in 10 ms: a mean resolves more
        statistics.median(run.bytes for run in counted) / 1000,
    )


def rows(rounds: int) -> tuple[float, list[Row], int]:
    """Seconds until a new server has drawn its first page, then every page and model, then its memory."""

    async def everything(server: Server) -> tuple[float, list[Row]]:
        first = Visitor(server.address)
        woken = await first.open("")
        await first.close()
        found = []
        for entry in checkpoints.scan(folder()).entries:
            spoken = language(entry.spec)
            found += [await measure(server, page, entry.id, spoken, rounds) for page in PAGES]
        return woken.seconds, found

    with serve_process() as server:
        woken, found = asyncio.run(everything(server))
        return woken, found, memory(server.pid, "VmHWM")


def table(found: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| page | model | edit ms | processor ms | first visit ms | kB |", "|---|---|--:|--:|--:|--:|"]
    lines += [
        f"| {row.page} | {row.model} | {row.wall:.0f} | {row.cpu:.0f} | {row.first:.0f} | {row.size:.0f} |"
        for row in found
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--rounds", type=int, default=15, help="counted edits per page and model (default 15)"
    )
    woken, found, peak = rows(parser.parse_args().rounds)
    print(table(found))
    print(f"\nfirst page of a new server: {woken:.1f} s; memory at most {peak / 1e6:.0f} MB")
    print(f"median over all: {statistics.median(row.wall for row in found):.0f} ms per edit", end=", ")
    print(f"{statistics.median(row.cpu for row in found):.0f} ms of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
