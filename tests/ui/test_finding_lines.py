"""The sentences above every section: which, where a click leads, what is marked, and what differs."""

import html
from pathlib import Path

import pytest
from helpers_app import in_url
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import record
from rnnviz_core.findings import compare, of_section
from rnnviz_core.ui.shell import finding_lines

ROOT = Path(__file__).resolve().parents[2]
MODEL = "sentiment-tiny-lstm"
TEXT = "The plot is thin, but the actors make every scene shine."


@pytest.fixture(scope="module")
def network():
    return checkpoints.load(ROOT / "checkpoints" / MODEL)


def start(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"model": MODEL, "text": TEXT, **query})
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception
    return app


def lines(app: AppTest) -> list[str]:
    return [html.unescape(one.label) for one in app.button if str(one.key).startswith("told-")]


def test_a_section_opens_with_its_findings_and_a_click_goes_there(network) -> None:
    found = of_section(record(network, TEXT), "gates", "maps")
    app = start("gates")
    assert (
        lines(app)
        == [one.claim for one in found if one.strength >= finding_lines.STRONG][: finding_lines.LINES]
    )
    marks = [one.icon for one in app.button if str(one.key).startswith("told-")]
    assert set(marks) == {finding_lines.GO}
    app.button(key="told-0").click().run()
    assert not app.exception
    for name, value in found[0].where.address.items():
        assert in_url(app, name) == value
    assert app.button(key="told-0").icon == finding_lines.HERE
    assert app.button(key="told-1").icon == finding_lines.GO


def test_a_finding_of_another_page_opens_that_page(network) -> None:
    found = of_section(record(network, TEXT), "overview", "network")
    app = start("overview")
    number, one = next((number, one) for number, one in enumerate(found[:3]) if one.where.page != "overview")
    app.button(key=f"told-{number}").click().run()
    assert not app.exception
    assert app.title[0].value.lower() == one.where.page
    assert in_url(app, "section") == one.where.section
    assert in_url(app, "token") == str(one.where.step)


def test_the_first_line_says_what_differs(network) -> None:
    other = "The plot is thin, the actors make every scene shine."
    app = start("states", with_text=other, section="path")
    (found,) = compare(record(network, TEXT), record(network, other))
    assert lines(app)[0] == found.claim
    assert found.claim.startswith("Without “but”")


def test_what_was_typed_is_shown_as_it_is(network) -> None:
    text = "*good* _bad_ <b>not</b> [x](y) but `fine`"
    app = start("softmax", text=text, section="verdicts")
    found = of_section(record(network, text), "softmax", "verdicts")
    assert lines(app)[: len(found)] == [one.claim for one in found][: finding_lines.LINES]
    assert not any("<b>" in one.label or "*" in one.label for one in app.button)


def test_beside_the_verdict_stands_how_often_it_is_right() -> None:
    head = " ".join(
        str(one.proto.body) for one in start("gates", text="The tea was hardly warm.").get("html")
    )
    assert "How often right" in head
    assert "test sentences with a negation," in head
    assert "Likely wrong here:" in head  # a tiny network has not learned “hardly”: see its card
