"""The diagnosis page: what is found is listed with its evidence, what is not is measured and said."""

import html
from pathlib import Path

import pytest
import torch
from helpers_app import in_url, rows_of, words
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.diagnosis import gradients
from rnnviz_core.diagnosis.diagnose import examine
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.views.diagnosis.listed import PLACES

ROOT = Path(__file__).resolve().parents[2]
TEXT = "this story was never bad. " * 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment, make_translation) -> Path:
    """A sound network, one with units that are dead and a gate that is shut, and a translator."""
    folder = tmp_path_factory.mktemp("checkpoints")
    broken = make_sentiment("lstm")
    module = broken.stacks()["encoder"].module
    units = module.hidden_size
    with torch.no_grad():
        module.bias_ih_l0[:units] = -30
    for name, model in (
        ("sound", make_sentiment("rnn")),  # no gates, whose memory an untrained one would hardly use
        ("broken", broken),
        ("translator", make_translation("lstm", "luong")),
    ):
        checkpoints.save(model, folder / name)
    return folder


@pytest.fixture
def start(folder, monkeypatch):
    def run(**query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": "sound", "text": TEXT, **query})
        app.switch_page("pages/diagnosis.py")
        app.run()
        assert not app.exception
        return app

    return run


def test_nothing_found_says_what_was_looked_for(start, folder) -> None:
    app = start(over="text")
    said = words(app)
    assert "Nothing found" in said
    assert "no proof that there is none" in said
    assert "Not looked at here" in "".join(block.value for block in app.caption)
    assert len(app.get("vega_lite_chart")) == 1
    rows = rows_of(app, "nearness")
    report = examine(checkpoints.load(folder / "sound"), TEXT)
    told = {
        row.name: row for row in report.nearest() if row.share is not None and "gradients" not in row.name
    }
    del told["readout ignores the state"]  # only where gradients are looked at
    assert list(rows["name"]) == list(told)
    assert list(rows["share"]) == pytest.approx([row.share for row in told.values()])


def test_findings_have_evidence_and_lead_to_their_place(start) -> None:
    app = start(model="broken")
    said = html.unescape(words(app))
    assert "saturated gate" in said
    assert "dead units" in said
    assert "no fault by itself" in said
    assert "What to try" in said
    assert "encoder.0" not in said, "layers are called as on the other pages"
    assert len(app.get("vega_lite_chart")) == said.count("**What it means.**") + 1
    button = next(one for one in app.button if one.label == "See it under Gates")
    button.click().run()
    assert not app.exception
    assert in_url(app, "section") == "summary"


def test_gradients_and_examples_only_on_demand(start, monkeypatch) -> None:
    asked: list[int] = []
    real = gradients.of_network
    monkeypatch.setattr(
        gradients, "of_network", lambda model, rows: [asked.append(len(rows)), *real(model, rows)][1:]
    )
    app = start(model="translator", text="Me gusta la casa", over="text")
    assert asked == []
    assert "vanishing gradients" not in list(rows_of(app, "nearness")["name"])
    control = next(one for one in app.segmented_control if one.label == "Gradients")
    control.set_value("yes").run()
    assert asked == [1]
    assert in_url(app, "deep") == "yes"
    assert "readout ignores the state" in list(rows_of(app, "nearness")["name"])
    app.run()
    assert asked == [1], "kept"


def test_a_short_input_comes_with_examples(start) -> None:
    app = start(text="never bad")
    assert "and 5 examples" in words(app)
    control = next(one for one in app.segmented_control if one.label == "Read")
    assert control.value == "examples"
    assert "dead units" in list(rows_of(app, "nearness")["name"])
    app = start(text="never bad", over="text")
    assert "too short for every detector" in "".join(note.value for note in app.info)
    assert not app.get("vega_lite_chart")


def test_every_finding_leads_to_sections_that_exist() -> None:
    for places in PLACES.values():
        for page, section in places:
            assert not section or section in {found.name for found in routes.route(page).sections}
