"""What a person waits for, in real Chromium: from start to the first chart, and from a key to the paint.

    python -m bench.browser [--rounds 12] [--starts 3]

Cold start: a new server process and a new browser tab, until a chart stands on the page. An edit: from
Ctrl+Enter in the sentence's box until the header shows the new sentence and a chart was drawn anew, to the
frame after that, as the page itself sees it.
"""

import argparse
import statistics
import sys
import time
from itertools import islice

from playwright.sync_api import Page

from bench.sentences import sentences
from bench.wake import PAGES
from scripts.browser import chromium
from scripts.driver import CHARTS, Visitor
from scripts.serving import serve

MODEL = "sentiment-lstm"
CHART = '[data-testid="stVegaLiteChart"]'
# Resolves to the milliseconds from the key to the frame in which both the words and a chart are new.
PAINTED = """([chart, word]) => new Promise((resolve, reject) => {
    let start = 0, drawn = false
    const watch = new MutationObserver(changes => {
        drawn = drawn || start > 0 && changes.some(change => change.target.closest?.(chart))
    })
    watch.observe(document.body, {subtree: true, childList: true, attributes: true})
    const look = () => {
        const words = document.querySelector('.rv-chips')?.innerText.replace(/\\s/g, '') || ''
        if (performance.now() - start > 30000) return reject(`words ${words} without ${word}, ${drawn}`)
        if (!words.includes(word) || !drawn) return requestAnimationFrame(look)
        requestAnimationFrame(() => { watch.disconnect(); resolve(performance.now() - start) })
    }
    document.addEventListener('keydown', event => {
        if (event.key === 'Enter' && !start) { start = performance.now(); look() }
    }, {capture: true})
})"""


def cold_start() -> float:
    """Seconds from starting the server to a chart in the browser."""
    with chromium() as browser:
        start = time.monotonic()
        with serve() as address:
            page = browser.new_page()
            page.goto(address)
            page.locator(CHARTS).first.wait_for(timeout=120_000)
            return time.monotonic() - start


def _edit(page: Page, text: str) -> float:
    """Milliseconds until a new sentence is painted."""
    box = page.get_by_role("textbox", name="Sentence")
    box.fill(text)
    word = "".join(character for character in text.split()[-1].lower() if character.isalpha())
    painted = page.evaluate_handle(f"args => {{ window.painted = ({PAINTED})(args) }}", [CHART, word])
    painted.dispose()
    box.press("Control+Enter")
    return float(page.evaluate("window.painted"))


def edits(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every edit, by page."""
    found = {}
    with chromium() as browser, serve() as address:
        for number, name in enumerate(PAGES[:4] + PAGES[5:]):
            visitor = Visitor(browser, address)
            visitor.open(f"/{name}", model=MODEL, text="A first sentence.")
            texts = islice(sentences("en", number), rounds + 2)
            times = []
            for index, text in enumerate(texts):
                times.append(_edit(visitor.page, f"{text.rstrip('.!')} {'abcdefghijklmnop'[index % 16] * 3}"))
                visitor.settle()
            found[name or "overview"] = times[2:]  # the first ones compile charts
            visitor.page.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12, help="edits per page (default 12)")
    parser.add_argument("--starts", type=int, default=3, help="cold starts (default 3)")
    options = parser.parse_args()
    starts = [cold_start() for _ in range(options.starts)]
    found = edits(options.rounds)
    print("| edit to painted | median ms | largest ms |\n|---|--:|--:|")
    for page, times in found.items():
        print(f"| {page} | {statistics.median(times):.0f} | {max(times):.0f} |")
    every = [one for times in found.values() for one in times]
    print(f"\nmedian of all edits: {statistics.median(every):.0f} ms")
    print(f"cold start to the first chart, median of {len(starts)}: {statistics.median(starts):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
