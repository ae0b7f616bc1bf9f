"""A visitor of the running app: opens pages, types, looks at what is drawn, notes what goes wrong."""

import io
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from PIL import Image, ImageChops

CHROMA = 40  # of 255: how far apart a colour's channels are at least, where grey has 0
PATIENCE = 60_000  # milliseconds a page may take: the first visit of a new server loads torch and a model
# Settled: the script has ended and nothing on the page has changed for 400 ms.
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]')
    const busy = document.querySelector('[data-testid="stSkeleton"], [data-stale="true"], .stSpinner')
    const still = app?.dataset.testScriptState === 'notRunning' && !busy
        && document.querySelector('[data-testid="stMain"]')?.innerText.trim()
    const now = [performance.now(), still ? document.body.innerText.length : -1]
    if (!still || !window.seen || window.seen[1] !== now[1]) window.seen = now
    return still && performance.now() - window.seen[0] > 400
}"""
# Streamlit's own, harmless: on a deep link it looks for the server under the page's path first.
EXPECTED = re.compile(r"/\w+/_stcore/(health|host-config)$")
# Every text on the screen that is smaller than 12 px, with its size.
SMALL = """() => [...document.querySelectorAll('body *')].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && /[^\\s\\u200b]/.test(node.textContent))
    && !element.closest('title, desc, style, script, noscript, option, .katex-mathml')
    && element.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && element.getBoundingClientRect().width > 1
    && parseFloat(getComputedStyle(element).fontSize) < 11.99
).map(element => `${element.textContent.trim().slice(0, 30)}: ${getComputedStyle(element).fontSize}`)"""
# What reaches over the right edge: the page as a whole, and charts; a chart may scroll in a box of its own.
CUT_OFF = """() => {
    const main = document.querySelector('[data-testid="stMain"]'), found = []
    const over = main.scrollWidth - main.clientWidth
    if (over > 1) found.push(`the page: ${over} px`)
    for (const chart of main.querySelectorAll('[data-testid="stVegaLiteChart"]')) {
        const box = chart.getBoundingClientRect(), svg = chart.querySelector('svg.marks')
        if (box.right > main.clientWidth + 1) found.push(`a chart: to ${box.right} px`)
        if (chart.scrollWidth > chart.clientWidth + 1)
            found.push(`in a chart: ${chart.scrollWidth - chart.clientWidth} px`)
        for (const text of svg?.querySelectorAll('text') ?? []) {
            const seen = text.getBoundingClientRect(), edge = svg.getBoundingClientRect()
            if (seen.width && (seen.left < edge.left - 2 || seen.right > edge.right + 2))
                found.push(`a chart's text: ${text.textContent}`)
        }
    }
    return found
}"""
# Background and text colours of the charts, the commonest text colour of each, and the page's background.
COLOURS = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg.marks')].map(svg => {
    const counts = new Map()
    for (const text of svg.querySelectorAll('text')) {
        const fill = getComputedStyle(text).fill
        counts.set(fill, (counts.get(fill) ?? 0) + 1)
    }
    return [getComputedStyle(svg).backgroundColor, [...counts].sort((a, b) => b[1] - a[1])[0][0]]
})"""
CHARTS = '[data-testid="stVegaLiteChart"] :is(canvas, svg.marks)'


def coloured(picture: bytes) -> float:
    """The share of a picture's pixels that are neither grey nor the background: marks, not words."""
    red, green, blue = Image.open(io.BytesIO(picture)).convert("RGB").split()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    counts = ImageChops.difference(lightest, darkest).histogram()
    return sum(counts[CHROMA:]) / sum(counts)


class Visitor:
    """One browser tab on the app.

    Parameters
    ----------
    browser
        Playwright's running browser.
    address
        Where the app is served.
    options
        Given to the browser's context: `viewport`, `color_scheme`, ...
    """

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.address = address
        self.page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}).new_page()
        self.page.set_default_timeout(PATIENCE)
        self.problems: list[str] = []  # what the console and the network complained about
        self.page.on("console", self._note)
        self.page.on("request", self._note_request)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def _note(self, message: Any) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not EXPECTED.search(url):
            self.problems.append(f"console: {message.text} ({url})")

    def _note_request(self, request: Any) -> None:
        """Nothing but the app itself is asked for anything."""
        local = request.url.startswith((self.address, "data:", "blob:"))
        if not local and not EXPECTED.search(request.url):
            self.problems.append(f"request to another server: {request.url}")

    def open(self, path: str = "/", **parameters: str | int) -> None:
        """Go to a page by its address, as someone who was sent a link."""
        self.page.goto(f"{self.address}{path}{'?' * bool(parameters)}{urlencode(parameters)}")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has ended and the page stands still."""
        self.page.evaluate("() => { window.seen = null }")
        self.page.wait_for_function(SETTLED, polling=100)

    def text(self) -> str:
        """Everything that can be read in the main part of the page."""
        return str(self.page.get_by_test_id("stMain").inner_text())

    def charts(self) -> list[Any]:
        """The drawings that are visible (not in a closed tab), without the sliders around them."""
        return [chart for chart in self.page.locator(CHARTS).all() if chart.is_visible()]

    def pictures(self) -> list[bytes]:
        """What every chart looks like on the screen, as PNG."""
        return [chart.screenshot() for chart in self.charts()]

    def small_texts(self) -> list[str]:
        """Every text on the screen below 12 px."""
        return list(self.page.evaluate(SMALL))

    def cut_off(self) -> list[str]:
        """What does not fit the width of the screen."""
        return list(self.page.evaluate(CUT_OFF))

    def colours(self) -> list[tuple[str, str]]:
        """Background and commonest text colour of every chart, as CSS says them."""
        return [(background, text) for background, text in self.page.evaluate(COLOURS)]

    def type(self, text: str) -> None:
        """Change the sentence."""
        box = self.page.get_by_test_id("stSidebar").get_by_role("textbox", name="Sentence")
        box.fill(text)
        box.press("Control+Enter")
        self.page.wait_for_timeout(300)  # the edit is sent before the page can be busy with it
        self.settle()

    def query(self) -> dict[str, str]:
        """The choices in the address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def click(self, *words: str) -> None:
        """Click the mark of a chart whose description has all these words."""
        selector = "".join(f'[aria-label*="{word}"]' for word in words)
        mark = self.page.locator(f'[data-testid="stVegaLiteChart"] svg.marks path{selector}').first
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.wait_for_timeout(300)  # the click is sent before the page can be busy with it
        self.settle()

    def errors(self) -> list[str]:
        """Error elements on the page, and what the console complained about so far."""
        shown = self.page.get_by_test_id("stException").all() + self.page.locator('[role="dialog"]').all()
        return [element.inner_text() for element in shown] + self.problems

    def close(self) -> None:
        self.page.context.close()
