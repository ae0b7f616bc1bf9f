"""Every section of every page, opened by its link: drawn, in both themes, readable, whole on a phone."""

from collections.abc import Callable

import pytest
from PIL import ImageColor

from rnnviz_core import scan
from rnnviz_core.languages import SOURCE, _, speak
from rnnviz_core.ui.shell.routes import route
from scripts.driver import Visitor, coloured
from scripts.gallery import SHOTS, Shot
from scripts.serving import folder

DRAWN = 0.0005  # share of coloured pixels at the least; a frame with title and axes is grey and has none
WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
LEFT = 150  # px of a section's first chart that are in sight without scrolling


def contrast(one: str, other: str) -> float:
    """Of two colours, as CSS says them: 1 to 21 (WCAG 2)."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in ImageColor.getrgb(colour)[:3]]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_section(shot: Shot, visitor: Visitor) -> None:
    fitting = [entry.id for entry in scan(folder()).entries if shot.kind.fits(entry.spec)]
    if not fitting:
        pytest.skip(f"no model of this kind is installed: {shot.kind}")
    # The screen of the section before is looked at first: everything is drawn twice, not three times.
    first = PHONE if visitor.page.viewport_size == PHONE and not shot.press else WIDE
    show(visitor, first)
    if shot.press:  # what the person before has begun stays on the page until it is loaded again
        visitor.open(shot.path, **shot.query(fitting[0]))
        visitor.press(shot.press)
    else:
        visitor.go(shot.path, **shot.query(fitting[0]))
    assert shot.query(fitting[0]).items() <= visitor.query().items(), "the address is not what it was"
    if shot.section:
        assert_open(shot, visitor)
    colours = [look(shot, visitor, first)]
    second = WIDE if first is PHONE else PHONE
    show(visitor, second)
    visitor.settle()
    colours.append(look(shot, visitor, second))
    assert len(colours[0]) == len(colours[1])
    for (one, ink), (other, chalk) in zip(*colours, strict=True):
        assert one != other
        assert contrast(one, ink) >= 4.5
        assert contrast(other, chalk) >= 4.5
    assert visitor.errors() == []


def show(visitor: Visitor, size: dict[str, int]) -> None:
    """A wide screen by day, or a phone at night."""
    visitor.page.emulate_media(color_scheme="dark" if size is PHONE else "light")
    visitor.page.set_viewport_size(size)


def assert_open(shot: Shot, visitor: Visitor) -> None:
    """The section that the address names."""
    tabs = visitor.page.get_by_role("tab").all()
    opened = [tab.inner_text().strip() for tab in tabs if tab.get_attribute("aria-selected") == "true"]
    with speak(dict(shot.more).get("language", SOURCE)):
        titles = {_(found.title) for found in route(shot.page).sections if found.name == shot.section}
    assert len(opened) == bool(tabs)  # a page's only section has no tab
    assert set(opened) <= titles or not route(shot.page).traces, "another section is open"


def look(shot: Shot, visitor: Visitor, size: dict[str, int]) -> list[tuple[str, str]]:
    """All that has to hold on a screen of this size; the colours of every chart on it."""
    if size is WIDE:
        assert_drawn(shot, visitor)
    assert visitor.small_texts() == []
    assert shot.first or visitor.first_chart() <= size["height"] - LEFT
    assert visitor.cut_off() == []
    return visitor.colours()


def assert_drawn(shot: Shot, visitor: Visitor) -> None:
    """There is a chart, and none is blank."""
    pictures = visitor.pictures()
    assert pictures or not route(shot.page).traces, "no chart on the page"
    grey = {number for number, picture in enumerate(pictures) if coloured(picture) < DRAWN}
    for number in grey:  # only a histogram of gates that are hardly ever shut or open, by its bars
        shares = {"between": 0.0, "closed": 0.0, "open": 0.0}
        for mark in visitor.marks():
            if mark.chart == number and "end" in mark.row:
                shares[mark.row["state"]] += mark.row["share"]
        assert shares["between"] > 0.9, f"chart {number} is blank"
        assert shares["closed"] + shares["open"] < 0.005, f"chart {number} has lost its colours"


def test_contrast() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.48, abs=0.01)


def test_every_section_has_its_address(visit: Callable[..., Visitor], first: Callable[..., str]) -> None:
    """A click on a tab is a choice as any other: it is in the address, and going back is a step."""
    visitor = visit()
    visitor.open("/states", model=first(SHOTS[0].kind.task))
    for tab in visitor.page.get_by_role("tab").all()[1:]:
        tab.click()
        visitor.page.wait_for_timeout(300)
        visitor.settle()
        section = visitor.query()["section"]
        assert any(shot.page == "states" and shot.section == section for shot in SHOTS)
        assert tab.get_attribute("aria-selected") == "true"
