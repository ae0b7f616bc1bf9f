"""Every page for a network that reads numbers, on a list that was typed."""

import html
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_app import datasets_of, in_url, rows_of, words
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import record
from rnnviz_core.languages import speak
from rnnviz_core.models.forecaster import Forecaster
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.header import _steps
from rnnviz_core.ui.views import sections

ROOT = Path(__file__).resolve().parents[2]
TYPED = "1, 2 4; 3 8 6 7.5 1"
PLACES = [
    ("overview", "network"),
    ("overview", "whole"),
    ("embeddings", "numbers"),
    *(("gates", name) for name in ("maps", "summary", "cell")),
    *(("states", name) for name in ("maps", "units", "changes", "ledger", "path")),
    *(("gradients", name) for name in ("reach", "pairs", "backwards", "roads", "exploding")),
    ("attention", "instead"),
    *(("softmax", name) for name in ("forecast", "terms")),
    ("diagnosis", "findings"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("series")
    for cell in ("rnn", "gru", "lstm"):
        torch.manual_seed(5)
        spec = ForecastSpec(cell, hidden=5, series="wave", season=3, mean=3.0, scale=2.0, root=True)
        model = Forecaster(spec)
        torch.nn.init.normal_(model.output.weight)
        scores = {"rmse": 1.5, "rmse_persistence": 2.25, "rmse_autoregression": 1.75}
        checkpoints.save(model, path / model.name, {"scores": scores, "rows": 40})
    return path


@pytest.fixture
def start(folder, monkeypatch):
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))

    def run(page: str = "overview", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": "wave-lstm", "text": TYPED, **query})
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        assert not app.error
        return app

    return run


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize(("page", "section"), PLACES)
def test_every_section_draws_or_says_why(start, page: str, section: str, cell: str) -> None:
    app = start(page, model=f"wave-{cell}", section=section)
    offers = (page, cell) == ("attention", cell) or (cell == "rnn" and page in ("gates", "states"))
    assert app.get("vega_lite_chart") or app.info or section == "whole"
    assert app.info or not offers or section not in ("maps", "instead", "ledger")
    blocks = [*app.main.markdown, *app.main.caption, *app.main.info]
    heads = [block for block in app.main.html if "rv-line" in block.value or "rv-head" in block.value]
    assert heads
    said = html.unescape(" ".join(block.value for block in (*blocks, *heads)))
    assert not re.findall(r".{30}\b(?:[Tt]oken|[Ss]entence|[Ww]ord)s?\b.{30}", said), "it reads a series"


def test_the_places_are_those_that_are_offered(folder) -> None:
    trace = record(checkpoints.load(folder / "wave-lstm"), TYPED)
    offered = [
        (page.name, one.name) for page in routes.TRACED for one in sections.sections_of(page.name, trace)
    ]
    assert offered == PLACES


def test_the_series_stands_above_the_heatmaps(start, folder) -> None:
    app = start()
    assert datasets_of(app) == {"series", "cells", "columns", "now", "strips"}
    trace, rows = record(checkpoints.load(folder / "wave-lstm"), TYPED), rows_of(app, "series")
    np.testing.assert_allclose(rows["value"], [1, 2, 4, 3, 8, 6, 7.5, 1])
    np.testing.assert_allclose(rows["expected"][1:], trace["readout.forecasts"][:-1], rtol=1e-5)
    assert np.isnan(rows["expected"][0])
    header = " ".join(one.value for one in app.html)
    assert "8 numbers: 1, 2, 4, 3, 8, 6, 7.5, 1" in header
    with speak("es"):  # a decimal comma, so none between the numbers
        assert "8 números: 1; 2; 4; 3; 8; 6; 7,5; 1" in _steps(trace, "time")
    assert f"{trace.meta['forecast']:.2f}" in header
    assert "8 of 300 numbers" in " ".join(one.value for one in app.sidebar.caption)


def test_the_baselines_stand_in_the_chart(start) -> None:
    app = start("softmax", section="forecast")
    lines, bars = rows_of(app, "lines"), rows_of(app, "scores", 1)
    again = lines[lines["kind"] == "the same again"]
    assert again["value"].tolist() == [1, 2, 4, 3, 8, 6, 7.5]
    season = lines[lines["kind"] == "last season"]
    assert season["value"].tolist() == [1, 2, 4, 3, 8]  # three steps before
    assert dict(zip(bars["name"], bars["error"], strict=True)) == {
        "network": 1.5,
        "AR(12)": 1.75,
        "the same again": 2.25,
    }


def test_what_goes_in_is_worked_out(start) -> None:
    said = html.unescape(words(start("embeddings", token="2")))
    assert "Step 2: (√4.00 − 3.0000) / 2.0000 = −0.5000." in said


def test_what_cannot_be_read_leaves_the_page_as_it_was(start) -> None:
    app = start()
    next(box for box in app.sidebar.text_area if box.label == "Series").set_value("1 2 three").run()
    assert not app.exception
    assert "three" in " ".join(one.value for one in app.info)
    assert rows_of(app, "series")["value"].tolist() == [1, 2, 4, 3, 8, 6, 7.5, 1]
    assert in_url(app, "text") == "1 2 three"


def test_a_series_of_another_network_stands_beside_it(start) -> None:
    app = start("softmax", section="forecast", **{"with": "wave-gru", "with_text": "5 5 5"})
    assert len(app.get("vega_lite_chart")) == 4
    assert rows_of(app, "lines", 2)["value"].tolist()[:3] == [5, 5, 5]
