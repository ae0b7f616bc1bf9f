"""Start here: six steps on the overview, in the address, put away and brought back."""

import html
from pathlib import Path

import pytest
from helpers_app import in_url, words
from streamlit.testing.v1 import AppTest

from rnnviz_core.findings.first_steps import STEPS

ROOT = Path(__file__).resolve().parents[2]


def start(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"model": "sentiment-tiny-lstm", **query})
    app.run()
    assert not app.exception
    return app


def steps(app):
    return [group for group in app.get("button_group") if group.label == "Start here"]


def button(app, key):
    return next(one for one in app.button if one.key == key)


def test_at_first_there_are_six_steps_and_no_answer():
    app = start()
    assert len(steps(app)) == 1
    assert "What do the gates do?" not in words(app)
    assert not [one for one in app.button if one.key == "start-on"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_asks_and_answers(step):
    app = start(start=step)
    said = html.unescape(words(app))
    assert said.count("?**") == 1
    assert in_url(app, "start") == step
    button(app, "start-go").click().run()
    assert not app.exception
    assert [title.value for title in app.title] != ["Overview"]


def test_the_forget_gate_at_every_token():
    strip = next(block.value for block in start(start="gate").html if "rv-strip" in block.value)
    assert "The forget gate at each step, mean over 4 units" in strip
    assert strip.count("rv-chip") == 13


def test_put_away_and_brought_back():
    app = button(start(start="gate"), "start-off").click().run()
    assert in_url(app, "start") == "off"
    assert not steps(app)
    app = button(app, "start-on").click().run()
    assert in_url(app, "start") is None
    assert steps(app)


def test_a_step_that_there_is_not_leaves_a_note():
    app = start(start="dance")
    assert any("dance" in note.value for note in app.info)
    assert steps(app)


def test_what_a_person_typed_is_only_text():
    app = start(start="gate", text="<b>good</b> *film* `x`")
    strip = next(block.value for block in app.html if "rv-strip" in block.value)
    assert "<b>good" not in strip
