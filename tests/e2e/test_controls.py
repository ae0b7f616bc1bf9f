"""A person with a keyboard, a screen reader, a laptop: the sentence's box, names of things, the link."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from rnnviz_core import limits
from rnnviz_core.ui.shell.routes import TRACED
from scripts.driver import Visitor

PAGES = [route.name for route in TRACED]
LAPTOP = {"width": 1366, "height": 768}
SENTENCE = "A warm and clever little film."
LONG = "word " * (limits.PIECES + 12)


def path_of(page: str) -> str:
    return "/" if page == "overview" else f"/{page}"


def box(visitor: Visitor) -> Any:
    return visitor.page.get_by_role("textbox", name="Sentence")


def tokens(visitor: Visitor) -> str:
    return re.sub(r"\s+", " ", visitor.page.locator(".rv-chips").first.inner_text())


def write(visitor: Visitor, *lines: str) -> None:
    """Type into the box as a person does: over what is there, Shift+Enter between lines, Enter at the end."""
    box(visitor).click()
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.press("Delete")
    for number, line in enumerate(lines):
        if number:
            visitor.page.keyboard.press("Shift+Enter")
        visitor.page.keyboard.insert_text(line)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_timeout(300)  # what was typed is sent before the page can be busy with it
    visitor.settle()


# --- the sentence -----------------------------------------------------------------------------


def test_enter_applies_the_sentence(visit: Callable[..., Visitor], first: Callable[[str], str]) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"))
    for text in ("her new song works.", "his old song fails."):  # the second: after the page was run again
        write(visitor, text)
        assert visitor.query()["text"] == text
        assert tokens(visitor) == " ".join(re.findall(r"\w+|\.", text))
        assert box(visitor).input_value() == text
        assert box(visitor).evaluate("element => element === document.activeElement"), "the cursor is lost"
    visitor.page.keyboard.insert_text(" Really?")
    assert "Press Enter to apply" in visitor.page.locator("[class*='st-key-choice-text']").evaluate(
        """element => getComputedStyle(element.querySelector('[data-testid="InputInstructions"]'),
            '::after').content"""
    )


def test_shift_enter_makes_a_line_that_does_not_travel(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"))
    write(visitor, "her new song works,", "", "the old one fails.")
    assert visitor.query()["text"] == "her new song works, the old one fails."
    assert box(visitor).input_value() == "her new song works,\n\nthe old one fails."
    assert "%0A" not in visitor.copied_link()
    visitor.open(model=first("sentiment"), text="one line\r\nand another")
    assert visitor.query()["text"] == "one line and another"


def test_enter_that_ends_a_composed_word_does_not_apply(visit: Callable[..., Visitor]) -> None:
    """Input methods (Japanese, Chinese, Korean) take Enter for themselves."""
    visitor = visit()
    visitor.open()
    box(visitor).fill("not yet")
    composing = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true})"
    box(visitor).evaluate(f"element => element.dispatchEvent({composing})")
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    assert "text" not in visitor.query()


REFUSED = (
    ("", "The sentence is empty: type at least one word"),
    ("  ", "The sentence is empty: type at least one word"),
)
IN_PART = (
    (LONG, f"Of its {limits.PIECES + 12} tokens the network reads {limits.PIECES}, from token 0 on"),
    (LONG * 20, f"The text has {len(LONG * 20)} characters, the limit is {limits.CHARACTERS}"),
)


def test_a_text_that_cannot_be_read_keeps_the_page(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open("/states", model=first("sentiment"), text=SENTENCE)
    before, read = len(visitor.charts()), tokens(visitor)
    for text, told in REFUSED:
        write(visitor, text)
        assert told in visitor.text()
        assert f"Until then this page shows “{SENTENCE}”" in visitor.text()
        assert tokens(visitor) == read
        assert len(visitor.charts()) == before > 0
        assert box(visitor).input_value() == text[: limits.CHARACTERS]
        write(visitor, "her new song works.")
        assert told not in visitor.text()
        assert tokens(visitor) == "her new song works ."
        write(visitor, SENTENCE)


def test_of_a_text_beyond_the_limit_a_part_is_read(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open("/states", model=first("sentiment"), text=SENTENCE)
    for text, told in IN_PART:
        write(visitor, text)
        assert told in visitor.text()
        assert f"all {limits.PIECES} tokens" in tokens(visitor)
        assert box(visitor).input_value() == text[: limits.CHARACTERS]
    visitor.page.get_by_test_id("stSidebar").get_by_role("slider").press("ArrowRight")
    visitor.settle()
    assert visitor.query()["first"] == "1"


def test_the_counter_counts_what_the_limit_limits(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"), text="word")
    for count in (1, 13, limits.PIECES):
        if count > 1:
            visitor.type(("word " * count).strip())
        counter = visitor.page.locator("[data-testid='stSidebar']").inner_text()
        assert f"{count} of {limits.PIECES} tokens" in counter
        assert "Of its" not in visitor.text()


# --- names ------------------------------------------------------------------------------------


def test_the_player(visit: Callable[..., Visitor], first: Callable[[str], str]) -> None:
    """Its buttons have names, and its slider says the word it stands at."""
    visitor = visit()
    visitor.open(model=first("sentiment"), text="her new song works.", token=1)
    player = ["Play", "First step", "Previous step", "Next step", "Last step"]
    found = [re.sub(" Shortcut .*", "", name) for name in visitor.names("button")]
    assert [name for name in found if name in player] == player
    slider = visitor.page.get_by_role("slider", name="Step")
    assert slider.evaluate("element => element.ariaValueText") == "1 · new"
    visitor.page.get_by_role("button", name="Next step").click()
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    assert slider.evaluate("element => element.ariaValueText") == "2 · song"
    visitor.page.get_by_role("button", name="Play", exact=True).click()
    visitor.page.get_by_role("button", name="Pause", exact=True).click()
    visitor.page.get_by_role("button", name="Play", exact=True).wait_for()
    visitor.settle()


def test_every_tab_of_the_browser_has_its_pages_name(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for route in TRACED:
        visitor.go(path_of(route.name))
        assert visitor.page.title() == f"{route.title} · RNNViz"
    visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Gates").click()
    visitor.page.locator("h1", has_text="Gates").wait_for()
    visitor.settle()
    assert visitor.page.title() == "Gates · RNNViz"


# --- the link ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_copy_link_is_on_the_screen_and_copies_at_one_click(
    page: str, desk: Visitor, visit: Callable[..., Visitor]
) -> None:
    desk.page.set_viewport_size(LAPTOP)
    desk.go(path_of(page))
    place = desk.page.get_by_role("button", name="Share link", exact=True).bounding_box()
    assert place["y"] >= 0
    assert place["y"] + place["height"] <= LAPTOP["height"]
    assert place["x"] + place["width"] <= LAPTOP["width"]
    link = desk.copied_link()
    again = visit(viewport=LAPTOP)
    again.page.goto(link)
    again.settle()
    assert {"task", "model", "text"} <= again.query().keys(), "what is shown by default is spelled out"
    assert again.text() == desk.text()


def test_copy_link_works_over_plain_http(visit: Callable[..., Visitor]) -> None:
    """A class opens the teacher's computer by its address: there the browser offers no clipboard."""
    visitor = visit()
    visitor.page.add_init_script(
        """delete Navigator.prototype.clipboard
        document.addEventListener('copy', ({target}) => { window.copied = target.value })"""
    )
    visitor.open("/gates", token=2)
    visitor.page.get_by_role("button", name="Share link", exact=True).click()
    visitor.page.get_by_role("status").filter(has_text="Link copied").wait_for()
    link = visitor.page.evaluate("window.copied")
    assert link.startswith(f"{visitor.address}/gates?")
    assert "token=2" in link
    assert "model=" in link


