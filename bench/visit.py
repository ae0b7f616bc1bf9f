"""What the first visitors of a new server wait for and download, in real Chromium.

    python -m bench.visit [--rounds 3] [--address http://127.0.0.1:8501]

For each round a server of its own: seconds until it answers, from then to the first chart, whether
Streamlit's menu of file names was ever on the page, and what came over the network: at the first visit,
and at the next one of the same browser. With `--address`, one round against a server that runs already.
"""

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scripts.browser import chromium
from scripts.driver import CHARTS
from scripts.serving import serve
from scripts.streamlit_private import MENU_LINK

PATIENCE = 120_000  # ms
QUIET = 1.5  # seconds without a request or an answer: what a page loads after its first chart is there
# Keeps every text that the menu ever showed.
WATCH = r"""
window.menus = new Set()
new MutationObserver(() => {
    for (const link of document.querySelectorAll('MENU_LINK'))
        window.menus.add(link.innerText.trim().split(/\n/).pop().trim()) // without its icon
}).observe(document, { subtree: true, childList: true, characterData: true })
""".replace("MENU_LINK", MENU_LINK)


@dataclass
class Visit:
    """One tab: how long it waited, and what it loaded."""

    seconds: float = 0.0  # from asking for the page to the first chart
    requests: int = 0
    bytes: int = 0  # that came over the network, heads included
    cached: int = 0  # requests that the browser answered itself
    files: dict[str, int] = field(default_factory=dict)  # address to bytes over the network, 0 for none
    menu: set[str] = field(default_factory=set)

    def largest(self, count: int = 8) -> list[str]:
        """The files that took most, as "138 kB http://..."."""
        files = sorted(self.files.items(), key=lambda file: -file[1])[:count]
        return [f"{size / 1000:.0f} kB {url}" for url, size in files]


def visit(context: Any, address: str) -> Visit:
    """Open a page in a new tab of `context` and count."""
    page, found = context.new_page(), Visit()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    under_way: dict[str, str] = {}
    last = time.monotonic()

    def asked(event: dict[str, Any]) -> None:
        nonlocal last
        under_way[event["requestId"]], last = event["request"]["url"], time.monotonic()

    def answered(_: dict[str, Any]) -> None:
        found.requests += 1

    def loaded(event: dict[str, Any]) -> None:
        nonlocal last
        last, size = time.monotonic(), int(event["encodedDataLength"])
        url = under_way.pop(event["requestId"], "")
        found.bytes += size
        found.files[url] = found.files.get(url, 0) + size

    def failed(event: dict[str, Any]) -> None:
        under_way.pop(event["requestId"], None)

    def frame(event: dict[str, Any]) -> None:
        found.bytes += len(event["response"]["payloadData"]) * 3 // 4  # base64

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFailed", failed)
    session.on("Network.loadingFinished", loaded)
    session.on("Network.requestServedFromCache", lambda _: setattr(found, "cached", found.cached + 1))
    session.on("Network.webSocketFrameReceived", frame)
    began = time.monotonic()
    page.goto(address, timeout=PATIENCE)
    page.locator(CHARTS).first.wait_for(timeout=PATIENCE)
    found.seconds = time.monotonic() - began
    while under_way or time.monotonic() - last < QUIET:
        if time.monotonic() - began > PATIENCE / 1000:
            raise TimeoutError(f"still loading: {', '.join(under_way.values())}")
        page.wait_for_timeout(100)
    found.menu = set(page.evaluate("[...window.menus]"))
    page.close()
    return found


@contextlib.contextmanager
def _server(address: str | None) -> Iterator[str]:
    if address:
        yield address
    else:
        with serve() as started:
            yield started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="new servers (default 3)")
    parser.add_argument("--address", help="a server that runs already")
    parser.add_argument("--path", default="/", help="the page (default /)")
    options = parser.parse_args()
    starts, firsts, nexts = [], [], []
    with chromium() as browser:
        for _ in range(1 if options.address else options.rounds):
            began = time.monotonic()
            with _server(options.address) as address:
                starts.append(time.monotonic() - began)
                context = browser.new_context()
                firsts.append(visit(context, address + options.path))
                nexts.append(visit(context, address + options.path))
                context.close()
    print("| | seconds to the first chart | requests | from the cache | kB |\n|---|--:|--:|--:|--:|")
    for name, visits in (("first visit", firsts), ("next visit", nexts)):
        seconds = statistics.median(one.seconds for one in visits)
        last = visits[-1]
        print(f"| {name} | {seconds:.1f} | {last.requests} | {last.cached} | {last.bytes / 1000:.0f} |")
    print(f"\nthe server answers after {statistics.median(starts):.1f} s")
    print("the menu showed:", ", ".join(sorted(set().union(*(one.menu for one in firsts)))))
    for name, visits in (("first", firsts), ("next", nexts)):
        for line in visits[-1].largest():
            print(f"  {name}: {line}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
