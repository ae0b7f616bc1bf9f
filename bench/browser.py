"""What a person waits for, in real Chromium: from start to the first chart, and from a key to the paint.

    python -m bench.browser [--rounds 4] [--starts 2] [--models ID ...] [--limit 900]

Cold start: a new server process and a new browser tab, until a chart stands on the page. An edit: from
Ctrl+Enter in the sentence's box until the header shows other words and after them a chart was drawn anew,
to the frame after that, as the page itself sees it. Two minutes on a quiet machine. Every wait ends: an edit
that is not painted within `PATIENCE` is listed as such, and nothing goes on beyond `--limit` seconds.
"""

import argparse
import signal
import statistics
import sys
import time
from dataclasses import dataclass, field
from itertools import islice
from types import FrameType
from typing import Any

from playwright.sync_api import Error, Page

from bench.sentences import language, sentences
from bench.wake import PAGES
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.models.specs import ModelSpec
from scripts.browser import chromium
from scripts.driver import CHARTS, Visitor
from scripts.serving import folder, serve

MODELS = ("sentiment-lstm", "es-en-gru-luong")
BAR = 500  # ms, for the median of all edits
WARM = 1  # edits of a page that are not counted: they compile charts
PATIENCE = 30_000  # ms for an edit
OPENING = 120_000  # ms for a page; the first one of a new server loads torch and a model
CHART = '[data-testid="stVegaLiteChart"]'
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Writes into window.painted how long it took from the next Enter to the frame in which both are new.
WATCH = """chart => {
    const words = () => document.querySelector('.rv-chips')?.textContent
    const before = words(), drawing = CanvasRenderingContext2D.prototype, clear = drawing.clearRect
    let start = 0
    window.painted = null
    const drawn = () => {
        if (!start || words() === before) return
        watch.disconnect()
        drawing.clearRect = clear
        const done = () => { window.painted = performance.now() - start }
        requestAnimationFrame(() => requestAnimationFrame(done))
    }
    const watch = new MutationObserver(changes => {
        if (changes.some(({target}) => target.closest?.(chart))) drawn()
    })
    watch.observe(document.body, {subtree: true, childList: true, attributes: true})
    drawing.clearRect = function (...place) { // a canvas that is drawn anew stays the same element
        if (this.canvas.closest?.(chart)) drawn()
        return clear.apply(this, place)
    }
    const key = event => {
        if (event.key !== 'Enter') return
        start = performance.now()
        document.removeEventListener('keydown', key, {capture: true})
    }
    document.addEventListener('keydown', key, {capture: true})
}"""


@dataclass
class Row:
    """Milliseconds of the counted edits on one page with one model."""

    page: str
    model: str
    times: list[float] = field(default_factory=list)
    failure: str = ""

    def __str__(self) -> str:
        if not self.times:
            return f"| {self.page} | {self.model} | - | - |"
        return f"| {self.page} | {self.model} | {statistics.median(self.times):.0f} | {max(self.times):.0f} |"


def cold_start() -> float:
    """Seconds from starting the server to a chart in the browser."""
    with chromium() as browser:
        start = time.monotonic()
        with serve() as address:
            page = browser.new_page()
            page.goto(address, timeout=OPENING)
            page.locator(CHARTS).first.wait_for(timeout=OPENING)
            page.evaluate(NEXT_FRAME)
            return time.monotonic() - start


def _edit(page: Page, text: str) -> float:
    """Milliseconds until a new sentence is painted."""
    box = page.get_by_role("textbox", name="Sentence")
    box.fill(text)
    page.evaluate(WATCH, CHART)
    box.press("Control+Enter")
    painted = page.wait_for_function("() => window.painted", timeout=PATIENCE, polling=50)
    return float(painted.json_value())


def measure(browser: Any, address: str, path: str, model: str, spoken: str, rounds: int) -> Row:
    """Type `rounds` new sentences on one page; a page that fails keeps what was measured before."""
    row = Row(path or "overview", model)
    texts = sentences(spoken, PAGES.index(path))
    visitor = Visitor(browser, address)
    visitor.page.set_default_timeout(OPENING)
    try:
        visitor.open(f"/{path}", model=model, text=next(texts))
        for number, text in enumerate(islice(texts, WARM + rounds)):
            took = _edit(visitor.page, text)
            if number >= WARM:
                row.times.append(took)
            visitor.settle()
    except Error as error:
        row.failure = str(error).splitlines()[0]
    finally:
        visitor.close()
    return row


def edits(models: dict[str, ModelSpec], rounds: int) -> list[Row]:
    """Every page with every model; the page of attention only where there is some."""
    found = []
    with chromium() as browser, serve() as address:
        for model, spec in models.items():
            for path in PAGES:
                if path != "attention" or spec.attention != "none":
                    found.append(measure(browser, address, path, model, language(spec), rounds))
                    print(f"{time.strftime('%H:%M:%S')} {found[-1]}", file=sys.stderr, flush=True)
    return found


def _stop(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(20)  # for stopping the server and the browser
    raise TimeoutError("the limit is reached")


def report(starts: list[float], rows: list[Row]) -> str:
    """The figures as Markdown, and what failed."""
    lines = ["| page | model | median ms | largest ms |", "|---|---|--:|--:|", *map(str, rows), ""]
    every = [one for row in rows for one in row.times]
    if every:
        median = statistics.median(every)
        lines.append(f"median of all {len(every)} edits: {median:.0f} ms (wanted: below {BAR} ms)")
    seconds = ", ".join(f"{one:.1f}" for one in starts)
    lines.append(f"cold start to the first chart: {statistics.median(starts):.1f} s (median of {seconds})")
    lines += [f"FAILED: {row.page} with {row.model}: {row.failure}" for row in rows if row.failure]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4, help="counted edits per page (default 4)")
    parser.add_argument("--starts", type=int, default=2, help="cold starts (default 2)")
    parser.add_argument("--models", nargs="+", default=MODELS, help=f"ids (default {' '.join(MODELS)})")
    parser.add_argument("--limit", type=int, default=900, help="seconds for everything (default 900)")
    options = parser.parse_args()
    if min(options.rounds, options.starts, options.limit) < 1:
        parser.error("rounds, starts and the limit are at least 1")
    installed = {entry.id: entry.spec for entry in checkpoints.scan(folder()).entries}
    if unknown := [name for name in options.models if name not in installed]:
        parser.error(f"not installed: {', '.join(unknown)}; choose from {', '.join(installed)}")
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(options.limit)
    try:
        starts = [cold_start() for _ in range(options.starts)]
        rows = edits({name: installed[name] for name in options.models}, options.rounds)
    except (TimeoutError, RuntimeError, Error) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 1
    finally:
        signal.alarm(0)
    print(report(starts, rows))
    return 1 if any(row.failure for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
