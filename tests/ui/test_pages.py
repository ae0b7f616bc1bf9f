"""Every page with small untrained models, one of each kind. The shipped ones: `test_texts.py`."""

from pathlib import Path

import pytest
from helpers_app import assert_drawn
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.ui.shell import script
from rnnviz_core.ui.shell.routes import ROUTES, TRACED
from rnnviz_core.ui.shell.wording import plain

ROOT = Path(__file__).resolve().parents[2]
TINY = (
    "sentiment-bag",
    "sentiment-rnn",
    "sentiment-gru",
    "sentiment-lstm",
    "sentiment-bilstm-attention",
    "es-en-gru",
    "es-en-lstm-luong",
    "es-en-gru-bahdanau",
)
PAGES = tuple(route.name for route in TRACED)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, make_sentiment, make_translation) -> Path:
    """A folder of untrained models, one per kind."""
    folder = tmp_path_factory.mktemp("checkpoints")
    models = [
        make_sentiment("none"),
        make_sentiment("rnn"),
        make_sentiment("gru", layers=2),
        make_sentiment("lstm"),
        make_sentiment("lstm", "pooling", bidirectional=True),
        make_translation("gru", "none"),
        make_translation("lstm", "luong", layers=2),
        make_translation("gru", "bahdanau", bidirectional=True),
    ]
    for model in models:
        checkpoints.save(model, folder / model.name)
    assert {path.name for path in folder.iterdir()} == set(TINY)
    return folder


def open_page(folder: Path, monkeypatch: pytest.MonkeyPatch, page: str, **query: str) -> AppTest:
    """The page as a first visitor meets it, by a link that names it."""
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    return app


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("model", TINY)
def test_page_with_untrained_model(tiny, monkeypatch, page, model):
    assert_drawn(open_page(tiny, monkeypatch, page, model=model), page, model)


@pytest.mark.parametrize("page", PAGES)
def test_one_token_and_many(tiny, monkeypatch, page):
    for text in ("good", "the film was never bad. " * 5):
        app = open_page(tiny, monkeypatch, page, model="sentiment-lstm", text=text)
        assert_drawn(app, page, "sentiment-lstm")


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_shown_as_it_is(tiny, monkeypatch, page):
    text = "<script>alert(1)</script> **good** :smile: $x$ [a](javascript:b) \"'&lt;"
    app = open_page(tiny, monkeypatch, page, model="sentiment-lstm", text=text)
    assert_drawn(app, page, "sentiment-lstm")
    assert not [note for note in app.info if "limit" in note.value], "the text is not read"
    scripts = [block.value for block in app.html if block.proto.unsafe_allow_javascript]
    assert scripts == [script.text()], "a script that is not the app's own, to the letter"
    blocks = [block.value for block in (*app.html, *app.markdown, *app.caption)]
    blocks.remove(script.text())
    shown = "".join(blocks)
    assert "<script" not in shown
    assert "javascript:b" not in shown


@pytest.mark.parametrize("page", PAGES)
def test_text_that_cannot_be_read_is_a_message(tiny, monkeypatch, page):
    """The message says what is wrong and what is shown instead, and the page shows just that."""
    app = open_page(tiny, monkeypatch, page, model="sentiment-lstm", text="   ")
    told = [note.value for note in app.info if "The sentence is empty" in note.value]
    assert len(told) == 1
    example = default_text(checkpoints.load(tiny / "sentiment-lstm").spec)
    assert plain(f"Until then this page shows “{example}”") in told[0]
    assert_drawn(app, page, "sentiment-lstm")
    usual = open_page(tiny, monkeypatch, page, model="sentiment-lstm")
    assert len(app.get("vega_lite_chart")) == len(usual.get("vega_lite_chart"))


def test_pages_are_thin():
    for path in (ROOT / "pages").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert len(source.splitlines()) < 80, f"{path.name} is too long"
        assert "numpy" not in source, f"{path.name} computes"
        first = "page" if path.stem in PAGES else "plain_page"
        assert f'ui.{first}("{path.stem}")' in source, f"{path.name} lacks the router's guard"
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == {route.name for route in ROUTES}
