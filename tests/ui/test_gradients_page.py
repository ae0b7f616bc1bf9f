"""The gradients page: every section of every kind of network, and what its choices do."""

from pathlib import Path

import numpy as np
import pytest
from helpers_app import in_url, rows_of, words
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.derivatives.run import gradients
from rnnviz_core.ui.serving import derivatives

ROOT = Path(__file__).resolve().parents[2]
TEXT = "this story was never bad."
ONE = {"drop": 20.0, "keep": 80.0}
METHODS = {"delete": {"auc": 0.71, **ONE}, "attention": {"auc": 0.82, **ONE}, "random": ONE}
PART = {"sentences": 7, "probability": 51.0, "methods": METHODS}  # of a card
CHARTS = {"reach": 1, "pairs": 1, "backwards": 2, "roads": 1, "exploding": 2, "words": 1, "shortcut": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment, make_translation) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    for model in (
        *(make_sentiment(cell) for cell in ("rnn", "gru", "lstm")),
        make_sentiment("lstm", "pooling", bidirectional=True, layers=2),
        make_translation("lstm", "luong"),
    ):
        figures = {"agreement": {**PART, "short": {"words": 3, **PART}}} if "gru" in model.name else {}
        checkpoints.save(model, folder / model.name, figures)
    return folder


@pytest.fixture
def start(folder, monkeypatch):
    def run(**query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": "sentiment-lstm", **query})
        if "es-en" not in query.get("model", ""):
            app.query_params["text"] = TEXT
        app.switch_page("pages/gradients.py")
        app.run()
        assert not app.exception
        return app

    return run


@pytest.mark.parametrize("section", CHARTS)
@pytest.mark.parametrize(
    "model, layer",
    [
        ("sentiment-lstm", "encoder.0"),
        ("sentiment-bilstm-attention", "encoder.1.reverse"),
        ("es-en-lstm-luong", "decoder.0"),
    ],
)
def test_every_section(start, section: str, model: str, layer: str) -> None:
    app = start(model=model, section=section, layer=layer)
    missing = (section, model) in {("shortcut", "sentiment-lstm"), ("words", "es-en-lstm-luong")}
    shown = "reach" if missing else section
    assert len(app.get("vega_lite_chart")) == CHARTS[shown]
    assert "Try this" in words(app)
    if shown != "words":
        assert "A gradient is local" in words(app)
    if shown not in ("pairs", "exploding", "words"):
        assert any("Gradient checked" in one.value for one in app.html)


def test_three_cells_on_one_sentence(start, folder) -> None:
    rows = rows_of(start(section="reach"), "lengths")
    assert rows["kind"].unique().tolist() == [
        *("LSTM (sentiment-lstm)", "RNN (sentiment-rnn)", "GRU (sentiment-gru)")
    ]
    for cell in ("rnn", "gru", "lstm"):
        trace = gradients(checkpoints.load(folder / f"sentiment-{cell}"), TEXT, "margin")
        expected = np.linalg.norm(trace["encoder.embedding_gradient"], axis=1)
        drawn = rows[rows["kind"] == f"{cell.upper()} (sentiment-{cell})"]["length"]
        np.testing.assert_allclose(drawn, expected)


def test_a_share_of_each_line(start) -> None:
    app = start(section="reach", scale="share")
    assert rows_of(app, "lengths").groupby("kind")["value"].max().tolist() == [1.0, 1.0, 1.0]
    assert in_url(app, "scale") == "share"


def test_another_quantity_and_one_that_is_not_there(start) -> None:
    own = rows_of(start(section="reach"), "lengths")["length"]
    other = rows_of(start(section="reach", of="logit:neutral"), "lengths")["length"]
    assert not np.allclose(own, other)
    app = start(section="reach", of="logit:fine")
    assert in_url(app, "of") is None
    np.testing.assert_allclose(rows_of(app, "lengths")["length"], own)


def test_a_gradient_is_computed_once(start, monkeypatch: pytest.MonkeyPatch) -> None:
    start(section="roads", of="logit:neutral")
    monkeypatch.setattr(derivatives, "of_trace", None)
    start(section="roads", of="logit:neutral")


def test_tokens_alone_and_what_a_card_says(start) -> None:
    app = start(section="words", model="sentiment-bilstm-attention")
    words, pieces = rows_of(app, "words"), rows_of(start(section="words", cut="pieces"), "words")
    assert "attention" in set(words["method"])
    assert len(pieces["token"].unique()) > len(words["token"].unique())
    assert "Which one should one believe?" not in "".join(one.value for one in app.markdown)
    said = "".join(one.value for one in start(section="words", model="sentiment-gru").markdown)
    assert "“attention” agrees best with what people say of single words" in said
    assert "| **0.820** |" in said
