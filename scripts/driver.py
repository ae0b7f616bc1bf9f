"""A visitor of the running app: opens pages, types, looks at what is drawn, notes what goes wrong."""

import io
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from PIL import Image, ImageChops

from . import looking
from .streamlit_private import ALERTS, ARRIVED, EXPECTED, GO, GONE, SETTLED
from .streamlit_private import CHARTS as CHARTS

STRIPS = ".rv-whole"  # drawings of our own
CHROMA = 40  # of 255: how far apart a colour's channels are at least, where grey has 0
PATIENCE = 60_000  # milliseconds a page may take: the first visit of a new server loads torch and a model


def coloured(picture: bytes) -> float:
    """The share of a picture's pixels that are neither grey nor the background: marks, not words."""
    red, green, blue = Image.open(io.BytesIO(picture)).convert("RGB").split()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    counts = ImageChops.difference(lightest, darkest).histogram()
    return sum(counts[CHROMA:]) / sum(counts)


@dataclass(frozen=True)
class Mark:
    """Something that a chart drew for a row of its data."""

    chart: int
    kind: str  # rect, symbol, ...
    name: str
    x: float  # its middle, in pixels of the screen
    y: float
    row: dict[str, Any]


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
        self.page.goto(self._url(path, parameters))
        self.settle()

    def go(self, path: str = "/", **parameters: str | int) -> None:
        """Go to a page by its address as Forward does: all is as the address says, whatever was before.

        Half the work of `open`, because the app is not loaded again; the first time, it is opened.
        """
        if not self.page.url.startswith(self.address):
            self.open(path, **parameters)
            return
        self.page.evaluate(looking.TO_THE_TOP)  # where the page before was read does not matter to this one
        self.page.evaluate(GO, self._url(path, parameters))
        self.page.wait_for_function(GONE, polling=50)
        self.settle()

    def _url(self, path: str, parameters: dict[str, str | int]) -> str:
        return f"{self.address}{path}{'?' * bool(parameters)}{urlencode(parameters)}"

    def settle(self) -> None:
        """Wait until the script has ended and the page stands still."""
        self.page.evaluate("() => { window.seen = null }")
        self.page.wait_for_function(SETTLED, polling=100)

    def arrive(self, heading: str) -> None:
        """Wait until a click has led below another heading, and what stands there is drawn.

        Cheaper than `settle` by the time in which nothing happens. What comes in later runs of the page
        (charts that ask for more, a fragment) may be missing.
        """
        self.page.wait_for_function(ARRIVED, arg=heading, polling=50)

    def text(self) -> str:
        """Everything that can be read in the main part of the page, but for what goes by itself."""
        lines = str(self.page.get_by_test_id("stMain").inner_text()).split("\n")
        return "\n".join(line for line in lines if line != "Link copied")  # it stands for some seconds

    def charts(self) -> list[Any]:
        """The drawings that are visible (not in a closed tab), without the sliders around them."""
        return [chart for chart in self.page.locator(CHARTS).all() if chart.is_visible()]

    def pictures(self) -> list[bytes]:
        """What every chart and every drawing of our own looks like on the screen, as PNG."""
        strips = [strip for strip in self.page.locator(STRIPS).all() if strip.is_visible()]
        return [chart.screenshot() for chart in (*self.charts(), *strips)]

    def first_chart(self) -> float:
        """How far from the top, in px, the first of them begins unless one scrolls; infinity without one."""
        self.page.evaluate(looking.TO_THE_TOP)
        strips = [strip for strip in self.page.locator(STRIPS).all() if strip.is_visible()]
        return min((chart.bounding_box()["y"] for chart in (*self.charts(), *strips)), default=math.inf)

    def small_texts(self) -> list[str]:
        """Every text on the screen below 12 px."""
        return [*self.page.evaluate(looking.SMALL), *self.page.evaluate(looking.SMALL_IN_CHARTS)]

    def cut_off(self) -> list[str]:
        """What does not fit the width of the screen."""
        return list(self.page.evaluate(looking.CUT_OFF))

    def colours(self) -> list[tuple[str, str]]:
        """Background and commonest text colour of every chart, as CSS says them."""
        return [(background, text) for background, text in self.page.evaluate(looking.COLOURS)]

    def chart_texts(self) -> list[str]:
        """Every text in every chart."""
        return list(self.page.evaluate(looking.WORDS))

    def domains(self) -> list[dict[str, list[float]]]:
        """Of every chart: where the scales of its colours and heights begin and end."""
        return list(self.page.evaluate(looking.DOMAINS))

    def names(self, role: str) -> list[str]:
        """What a screen reader calls every visible thing of this role."""
        snapshot = self.page.locator("body").aria_snapshot()
        return re.findall(rf"""- '?{role} "(.*?)"'?(?: \[.*\])?:?$""", snapshot, re.M)

    def marks(self, kind: str = "rect", **values: Any) -> list[Mark]:
        """The marks of all charts, in the order in which they are drawn, whose rows hold `values`."""
        found = [Mark(*mark) for mark in self.page.evaluate(looking.MARKS)]
        return [mark for mark in found if mark.kind == kind and values.items() <= mark.row.items()]

    def type(self, text: str) -> None:
        """Change the sentence."""
        box = self.page.get_by_test_id("stSidebar").get_by_role("textbox", name="Sentence")
        box.fill(text)
        box.press("Control+Enter")
        self.page.wait_for_timeout(300)  # the edit is sent before the page can be busy with it
        self.settle()

    def press(self, name: str) -> None:
        """Press a button that begins something, and wait until the page no longer offers to stop it."""
        main = self.page.get_by_test_id("stMain")
        main.get_by_role("button", name=name, exact=True).click()
        stop = main.get_by_role("button", name="Stop", exact=True)
        stop.wait_for()
        stop.wait_for(state="detached")
        self.settle()

    def copied_link(self) -> str:
        """The address that one click on "Share link" puts into the clipboard."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        told = self.page.get_by_role("status").filter(has_text="Link copied")
        told.wait_for(state="detached")  # of a click some seconds ago
        self.page.get_by_role("button", name="Share link", exact=True).click()
        told.wait_for()
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def query(self) -> dict[str, str]:
        """The choices in the address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def click(self, mark: Mark) -> None:
        """Click the middle of a mark that is on the screen."""
        self.page.mouse.click(mark.x, mark.y)
        self.page.wait_for_timeout(300)  # the click is sent before the page can be busy with it
        self.settle()

    def alerts(self) -> list[str]:
        """What the page warns of."""
        return [alert.inner_text() for alert in self.page.locator(ALERTS).all()]

    def errors(self) -> list[str]:
        """Error elements on the page, and what the console complained about so far."""
        shown = self.page.get_by_test_id("stException").all() + self.page.locator('[role="dialog"]').all()
        return [element.inner_text() for element in shown] + self.problems

    def close(self) -> None:
        self.page.context.close()
