"""The training page with a history of its own: what it says stands in the file."""

import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_app import described, in_url, rows_of, words
from streamlit.testing.v1 import AppTest

import rnnviz_core as rnnviz
from rnnviz_core import places
from rnnviz_core.errors import CheckpointError
from rnnviz_core.frames import training as frames
from rnnviz_core.training.history import History
from rnnviz_core.ui.serving import histories
from scripts.histories import table

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {one.id: one for one in histories.shipped()}
RUNS = {path.stem: History.load(path) for path in sorted(places.histories().glob("*.safetensors"))}


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page("pages/training.py")
    app.run()
    assert not app.exception
    assert not app.error
    return app


def test_shipped_histories_are_those_that_the_issue_names():
    """All can be read, watched on the same texts, and together they are small."""
    assert set(RUNS) == {
        *("lstm", "lstm-dropout", "lstm-forget-0", "rnn", "gru-attention"),
        *("lstm-rate-low", "lstm-rate-high", "lstm-sgd", "lstm-rmsprop"),
    }
    assert sum(path.stat().st_size for path in places.histories().iterdir()) < 8e6
    assert len({tuple(probe.text for probe in run.probes) for run in RUNS.values()}) == 1
    counts = {}
    for name, run in RUNS.items():
        weights = run.weights(0)
        counts[name] = sum(w.numel() for key, w in weights.items() if not key.startswith("embedding"))
        assert run.moments[:2] == (0, 1)
        assert len(run.snapshots) == len(run.moments) <= 24
    assert counts["lstm"] == counts["rnn"], "a plain RNN beside an LSTM of equal parameters"
    rates = {name: run.about["config"]["rate"] for name, run in RUNS.items()}
    assert rates["lstm-rate-high"] == pytest.approx(10 * rates["lstm"])
    assert rates["lstm-rate-low"] == pytest.approx(0.1 * rates["lstm"])
    bias = {name: RUNS[name].probe_figures["horizon"][0, 0] for name in ("lstm", "lstm-forget-0")}
    assert bias["lstm"] == pytest.approx(3.2, abs=0.1)  # -1 / ln sigmoid(1)
    assert bias["lstm-forget-0"] == pytest.approx(1.44, abs=0.05)  # -1 / ln sigmoid(0)
    assert frames.overfits(RUNS["lstm"])
    assert not frames.overfits(RUNS["lstm-dropout"])
    assert table(places.histories()) in (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def test_curves_of_two_runs():
    app = open_page(run="lstm", beside="lstm-dropout")
    rows = rows_of(app, "losses", 0)
    for title, name in (("LSTM", "lstm"), ("LSTM with dropout 0.5", "lstm-dropout")):
        mine = rows[(rows["run"] == title) & (rows["kind"] == "validation")]
        assert mine["value"].tolist() == [row["loss"] for row in RUNS[name].epochs]
    assert "overfits from epoch" in words(app)
    charts = app.get("vega_lite_chart")
    assert len(charts) == 2
    assert all(described(chart) for chart in charts)


def test_gates_and_gradients_use_one_scale():
    app = open_page(run="lstm", beside="rnn", section="inside", read="1")
    reach = [rows_of(app, "reach", chart) for chart in range(2)]
    for rows, name in zip(reach, ("lstm", "rnn"), strict=True):
        assert rows["value"].to_numpy() == pytest.approx(RUNS[name].reach[1, "encoder.0"].reshape(-1))
    specs = [json.loads(app.get("vega_lite_chart")[chart].proto.spec) for chart in range(2)]
    assert specs[0]["encoding"]["color"] == specs[1]["encoding"]["color"]
    assert "Memory horizon" in words(app)


@pytest.mark.parametrize("film, data", [("gates", "cells"), ("states", "cells"), ("attention", "row")])
def test_the_time_machine_shows_the_network_of_that_moment(film, data):
    run = "gru-attention"
    shown = []
    for moment in ("0", "12"):
        app = open_page(run=run, section="machine", film=film, moment=moment, read="2")
        assert in_url(app, "moment") == moment
        shown.append(rows_of(app, data, 1))
        trace = histories.film(SHIPPED[run], 2)[int(moment)]
        if film == "attention":
            assert shown[-1]["weight"].to_numpy() == pytest.approx(trace["attention.weights"])
        elif film == "gates":
            assert shown[-1]["update"].to_numpy() == pytest.approx(trace["encoder.0.update"].reshape(-1))
        else:
            assert shown[-1]["hidden"].to_numpy() == pytest.approx(trace["encoder.0.hidden"].reshape(-1))
    assert shown[0].columns.tolist() == shown[1].columns.tolist()
    assert not shown[0].equals(shown[1])


def test_a_history_of_ones_own():
    """It is read from bytes, is the first of the list, and no other session has it."""
    content = (places.histories() / "rnn.safetensors").read_bytes()
    history = replace(History.load(content), about={"title": "<b>mine</b> $x$"})
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    mine = histories.Known("own", "<b>mine</b> (yours)", history, ("own", -1))
    app.session_state["rnnviz-histories"] = {"own": mine}
    app.query_params.update(run="own", section="machine")
    app.switch_page("pages/training.py")
    app.run()
    assert not app.exception
    assert app.selectbox[0].options[0] == "<b>mine</b> (yours)"
    assert rows_of(app, "cells", 1)["candidate"].size
    other = open_page(run="own")
    assert in_url(other, "run") is None
    assert "own" not in other.selectbox[0].options[0]


def test_a_file_that_is_no_history_is_refused():
    with pytest.raises(CheckpointError, match="damaged or not safetensors"):
        histories.bring(b"no history", "mine.safetensors")
    content = (places.checkpoints() / "sentiment-tiny-rnn" / "model.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match="holds no history"):
        histories.bring(content, "mine.safetensors")


def test_several_histories_are_kept_up_to_a_limit(monkeypatch):
    content = (places.histories() / "rnn.safetensors").read_bytes()
    monkeypatch.setattr(histories.limits, "HISTORY_BYTES", 3 * len(content))
    monkeypatch.setattr(histories.st, "session_state", {})
    assert [
        histories.bring(content, name) for name in ("a.safetensors", "b.safetensors", "c.safetensors")
    ] == [
        "own",
        "own-2",
        "own-3",
    ]
    titles = [one.called for one in histories.own().values()]
    assert titles[1].endswith(", b (yours)")
    assert len(set(titles)) == 3
    with pytest.raises(CheckpointError, match="3 of your runs are open; the limit is 4"):
        histories.bring(content, "d.safetensors")
    histories.forget()
    assert not histories.own()


def test_what_watch_measured_is_drawn(tmp_path):
    """Curves without epochs, and under gates: distances, saturation by layer, dead units, parameters."""
    torch.manual_seed(0)
    lstm, output = torch.nn.LSTM(2, 6, batch_first=True), torch.nn.Linear(6, 1)
    model = torch.nn.ModuleDict({"lstm": lstm, "output": output})
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with rnnviz.watch(model, every=2) as seen:
        for _ in range(6):
            loss = output(lstm(torch.randn(3, 7, 2))[0][:, -1]).square().mean()
            seen.loss(loss)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    history = History.load(seen.save(tmp_path / "run.safetensors"))
    titles = {"own": "mine", "own-2": "another"}
    for section, count in (("inside", 8), ("curves", 2), ("machine", 0)):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        kept = {id: histories.Known(id, title, history, (id, -2)) for id, title in titles.items()}
        app.session_state["rnnviz-histories"] = kept
        app.query_params.update(run="own", beside="own-2", section=section)
        app.switch_page("pages/training.py")
        app.run()
        assert not app.exception, section
        assert len(app.get("vega_lite_chart")) >= count
        if section == "curves":
            steps = history.steps
            assert rows_of(app, "updates", 0)["loss"].to_numpy() == pytest.approx(np.tile(steps["loss"], 2))
            first, last = (f"{steps['loss'][place]:.2g}" for place in (0, -1))
            assert f"mine: the loss went from {first}" in unescape(words(app))
            assert last in unescape(words(app))
            assert "Watched every 2 updates" in unescape(app.caption[0].value)
        if section == "inside":
            assert words(app).count("lstm, at the last moment") == 2
            assert "**another · lstm" in words(app)
            assert "of its units are dead at the last moment" in words(app)
            expected = history.about["watch"]["distances"]["lstm"][0][0]
            assert rows_of(app, "distances")["value"].iloc[0] == pytest.approx(expected)
