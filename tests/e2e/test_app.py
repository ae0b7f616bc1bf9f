"""A person with a browser: opens the app, types, follows links, looks at every page."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from rnnviz_core import load, record
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.ui.shell.routes import TRACED, route
from scripts.driver import Visitor, coloured
from scripts.serving import folder

PAGES = sorted(route.name for route in TRACED)
DRAWN = 0.0005  # share of coloured pixels at the least; a frame with title and axes is grey and has none
SENTENCES = {  # of the tasks that read words; series of numbers: test_every_section.py
    "sentiment": ("A warm and clever little film.", "Loud, long and painfully dull!"),
    "translation": ("Mi hermano lee un libro.", "¿Dónde están las llaves de la casa?"),
}


def path_of(page: str) -> str:
    return "/" if page == "overview" else f"/{page}"


def answer(visitor: Visitor) -> str:
    return str(visitor.page.locator(".rv-answer").first.inner_text())


def difference(visitor: Visitor) -> str:
    """The number on the verification badge."""
    text = visitor.page.locator(".rv-badge").first.text_content()
    return re.findall(r"\d\.\d+e[-+]\d+", text)[-1]


def tokens(visitor: Visitor) -> str:
    """The chips of the header, put together; a piece that is only a space is shown as ␣."""
    return re.sub(r"[\s␣]", "", visitor.page.locator(".rv-chips").first.inner_text())


def assert_tells(visitor: Visitor, model: str, text: str) -> None:
    """The header shows what recording the text here, outside the app, gives."""
    network = load(folder() / model)
    options = {"beam": USUAL_BEAM} if network.spec.task == "translation" else {}
    trace = record(network, text, **options)
    read = "".join(token.text for token in trace.tokens[trace.time_axis()])
    assert tokens(visitor) == read.replace("▁", "")
    assert answer(visitor) == str(trace.meta.get("label") or trace.meta["translation"]).strip()
    assert difference(visitor) == f"{trace.max_difference:.1e}"
    assert trace.max_difference < 1e-5


def drawn(visitor: Visitor) -> list[bytes]:
    """The pictures of all charts on the page: there is one, and none is blank."""
    pictures = visitor.pictures()
    assert pictures, "no chart on the page"
    for number, picture in enumerate(pictures):
        assert coloured(picture) >= DRAWN, f"chart {number} is blank"
    return pictures


def assert_redrawn(before: list[bytes], after: list[bytes]) -> None:
    """The charts look different: their marks came from the sentence. (One summary may come out the same.)"""
    same = [number for number, picture in enumerate(after) if picture in before]
    assert len(same) <= len(after) // 4, f"charts {same} did not change with the sentence"


def test_type_a_sentence(visit: Callable[..., Visitor], first: Callable[[str], str]) -> None:
    visitor = visit()
    visitor.open(model=first("sentiment"))
    pictures = drawn(visitor)
    for text in SENTENCES["sentiment"]:
        before = tokens(visitor)
        visitor.type(text)
        assert tokens(visitor) != before
        assert_tells(visitor, first("sentiment"), text)
        assert_redrawn(pictures, pictures := drawn(visitor))


@pytest.mark.parametrize("page", ["gates", "softmax"])
def test_deep_link_on_a_fresh_server(
    fresh_server: str, page: str, visit: Callable[..., Visitor], first: Callable[[str], str]
) -> None:
    """The first visit ever to this server goes straight to a page, with model and sentence."""
    visitor = visit(fresh_server)
    visitor.open(f"/{page}", model=first("translation"), text=SENTENCES["translation"][0])
    assert visitor.page.locator("h1").first.inner_text() == page.capitalize()
    assert first("translation") in visitor.text()
    assert_tells(visitor, first("translation"), SENTENCES["translation"][0])
    drawn(visitor)


def assert_named(visitor: Visitor) -> None:
    """A screen reader calls every button by a name, and says a chart's description once."""
    snapshot = visitor.page.locator("body").aria_snapshot()
    buttons = visitor.names("button")
    assert len(buttons) >= 5
    assert len(re.findall(r"^ *- '?button", snapshot, re.M)) == len(buttons), "a button has no name"
    assert [name for name in buttons if re.search(r"_| icon\b", name)] == []
    charts = visitor.page.get_by_test_id("stVegaLiteChart")
    descriptions = charts.evaluate_all("all => all.map(chart => chart.ariaLabel)")
    assert all(descriptions)
    for description in descriptions:
        assert [name for name in buttons if description in name] == []
        assert len(re.findall(r'"[^"]*' + re.escape(description), snapshot)) <= 1


@pytest.mark.parametrize("task", SENTENCES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page(page: str, task: str, desk: Visitor, first: Callable[[str], str]) -> None:
    desk.go(path_of(page), model=first(task), text=SENTENCES[task][0])
    assert desk.page.locator("h1").first.inner_text() == page.capitalize()
    assert desk.page.title() == f"{route(page).title} · RNNViz"
    if task == "sentiment":
        assert_named(desk)
    assert_tells(desk, first(task), SENTENCES[task][0])
    before = drawn(desk)
    desk.type(SENTENCES[task][1])
    assert_tells(desk, first(task), SENTENCES[task][1])
    assert_redrawn(before, drawn(desk))


def test_the_sentence_goes_along(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open()
    visitor.type(SENTENCES["sentiment"][1])
    said = answer(visitor)
    for page in [page for page in PAGES if page != "overview"]:
        visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name=page.capitalize()).click()
        visitor.page.locator("h1", has_text=page.capitalize()).wait_for()
        visitor.settle()
        assert answer(visitor) == said
        assert "painfully" in tokens(visitor)


def test_the_address_reopens_the_view(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open("/states")
    visitor.type(SENTENCES["sentiment"][1])
    said, address = answer(visitor), visitor.page.url
    again = visit()
    again.page.goto(address)
    again.settle()
    assert answer(again) == said
    assert tokens(again) == tokens(visitor)


@pytest.mark.parametrize(
    "parameters",
    [
        {"model": "no-such-model"},
        {"text": "<script>document.title = 'taken'</script> :red[x] [a](b) $x^2$"},
        {"text": "word " * 900},
        {"layer": "99", "unit": "-1", "token": "999"},
    ],
    ids=["model", "markup", "long", "numbers"],
)
def test_odd_addresses(parameters: dict[str, str], visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.open("/gates", **parameters)
    assert "Traceback" not in visitor.text()
    assert visitor.page.title() != "taken"
    assert visitor.page.locator("h1").first.inner_text() == "Gates"


def test_a_phone(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    visitor.open("/gates")
    main: Any = visitor.page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth + 1"), "the page is cut off"
    drawn(visitor)
