"""Two states of the app beside each other: what an edit costs on the pages that both have.

    python -m bench.turns FOLDER [--model sentiment-lstm ...] [--rounds 40]

FOLDER is another checkout with an environment of its own (`git worktree add FOLDER COMMIT`, then `make setup`
there). One server of each state, one visitor each, who type the same sentences in turns, so that a machine
whose speed changes slows both. Processor time is the server's own, the mean of the rounds; the time until the
answer is there is their median. The first ones on a page compile its charts and do not count. Both states
must answer as `bench.client` expects.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.client import Visitor
from bench.load import processor
from bench.pages import WARM
from bench.sentences import language, sentences
from bench.wake import PAGES
from rnnviz_core.checkpoints import registry as checkpoints
from scripts.serving import Server, folder, serve_process

BETWEEN = 0.03  # seconds until a server has put away what a run left
MODELS = ("sentiment-lstm", "sentiment-gru-attention", "es-en-gru-bahdanau")


@dataclass
class _Side:
    """One of the two states, and what its edits cost so far, in seconds."""

    server: Server
    visitor: Visitor
    texts: Iterator[str]
    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    async def edit(self) -> None:
        before = processor(self.server.pid)
        run = await self.visitor.edit(next(self.texts))
        await asyncio.sleep(BETWEEN)
        if run.failures:
            raise RuntimeError(f"{run.page} with {run.model}: {run.failures[0]}")
        self.processor.append(processor(self.server.pid) - before)
        self.wall.append(run.seconds)


async def compare(servers: tuple[Server, Server], page: str, model: str, rounds: int) -> list[float] | None:
    """Milliseconds of both states: processor time of each (mean), then the time until the answer (median).

    None where one of them has no such page or model.
    """
    spec = checkpoints.scan(folder()).find(model).spec
    sides = []
    for server in servers:
        texts = sentences(language(spec), 3)
        side = _Side(server, Visitor(server.address), texts)
        opened = await side.visitor.open(page, model=model, text=next(texts))
        if opened.failures or not opened.charts:
            return None
        sides.append(side)
    for number in range(WARM + rounds):
        for side in sides if number % 2 else sides[::-1]:
            await side.edit()
    for side in sides:
        await side.visitor.close()
    costs = [sum(side.processor[WARM:]) / rounds for side in sides]
    waits = [statistics.median(side.wall[WARM:]) for side in sides]
    return [1000 * seconds for seconds in (*costs, *waits)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("other", type=Path, help="a checkout of the other state")
    parser.add_argument("--model", action="append", help=f"may be repeated (default: {', '.join(MODELS)})")
    parser.add_argument(
        "--rounds", type=int, default=40, help="counted edits per page and model (default 40)"
    )
    options = parser.parse_args()

    async def everything(servers: tuple[Server, Server]) -> None:
        for model in options.model or MODELS:
            for page in PAGES:
                found = await compare(servers, page, model, options.rounds)
                if found is None:
                    print(f"| {page or 'overview'} | {model} | | | | | | |", flush=True)
                    continue
                cost, own_cost, wall, own_wall = found
                row = f"{cost:.0f} | {own_cost:.0f} | {own_cost / cost:.2f}"
                row += f" | {wall:.0f} | {own_wall:.0f} | {own_wall / wall:.2f}"
                print(f"| {page or 'overview'} | {model} | {row} |", flush=True)

    print("| page | model | processor ms, other | this | ratio | edit ms, other | this | ratio |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    with (
        serve_process(watcher="none", root=options.other.resolve()) as other,
        serve_process() as own,
    ):
        asyncio.run(everything((other, own)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
