"""Does the server grow? Thousands of different sentences through all pages, its memory on the way.

    python -m bench.soak [--sentences 2000]

The server is woken first (see bench/wake.py): every model is loaded, every chart compiled. Then one visitor
at a time, a new one for every twenty sentences, each on the next page and model. Printed: the server's memory
after every tenth of the sentences. Exit code 1 if it ends larger than after the first tenth, with 5 % for
what the allocator keeps.
"""

import argparse
import asyncio
import sys

from bench.client import Visitor
from bench.load import memory
from bench.sentences import GRAMMARS, language, sentences
from bench.wake import PAGES, wake
from rnnviz_core.checkpoints import registry as checkpoints
from scripts.serving import Server, folder, serve_process

PER_VISITOR = 20
SLACK = 1.05


async def soak(server: Server, count: int, marks: int = 10) -> list[tuple[int, int]]:
    """Sentences so far and bytes in memory, at `marks` places."""
    entries = checkpoints.scan(folder()).entries
    texts = {spoken: sentences(spoken, 1) for spoken in GRAMMARS}
    found: list[tuple[int, int]] = []
    if woken := [failure for run in await wake(server.address) for failure in run.failures]:
        raise RuntimeError(f"the server cannot be woken: {woken[0]}")
    print(f"woken: {memory(server.pid) / 1e6:.0f} MB", flush=True)
    for number in range(count):
        entry = entries[number // PER_VISITOR % len(entries)]
        spoken = texts[language(entry.spec)]
        if number % PER_VISITOR == 0:
            if number:
                await visitor.close()
            visitor = Visitor(server.address)
            run = await visitor.open("", model=entry.id, text=next(spoken))
        elif number % 3 == 0:
            run = await visitor.go(PAGES[number // 3 % len(PAGES)])
        run = await visitor.edit(next(spoken))
        if run.failures:
            raise RuntimeError(f"sentence {number}: {run.failures[0]}")
        if (number + 1) * marks // count > number * marks // count:
            found.append((number + 1, memory(server.pid)))
            print(f"{number + 1} sentences: {found[-1][1] / 1e6:.0f} MB", flush=True)
    await visitor.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sentences", type=int, default=2_000, help="how many (default 2000)")
    with serve_process() as server:
        found = asyncio.run(soak(server, parser.parse_args().sentences))
    grown = found[-1][1] / found[0][1]
    print(f"at the end {grown:.2f} times the memory after {found[0][0]} sentences (at most {SLACK})")
    return 1 if grown > SLACK else 0


if __name__ == "__main__":
    sys.exit(main())
