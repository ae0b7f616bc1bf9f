"""The brush over a long text: charts show the chosen steps alone, and the link keeps them."""

from pathlib import Path

import numpy as np
import pytest
from helpers_app import in_url, rows_of
from streamlit.testing.v1 import AppTest

from rnnviz_core.ui.controls.brush import _read, _write

ROOT = Path(__file__).resolve().parents[2]
LONG = "the music is loud and the jokes are old, but nobody in the last row wanted to go home. " * 3


def start(page, **query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"model": "sentiment-tiny-lstm", "text": LONG, **query})
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("page", "section", "data"),
    [("gates", "maps", "cells"), ("states", "changes", "changes"), ("states", "path", "path")],
)
def test_a_span_is_all_that_is_drawn(page, section, data):
    rows = rows_of(start(page, section=section, span="20-30"), data)
    assert sorted(set(rows["position"])) == list(range(20, 31))
    whole = rows_of(start(page, section=section), data)
    expected = whole[whole["position"].between(20, 30)]
    numbers = rows.select_dtypes(np.number).columns
    np.testing.assert_array_equal(rows[numbers].to_numpy(), expected[numbers].to_numpy())
    assert set(rows["tick"]) < set(whole["tick"]) if "tick" in rows else True


def test_a_short_text_has_no_brush():
    app = start("gates", text="a good film", span="1-2")
    assert not [slider for slider in app.select_slider if slider.label == "Steps shown"]
    assert set(rows_of(app, "cells")["position"]) == {0, 1, 2}


def test_the_brush_writes_the_link():
    app = start("gates")
    brush = next(slider for slider in app.select_slider if slider.label == "Steps shown")
    brush.set_value((3, 9)).run()
    assert not app.exception
    assert in_url(app, "span") == "3-9"
    assert set(rows_of(app, "cells")["position"]) == set(range(3, 10))


@pytest.mark.parametrize("raw", ["", "-", "5", "5-5", "9-5", "0-60", "a-b", "1-2-3", "-1-4"])
def test_what_is_no_span(raw):
    assert _read(raw, 60) is None


def test_one_step_is_shown_with_a_neighbour():
    assert _write((7, 7), (0, 59)) == "7-8"
    assert _write((59, 59), (0, 59)) == "58-59"
    assert _write((0, 59), (0, 59)) is None
