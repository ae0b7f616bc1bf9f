"""How fast a long series of numbers is drawn, in real Chromium.

    python -m bench.long_series [--steps 5000] [--rounds 5]

A table of so many steps is dropped on the page *Your own* beside an LSTM that reads it; the States page then
has the strip of all steps above the heatmaps of some of them. Printed are milliseconds: `opened`, from the
click on the page's name in the menu to the paint of its charts; `moved`, from the key that moves the part to
the paint; `strip`, what Vega alone takes to draw the strip of all steps from its rows.
The numbers of a busy machine say little: compare with a series that is hardly longer than the part.
"""

import argparse
import io
import statistics
import sys
from typing import Any

import numpy as np
import torch

from scripts.browser import chromium
from scripts.driver import Visitor
from scripts.serving import serve
from scripts.streamlit_private import CHART, VIEW_OF

BAR = 1_000  # ms
PATIENCE = 60_000  # ms
# From the next click or key to the last paint of a chart: a canvas is cleared before it is drawn.
WATCH = """() => {
    const drawing = CanvasRenderingContext2D.prototype
    window.clear ??= drawing.clearRect
    let start = 0
    window.last = null
    drawing.clearRect = function (...place) {
        if (start && this.canvas.isConnected !== undefined)
            requestAnimationFrame(() => { window.last = performance.now() - start })
        return window.clear.apply(this, place)
    }
    for (const kind of ['pointerdown', 'keydown'])
        document.addEventListener(kind, () => { start ||= performance.now() }, {capture: true, once: true})
}"""
# All rows given to the strip anew, until it is drawn from them; of many steps it gets the ends of each few.
DRAWN = (
    "async chart => {"
    + VIEW_OF
    + """
    const view = viewOf(chart), rows = view.data('lines').map(row => ({...row}))
    const start = performance.now()
    await view.data('lines', rows).resize().runAsync()
    return performance.now() - start
}"""
)


def files(steps: int) -> list[dict[str, Any]]:
    """An LSTM of 32 units, and a table of two columns for it."""
    torch.manual_seed(0)
    network = torch.nn.ModuleDict({"lstm": torch.nn.LSTM(2, 32), "out": torch.nn.Linear(32, 1)})
    weights, time = io.BytesIO(), np.arange(steps)
    torch.save(network.state_dict(), weights)
    rows = [f"{np.sin(t / 40) + np.sin(t / 3) / 5:.4f},{np.cos(t / 90):.4f}" for t in time]
    table = "\n".join(["load,price", *rows]).encode()
    return [
        {"name": "lstm.pt", "mimeType": "application/octet-stream", "buffer": weights.getvalue()},
        {"name": "series.csv", "mimeType": "text/csv", "buffer": table},
    ]


def _timed(visitor: Visitor, act: Any) -> float:
    visitor.page.evaluate(WATCH)
    act()
    visitor.page.wait_for_function("() => window.last !== null", timeout=PATIENCE)
    visitor.settle()
    return float(visitor.page.evaluate("() => window.last"))


def measure(visitor: Visitor, steps: int, rounds: int) -> dict[str, list[float]]:
    """All rounds of the three."""
    page = visitor.page
    page.set_default_timeout(PATIENCE)
    visitor.open("/own")
    page.locator("input[type=file]").first.set_input_files(files(steps))
    page.get_by_role("button", name="Open it").click()
    visitor.settle()
    found: dict[str, list[float]] = {"opened": [], "moved": [], "strip": []}
    for _round in range(rounds):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview").click()
        visitor.settle()
        link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="States")
        found["opened"].append(_timed(visitor, link.click))
        slider = page.get_by_test_id("stSidebar").get_by_role("slider").first
        slider.focus()
        found["moved"].append(_timed(visitor, lambda: page.keyboard.press("ArrowLeft")))
        found["strip"].append(page.locator(CHART).first.evaluate(DRAWN))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with serve() as address, chromium() as browser:
        visitor = Visitor(browser, address, viewport={"width": 1366, "height": 900})
        found = measure(visitor, wanted.steps, wanted.rounds)
        problems = visitor.errors()
    print(f"{wanted.steps} steps of 2 numbers, an LSTM of 32 units, {wanted.rounds} rounds")
    print("| | median ms | largest ms |\n|---|--:|--:|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")
    late = [name for name, times in found.items() if statistics.median(times) >= BAR]
    print(f"not below {BAR} ms: {', '.join(late)}" if late else f"all below {BAR} ms")
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
