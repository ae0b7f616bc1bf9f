"""Light work beside heavy work: the same crowd alone, then with others who ask for the dearest there is.

python -m bench.load --heavy 5 [--sessions 20] [--seconds 30]
python -m bench.load --trainings 2 [--sessions 20] [--seconds 30]
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import cycle, islice

from bench.client import Run, Visitor
from bench.load import percentile, processor
from bench.sentences import language, sentences
from rnnviz_core import limits
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.ui.serving.queue import GONE, LOOK
from scripts.serving import Server, folder, serve_process

LONG = 6  # sentences in the text of a heavy visitor


def long_texts(seed: int) -> Iterator[str]:
    """Endless different texts of `LONG` sentences."""
    single = sentences("es", seed)
    while True:
        yield " ".join(islice(single, LONG))


async def _light(server: Server, number: int, until: float, think: float, runs: list[Run]) -> None:
    """Types new sentences for a model that classifies them, page after page."""
    entries = checkpoints.scan(folder()).entries
    models = [entry.id for entry in entries if task_of_spec(entry.spec).probed]
    texts, pages = sentences("en", 1000 + number), cycle(("", "gates", "states", "softmax"))
    visitor = Visitor(server.address)
    runs.append(await visitor.open(next(pages), model=models[number % len(models)], text=next(texts)))
    while time.monotonic() < until and not runs[-1].failures:
        await asyncio.sleep(think * (number % 7 + 1) / 7)
        runs.append(await visitor.edit(next(texts)))
    await visitor.close()


async def _heavy(server: Server, number: int, until: float, runs: list[Run]) -> None:
    """Searches long texts with the widest beam; every third one draws t-SNE maps, a word after the other."""
    models = [entry.id for entry in checkpoints.scan(folder()).entries if language(entry.spec) == "es"]
    texts = long_texts(2000 + number)
    visitor = Visitor(server.address)
    model = models[number % len(models)]
    if number % 3 == 2:
        query = {"section": "map", "map": "tsne", "token": "0"}
        runs.append(await visitor.open("embeddings", model=model, text=next(texts), **query))
    else:
        beam = str(limits.BEAM)
        runs.append(await visitor.open("softmax", model=model, text=next(texts), beam=beam, section="beam"))
    while time.monotonic() < until and not runs[-1].failures:
        runs.append(await visitor.edit(next(texts)))
    await visitor.close()


async def _training(server: Server, number: int, until: float, runs: list[Run]) -> None:
    """Trains a network on the page, and another one when its time is over."""
    visitor = Visitor(server.address)
    runs.append(await visitor.open("toy", cell="lstm", problem="adding", steps="150", size="64"))
    while time.monotonic() < until and not runs[-1].failures:
        runs.append(await visitor.press("toy-train"))
        await asyncio.sleep(min(limits.TRAINING_SECONDS + 5, max(0.0, until - time.monotonic())))
    await visitor.close()


OTHERS: dict[str, Callable[..., Coroutine[None, None, None]]] = {"heavy work": _heavy, "trainings": _training}


async def _crowd(
    server: Server, light: int, heavy: int, seconds: float, think: float, what: str
) -> tuple[list[Run], list[Run]]:
    typed: list[Run] = []
    searched: list[Run] = []
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(_light(server, number, until, think, typed) for number in range(light)),
        *(OTHERS[what](server, number, until, searched) for number in range(heavy)),
    )
    return typed, searched


def measure(
    light: int, heavy: int, seconds: float, think: float, what: str = "heavy work"
) -> list[tuple[str, list[Run], float]]:
    """What those who typed met alone, what they met beside the others, and what the others met."""
    with serve_process() as server:
        asyncio.run(_crowd(server, 3, max(heavy, 3), 4, 0.5, what))  # imports and charts: once
        if what == "trainings":
            time.sleep(GONE + LOOK)  # until those of the visitors who left have ended
        found = []
        for name, others in (("alone", 0), (f"beside {what}", heavy)):
            before = processor(server.pid)
            typed, searched = asyncio.run(_crowd(server, light, others, seconds, think, what))
            found.append((f"an edit, {name}", typed, processor(server.pid) - before))
        found.append((f"{what}, their own edits", searched, 0.0))
        return found


def report(light: int, heavy: int, seconds: float, think: float, what: str = "heavy work") -> int:
    """Print the table; 1 after any failure."""
    rows = measure(light, heavy, seconds, think, what)
    print("| what | count | p50 ms | p95 ms | max ms |\n|---|--:|--:|--:|--:|")
    for name, runs, _ in rows:
        times = sorted(run.seconds for run in runs if run.what == "edit")
        cells = " | ".join(f"{1000 * percentile(times, share):.0f}" for share in (0.5, 0.95, 1))
        print(f"| {name} | {len(times)} | {cells} |")
    failures = [failure for _, runs, _ in rows for run in runs for failure in run.failures]
    print(f"\n{light} who type, {heavy} others; failures: {len(failures)} {failures[:1]}")
    return 1 if failures else 0