def test_the_link_follows_the_player(visit: Callable[..., Visitor]) -> None:
    """While it plays, the page around the player does not run."""
    visitor = visit()
    visitor.open(text=SENTENCE, token=0)
    visitor.page.get_by_role("button", name="Play", exact=True).click()
    visitor.page.wait_for_function("() => Number(new URL(location).searchParams.get('token')) >= 3")
    assert int(re.findall(r"token=(\d+)", visitor.copied_link())[0]) >= 3
    visitor.page.wait_for_function("() => new URL(location).searchParams.get('token') === '6'")
    visitor.page.get_by_role("button", name="Play", exact=True).wait_for()
    visitor.settle()


# --- the map ----------------------------------------------------------------------------------


def test_a_map_that_is_being_computed_says_so_in_the_old_ones_place(
    visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    visitor = visit()
    visitor.open("/embeddings", model=first("sentiment"), text=SENTENCE, section="map", token=3)
    visitor.page.evaluate(
        """() => {
            window.found = []
            const look = () => {
                const says = document.body.innerText.includes('Computing the t-SNE map')
                const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
                found.push([says, charts.some(chart => chart.checkVisibility())].join())
            }
            window.watching = new MutationObserver(look)
            watching.observe(document.body, {subtree: true, childList: true, characterData: true})
        }"""
    )
    visitor.page.get_by_role("radio", name="t-SNE").click(force=True)
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    seen = visitor.page.evaluate("watching.disconnect(), found")
    assert "true,false" in seen, "nothing said that it works"
    assert "true,true" not in seen, "the old map stood beside it"
    assert len(visitor.charts()) == 1
