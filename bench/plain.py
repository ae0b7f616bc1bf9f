"""What the measures are worth: one heatmap by `st.altair_chart`, and by this project's own way.

    python -m bench.plain [--rounds 20] [--sessions 10]

The same small app (bench/plain_app.py) is served twice. Plain: the file watcher is on, the chart is built
from a DataFrame in every run, nothing is frozen. Measured: no watcher, a compiled template, columns,
`gc.freeze`. Each time first one visitor types, then several at once.
"""

import argparse
import asyncio
import statistics
import sys
from itertools import islice

from bench.client import Run, Visitor
from bench.load import percentile, processor
from bench.sentences import sentences
from scripts.serving import Server, serve_process

APP = "bench/plain_app.py"


async def _type(server: Server, number: int, rounds: int) -> list[Run]:
    visitor = Visitor(server.address)
    runs = [await visitor.open("")]
    runs += [await visitor.edit(text) for text in islice(sentences("en", number), rounds)]
    await visitor.close()
    return runs


async def _both(server: Server, rounds: int, sessions: int) -> list[float]:
    """Milliseconds: an edit of one visitor, its processor time, and an edit of one among several (95 %)."""
    await _type(server, 0, 3)
    before = processor(server.pid)
    alone = await _type(server, 1, rounds)
    cpu = (processor(server.pid) - before) / rounds
    crowd = await asyncio.gather(*(_type(server, 2 + number, rounds) for number in range(sessions)))
    runs = [*alone, *(run for runs in crowd for run in runs)]
    if failures := [failure for run in runs for failure in run.failures]:
        raise RuntimeError(failures[0])
    edits = sorted(run.seconds for runs in crowd for run in runs if run.what == "edit")
    one = statistics.median(run.seconds for run in alone if run.what == "edit")
    return [1000 * one, 1000 * cpu, 1000 * percentile(edits, 0.95)]


def measure(rounds: int, sessions: int) -> dict[str, list[float]]:
    """The three figures of both ways."""
    found = {}
    for name, measures in (("plain `st.altair_chart`", "0"), ("with the measures", "1")):
        watcher = "none" if measures == "1" else "auto"
        with serve_process({"BENCH_MEASURES": measures}, app=APP, watcher=watcher) as server:
            found[name] = asyncio.run(_both(server, rounds, sessions))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="edits per visitor (default 20)")
    parser.add_argument("--sessions", type=int, default=10, help="visitors at once (default 10)")
    options = parser.parse_args()
    found = measure(options.rounds, options.sessions)
    print(f"| one heatmap | edit ms | processor ms | 95 % of {options.sessions} at once, ms |")
    print("|---|--:|--:|--:|")
    for name, figures in found.items():
        print(f"| {name} | {' | '.join(f'{figure:.0f}' for figure in figures)} |")
    plain, ours = found.values()
    print(f"\nratios: {' / '.join(f'{a / b:.1f}' for a, b in zip(plain, ours, strict=True))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
