"""Opened networks as networks of this project: what they read, parts of it, and their gradients."""

import io

import numpy as np
import pytest
import torch

from rnnviz_core import limits
from rnnviz_core.contracts.task import record, task_of, typed_of
from rnnviz_core.derivatives.run import of_trace
from rnnviz_core.errors import TextError
from rnnviz_core.importing.network import with_words
from rnnviz_core.importing.opening import open_network
from rnnviz_core.importing.sheet import Series
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.tasks.own import opening, runs

WORDS = ("<pad>", "<oov>", "the", "film", "was", "good")


def state_dict(name: str, **parts: torch.nn.Module) -> InMemory:
    kept = io.BytesIO()
    torch.save(torch.nn.ModuleDict(parts).state_dict(), kept)
    return InMemory(name, kept.getvalue())


@pytest.fixture(scope="module")
def modules() -> dict[str, torch.nn.Module]:
    torch.manual_seed(8)
    return {"lstm": torch.nn.LSTM(2, 5, 2), "head": torch.nn.Linear(5, 2)}


@pytest.fixture
def series() -> Series:
    values = np.random.default_rng(1).normal(50, 9, (30, 2))
    return Series("x.csv", ("a", "b"), values, tuple(f"day {n}" for n in range(30)), "standard")


@pytest.fixture
def network(modules, series):
    (found,) = opening.networks(open_network(state_dict("x.pt", **modules)), {"x.csv": series}, "x.csv")
    return found


@pytest.fixture(scope="module")
def reader():
    file = state_dict("w.pt", emb=torch.nn.Embedding(6, 3), gru=torch.nn.GRU(3, 4), out=torch.nn.Linear(4, 2))
    (found,) = opening.networks(with_words(open_network(file), WORDS), {}, "the film was good")
    return found


def test_the_prediction_is_that_of_torch(modules, network, series) -> None:
    x = torch.tensor(series.scaled())
    states, _ = modules["lstm"](x)
    expected = modules["head"](states[-1]).detach().numpy()
    trace = record(network, "x.csv")
    np.testing.assert_allclose(trace["readout.prediction"], expected, atol=1e-6)
    np.testing.assert_allclose(trace["encoder.1.hidden"], states.detach(), atol=1e-6)
    np.testing.assert_array_equal(trace["encoder.inputs"], series.values)
    assert trace.labels["dim"] == ("a", "b")
    assert trace.tokens["time"][3].text == "day 3"
    part = record(network, "x.csv 10-19")
    np.testing.assert_array_equal(part["encoder.1.hidden"], trace["encoder.1.hidden"][10:20])
    assert "Shown are the steps 10 to 19 of 30" in part.meta["notes"][-1]


def test_gradients_are_those_of_autograd(modules, network, series) -> None:
    x = torch.tensor(series.scaled(), dtype=torch.float64, requires_grad=True)
    lstm, head = torch.nn.LSTM(2, 5, 2).double(), torch.nn.Linear(5, 2).double()
    lstm.load_state_dict(modules["lstm"].state_dict())
    head.load_state_dict(modules["head"].state_dict())
    (expected,) = torch.autograd.grad(head(lstm(x)[0][-1])[1], x)
    found = of_trace(network, record(network, "x.csv"), "output:1")
    np.testing.assert_allclose(found["encoder.0.layer_input_gradient"], expected, atol=1e-7)
    assert found.meta["gradient"]["closed_form"] < 1e-6
    middle = task_of(network).quantities(record(network, "x.csv 10-19"))
    assert not [name for name in middle if name.startswith("output")], "the answer is not read from there"


def test_what_a_person_types(network, reader) -> None:
    asked = typed_of(network.spec)
    assert asked.count(network, "x.csv") == 30
    assert asked.count(network, "x.csv 3-5") == 3
    assert asked.count(network, "1 2, 3 4") == 2
    assert asked.cut(network, "x.csv", 7, 10) == "x.csv 7-16"
    assert asked.cut(network, "1 2, 3 4; 5 6", 1, 1) == "3 4"
    with pytest.raises(TextError, match=r"x\.csv has the steps 0 to 29; there is no part 20-30"):
        asked.count(network, "x.csv 20-30")
    with pytest.raises(TextError, match="3 numbers; the network reads 2 per step"):
        asked.count(network, "1 2 3")
    words = typed_of(reader.spec)
    assert words.count(reader, "the film was good") == 4
    assert words.cut(reader, "the film was good", 1, 2) == "film was"
    trace = record(reader, "The unheard film")
    assert [token.id for token in trace.tokens["time"]] == [2, 1, 3]
    assert trace.meta["unknown_id"] == 1
    assert reader.table("encoder").pieces[5] == "▁good"


def test_a_run_that_is_too_long_is_refused(network, monkeypatch) -> None:
    monkeypatch.setattr(limits, "OWN_RUN_BYTES", 1_000)
    network.run.trace = None
    with pytest.raises(TextError, match="a run over 30 steps would record about"):
        record(network, "x.csv")


def test_old_runs_are_let_go(network, reader, monkeypatch) -> None:
    one, other = record(network, "x.csv"), record(reader, "the film")
    monkeypatch.setattr(limits, "OWN_RUNS_BYTES", other.nbytes + 1)
    runs.keep(network.run, "x.csv", one)
    runs.keep(reader.run, "the film", other)
    assert network.whole is None
    assert reader.whole is other
    np.testing.assert_array_equal(record(network, "x.csv")["encoder.0.hidden"], one["encoder.0.hidden"])
