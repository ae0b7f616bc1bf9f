"""What `rnnviz_core.watch` saw, as rows: from a run of its own, and from files that lie."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import rnnviz_core as rnnviz
from rnnviz_core.charts import watched as charts
from rnnviz_core.frames import watched
from rnnviz_core.frames.training import layers_of, saturation_in_words
from rnnviz_core.training.history_file import History


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    torch.manual_seed(0)
    lstm, relu, output = nn.LSTM(2, 8, batch_first=True), nn.RNN(8, 4, nonlinearity="relu"), nn.Linear(4, 1)
    model = nn.ModuleDict({"lstm": lstm, "relu": relu, "output": output})
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with rnnviz.watch(model, every=4) as seen:
        for _ in range(12):
            loss = output(relu(lstm(torch.randn(4, 9, 2))[0])[0][:, -1]).square().mean()
            seen.loss(loss)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return History.load(seen.save(tmp_path_factory.mktemp("watched") / "run.safetensors"))


def test_rows_are_what_watch_measured(history: History) -> None:
    assert watched.is_watched(history)
    told, moments = history.about["watch"], len(history.moments)
    assert watched.modules(history)[0] == "lstm"
    found = watched.distances(history, "lstm")
    values = np.asarray(found["value"]).reshape(moments, -1)
    np.testing.assert_allclose(values, told["distances"]["lstm"])
    assert np.asarray(found["shade"])[0] == pytest.approx(np.log10(values[0, 0]), abs=1e-5)
    assert "lstm, at the last moment: " in watched.distances_in_words(history, "lstm")
    low, high = watched.shades([history], "lstm")
    assert low < high
    dead = watched.dead(history)
    assert set(dead) == set(told["dead"])
    rows = watched.lines(history, dead)
    np.testing.assert_allclose(rows["value"], np.concatenate([told["dead"][name] for name in dead]))
    blocks = watched.blocks(history)
    assert len(blocks) == watched.NAMES
    assert not any(name.endswith((".forget", ".input")) for name in blocks), "whole parameters alone"
    assert max(told["blocks"], key=lambda name: told["blocks"][name][-1]) in blocks
    assert all("%" in saturation_in_words(layer, history, layer) for layer in layers_of(history))


def test_many_distances_are_thinned(history: History) -> None:
    long = [[1.0] * 1_000 for _ in history.moments]
    other = replace(history, about={"watch": {"distances": {"lstm": long}}})
    found = watched.distances(other, "lstm")
    assert len(np.asarray(found["value"])) == 200 * len(history.moments)
    assert found["token"].texts[:3] == ["0", "5", "10"]


@pytest.mark.parametrize(
    "lie",
    [
        None,
        [],
        {"distances": 3, "dead": [1], "blocks": {"a": {}}},
        {"distances": {"lstm": [[1.0]]}, "dead": {"a": [1.0, "x"]}, "blocks": {"a": None}},
        {"distances": {"lstm": [["<b>", None, True]] * 3}, "dead": {"a": ["x", None, 1.0]}},
    ],
)
def test_a_file_that_lies_has_no_figures(history: History, lie: object) -> None:
    other = replace(history, about={"watch": lie})
    for module in watched.modules(other):
        values = np.asarray(watched.distances(other, module)["value"])
        assert not np.isfinite(values).any()
        assert "no distance was measured" in watched.distances_in_words(other, module)
        assert watched.shades([other], module) == (-4, 0)
    assert all(
        len(row) == len(other.moments) for row in (watched.dead(other) | watched.blocks(other)).values()
    )
    watched.lines(other, watched.dead(other))


@pytest.mark.parametrize("what", ["dead", "blocks"])
def test_templates_hold_no_rows(what: str) -> None:
    for chart in (charts.lines(what, 2), charts.distances(5, -4, 0)):
        assert "values" not in chart.to_dict().get("data", {})
