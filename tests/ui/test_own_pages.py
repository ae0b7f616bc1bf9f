"""Every page for what a visitor brought along: a network of numbers, one of words, and a trace alone."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_app import rows_of, words
from streamlit.testing.v1 import AppTest

import rnnviz_core as rnnviz
from rnnviz_core import limits
from rnnviz_core.checkpoints.sources import Held
from rnnviz_core.importing.network import with_words
from rnnviz_core.importing.opening import open_network
from rnnviz_core.importing.sheet import read_sheet
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.tasks.own import opening
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.views import sections

ROOT = Path(__file__).resolve().parents[2]
STEPS = 320  # more than are shown at once
WORDS = ("<pad>", "<oov>", "the", "film", "was", "not", "good", "bad")


def state_dict(**parts: torch.nn.Module) -> InMemory:
    torch.manual_seed(3)
    kept = io.BytesIO()
    torch.save(torch.nn.ModuleDict(parts).state_dict(), kept)
    return InMemory("own.pt", kept.getvalue())


def table(steps: int = STEPS) -> InMemory:
    times = np.arange(steps)
    rows = [f"{1900 + t},{np.sin(t / 9):.4f},{100 + t % 7},{np.cos(t / 5):.4f}" for t in times]
    return InMemory("prices.csv", "\n".join(["year,open,high,low", *rows]).encode())


@pytest.fixture(scope="module")
def numbers():
    file = state_dict(lstm=torch.nn.LSTM(3, 6, 2), out=torch.nn.Linear(6, 1))
    sheet = read_sheet(table())
    series = sheet.series(("open", "high", "low"), "year", "standard")
    (found,) = opening.networks(open_network(file), {"prices.csv": series}, "prices.csv")
    return found


@pytest.fixture(scope="module")
def text():
    file = state_dict(
        embedding=torch.nn.Embedding(len(WORDS), 4),
        gru=torch.nn.GRU(4, 5, bidirectional=True),
        out=torch.nn.Linear(10, 3),
    )
    network = with_words(open_network(InMemory("words.pt", file.content)), WORDS)
    (found,) = opening.networks(network, {}, "the film was not good")
    return found


@pytest.fixture(scope="module")
def trace():
    torch.manual_seed(1)
    found = rnnviz.record_module(torch.nn.LSTM(3, 4), torch.randn(7, 3))
    return opening.trace(rnnviz.Trace.load(InMemory("module.npz", found.to_npz())), "module.npz")


@pytest.fixture
def start(numbers, text, trace):
    def run(page: str = "overview", model: str = "own.pt", **query: str) -> AppTest:
        held = Held()
        for one in (numbers, text, trace):
            held.add(one, size=one.nbytes)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.session_state[loaders.OWN] = held
        app.query_params.update({"task": "own", "model": model, **query})
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        assert not app.error, [one.value for one in app.error]
        return app

    return run


@pytest.mark.slow
@pytest.mark.parametrize("model", ["own.pt", "words.pt", "module.npz"])
@pytest.mark.parametrize("page", [route.name for route in routes.TRACED])
def test_every_section_draws_or_says_why(start, numbers, text, trace, page: str, model: str) -> None:
    network = {"own.pt": numbers, "words.pt": text, "module.npz": trace}[model]
    for section in sections.sections_of(page, network.whole):
        app = start(page, model, section=section.name)
        assert app.get("vega_lite_chart") or app.info or section.name == "whole", section.name


def test_a_trace_of_a_shipped_network_opens_without_its_weights() -> None:
    network = rnnviz.load("sentiment-gru-attention")
    held = Held()
    held.add(opening.trace(rnnviz.record(network, "a good film, but not great"), "film.npz"))
    for page, section in (("states", "path"), ("softmax", "classes"), ("attention", "verdict")):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.session_state[loaders.OWN] = held
        app.query_params.update({"task": "own", "model": "film.npz", "section": section})
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        assert not app.error
        said = [note.value for note in app.info if "needs the network itself" in note.value]
        assert bool(said) == (section == "verdict")


def test_a_long_series_is_shown_in_part_and_read_whole(start, numbers) -> None:
    app = start("states", section="maps")
    assert rows_of(app, "cells", 1)["position"].max() == limits.STEPS - 1
    shown = rows_of(app, "span")
    assert (shown["first"][0], shown["last"][0]) == (STEPS - limits.STEPS, STEPS - 1), "at first its end"
    whole = numbers.whole["encoder.0.hidden"]
    cells = rows_of(app, "cells", 1).query("position == 0")
    np.testing.assert_allclose(cells["hidden" if "hidden" in cells else "value"], whole[STEPS - limits.STEPS])
    app.sidebar.slider[0].set_value(3).run()
    assert rows_of(app, "span")["first"][0] == 3
    assert any("Shown are the steps 3 to 302 of 320" in note.value for note in app.info)


def test_the_sidebar_offers_what_was_brought_along(start) -> None:
    app = start("gates")
    assert list(app.sidebar.selectbox[0].options)[:3] == [
        "own.pt LSTM × 2",
        "words.pt BiGRU",
        "module.npz LSTM, 4 units",
    ]
    assert app.sidebar.text_area[0].value == "prices.csv"
    assert not start("gates", "module.npz").sidebar.text_area, "nothing is typed for a trace"


def test_a_network_is_compared_with_itself_on_another_text(start) -> None:
    app = start("states", "words.pt", with_text="the film was good")
    assert len(app.get("vega_lite_chart")) == 2


def test_a_link_to_what_is_gone_says_so() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update({"task": "own", "model": "gone.h5", "text": "prices.csv"})
    app.run()
    assert not app.exception
    assert not app.error
    assert any("gone.h5" in html_free(note.value) and "own session" in note.value for note in app.info)
    assert app.get("vega_lite_chart")


def html_free(text: str) -> str:
    return text.replace("&#46;", ".")


def test_a_text_beyond_the_limit_is_read_in_part() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    typed = "a good film but " * 90
    app.query_params.update({"task": "sentiment", "text": typed.strip()})
    app.run()
    assert not app.exception
    slider = app.sidebar.slider[0]
    count = int(slider.max) + limits.PIECES
    assert any(
        f"Of its {count} tokens the network reads {limits.PIECES}, from token 0 on" in note.value
        for note in app.info
    )
    assert "rv-chip" in " ".join(block.value for block in app.main.html)
    slider.set_value(int(slider.max)).run()
    assert not app.exception
    assert any(f"from token {int(slider.max)} on" in note.value for note in app.info)


def test_the_page_lists_and_removes_what_is_open(start) -> None:
    app = start("own", "words.pt")
    assert "prices" not in words(app)
    assert "words&#46;pt" in words(app)
    app.button(key="own-remove-1").click().run()
    assert not app.exception
    assert "is removed" in app.success[0].value
    assert "words&#46;pt" not in words(app)
