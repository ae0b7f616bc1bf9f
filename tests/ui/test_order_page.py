"""The section on what order adds, and the pages of a network without recurrence beside others."""

from pathlib import Path

import pytest
from helpers_app import in_url, rows_of, words
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.frames import order

ROOT = Path(__file__).resolve().parents[2]
TEXT = "this story was never bad."


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment):
    path = tmp_path_factory.mktemp("order")
    for model in (make_sentiment("none"), make_sentiment("gru"), make_sentiment("gru", "pooling")):
        checkpoints.save(model, path / model.name)
    return path


@pytest.fixture
def start(folder, monkeypatch):
    def run(page: str = "softmax", model: str = "sentiment-gru", **query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": model, "text": TEXT, **query})
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        return app

    return run


def test_the_bag_stands_beside_a_network_that_reads_in_order(start):
    app = start(section="order")
    assert set(rows_of(app, "orders")["kind"]) == set(order.KINDS)
    assert "sentiment-bag, which only averages embeddings" in words(app).replace("&#45;", "-")
    before = rows_of(app, "orders")
    app.button(key="order-shuffle").click().run()
    assert in_url(app, "deal") == "1"
    assert not rows_of(app, "orders").equals(before)


def test_the_bag_alone_answers_the_same_in_every_order(start):
    app = start(model="sentiment-bag", section="order")
    rows = rows_of(app, "orders")
    assert set(rows["kind"]) == set(order.KINDS[:-1])
    spread = rows.groupby("name")["probability"].agg(lambda values: values.max() - values.min())
    assert spread.max() < 1e-6
    assert words(app).count("nothing moved") == 2


@pytest.mark.parametrize("page", ["overview", "embeddings", "attention", "softmax"])
def test_a_bag_of_one_word(start, page):
    assert start(page, model="sentiment-bag", text="film").get("vega_lite_chart")


def test_one_word_is_told_to_have_no_order(start):
    app = start(section="order", text="good")
    assert any("has no order" in note.value for note in app.info)
    assert not app.get("vega_lite_chart")


@pytest.mark.parametrize(
    ("page", "section", "charts"),
    [
        ("attention", "instead", 2),
        ("attention", "kinds", 2),
        ("softmax", "order", 2),
        ("softmax", "terms", 2),
    ],
)
def test_it_is_compared(start, page, section, charts):
    app = start(page, section=section, **{"with": "sentiment-bag"})
    assert len(app.get("vega_lite_chart")) == charts


@pytest.mark.parametrize("page", ["gates", "states"])
@pytest.mark.parametrize("model", ["sentiment-bag", "sentiment-gru"])
def test_a_page_of_states_says_that_there_are_none(start, page, model):
    """Alone there is nothing to see; beside a GRU its half of the page says so."""
    app = start(page, model=model, **({} if model == "sentiment-bag" else {"with": "sentiment-bag"}))
    told = " ".join(note.value for note in app.info)
    assert ("averages the embeddings" in told) == (model == "sentiment-bag")
    assert ("This network has no" in told) == (page == "gates" or model != "sentiment-bag")
    assert len(app.get("vega_lite_chart")) == (model != "sentiment-bag")
