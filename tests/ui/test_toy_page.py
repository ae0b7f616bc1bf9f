"""Train one here: one training at a time, a queue, pages go first, and the network on every page."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers_app import described, rows_of, words
from streamlit.testing.v1 import AppTest

from rnnviz_core import limits
from rnnviz_core.checkpoints import registry
from rnnviz_core.checkpoints.sources import Held
from rnnviz_core.errors import DataError
from rnnviz_core.models.toy import ToyModel
from rnnviz_core.models.toy_spec import Problem, ToySpec
from rnnviz_core.tasks.toy.problems import PROBLEMS
from rnnviz_core.training.watched import Watched
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.serving import queue as serving
from rnnviz_core.ui.serving.caches import turns
from rnnviz_core.ui.serving.queue import Full, Queue, State
from rnnviz_core.ui.views.toy import live, settings, trained

ROOT = Path(__file__).resolve().parents[2]
SOON = 20.0  # seconds within which a thread must have done what it was told


def until(done) -> None:
    end = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


class Long:
    """Work that goes on until it is stopped, as a training does."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.pauses = 0

    def __call__(self, watched: Watched) -> str:
        self.begun.set()
        while not watched._stopping.is_set():
            watched.pause()
            self.pauses += 1
        return "stopped"


@pytest.fixture
def trainings():
    made = Queue(most=2)
    yield made
    for job in list(made._jobs):
        made.leave(job)
    until(lambda: made._thread is None)


def test_one_at_a_time_in_their_order(trainings):
    works = [Long(), Long(), Long()]
    jobs = [trainings.ask(f"visitor {at}", Watched(), work) for at, work in enumerate(works)]
    assert works[0].begun.wait(SOON)
    assert [job.state for job in jobs] == [State.RUNNING, State.WAITING, State.WAITING]
    assert [trainings.before(job) for job in jobs] == [0, 1, 2]
    with pytest.raises(Full):
        trainings.ask("one too many", Watched(), Long())
    trainings.leave(jobs[1])
    assert jobs[1].over
    assert trainings.before(jobs[2]) == 1
    trainings.leave(jobs[0])
    assert works[2].begun.wait(SOON)
    assert jobs[0].result == "stopped"
    assert not works[1].begun.is_set()
    trainings.leave(jobs[2])
    until(lambda: jobs[2].over and trainings._thread is None)


def test_a_visitor_has_one_training(trainings):
    first, second = Long(), Long()
    job = trainings.ask("me", Watched(), first)
    assert first.begun.wait(SOON)
    trainings.ask("me", Watched(), second)
    assert second.begun.wait(SOON)
    assert job.over


def test_it_ends_when_its_visitor_has_left(trainings, monkeypatch):
    monkeypatch.setattr(serving, "GONE", 0.05)
    monkeypatch.setattr(serving, "LOOK", 0.01)
    there = {"here": True, "gone": False}
    monkeypatch.setattr(streamlit_private, "is_active", there.get)
    work, never = Long(), Long()
    job = trainings.ask("here", Watched(), work)
    assert work.begun.wait(SOON)
    waiting = trainings.ask("gone", Watched(), never)
    time.sleep(0.1)
    assert job.state is State.RUNNING
    there["here"] = False
    until(lambda: job.over and waiting.over)
    assert not never.begun.is_set()


def test_pages_go_first(trainings, monkeypatch):
    """While a page is drawn a training takes a step every `ASIDE` seconds at most."""
    monkeypatch.setattr(serving, "ASIDE", 0.2)
    work = Long()
    trainings.ask("me", Watched(), work)
    assert work.begun.wait(SOON)
    until(lambda: work.pauses > 20)
    with turns:
        time.sleep(0.05)  # the step that it was at
        before = work.pauses
        time.sleep(0.5)
        assert work.pauses - before <= 4
    before = work.pauses
    until(lambda: work.pauses > before + 20)


def test_what_fails_is_told_and_the_next_one_comes(trainings):
    def fails(watched: Watched) -> None:
        raise DataError("the validation loss is nan; lower the rate or the clip")

    job = trainings.ask("a", Watched(), fails)
    work = Long()
    trainings.ask("b", Watched(), work)
    assert work.begun.wait(SOON)
    assert job.state is State.FAILED
    assert "lower the rate" in str(job.error)


# --- the page --------------------------------------------------------------------------------------


def opened(page: str = "toy", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page(f"pages/{page}.py")
    return app.run()


def press(app: AppTest, key: str) -> AppTest:
    return next(button for button in app.button if button.key == key).click().run()


def test_press_watch_and_keep():
    """A training that ends by itself, its curves, and the network among the visitor’s own."""
    app = opened(cell="gru", steps="5", rate="0.01", size="16", seed="1")
    assert not app.exception
    assert not app.get("vega_lite_chart")
    press(app, "toy-train")
    assert not app.exception
    job = app.session_state[live._JOB]
    until(lambda: job.over)
    app.run()
    assert not app.exception
    assert job.state is State.ENDED, job.error
    accuracy, loss, norm, beyond = app.get("vega_lite_chart")
    assert all(described(chart) for chart in (accuracy, loss, norm, beyond))
    rows = rows_of(app, "accuracies", 0)
    assert set(rows.kind) == {"T = 2", "T = 5", "T = 8", "T = 10"}
    assert rows[rows.kind == "T = 5"].value.iloc[-1] >= 99.5
    losses = rows_of(app, "losses", 1)
    assert losses["update"].tolist() == list(range(1, len(losses) + 1))
    assert (rows_of(app, "norms", 2).norm > 0).all()
    assert set(rows_of(app, "beyond", 3).kind) == {"recall-5-gru"}
    assert "nothing was left to learn" in words(app)
    (entry,) = app.session_state[loaders.OWN].scan().entries  # a browser test opens it
    assert entry.id == "recall-5-gru"
    assert entry.scores["accuracy"] >= 99.0
    assert entry.metrics["rows"] == 1000
    opening = [button.key for button in app.button if (button.key or "").startswith("toy-open-")]
    assert opening == [f"toy-open-{page}" for page in trained.OPENED]


@pytest.mark.parametrize(
    ("page", "section"),
    [("embeddings", "map"), ("embeddings", "axis"), ("softmax", "order"), ("attention", "instead")],
)
def test_sections_that_words_were_made_for_read_symbols_too(tmp_path, monkeypatch, page, section):
    torch.manual_seed(0)
    network = ToyModel(ToySpec("gru", hidden=6), PROBLEMS[Problem.RECALL].alphabet).eval()
    registry.save(network, tmp_path / network.name)
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    app = opened(page, section=section)
    assert not app.exception
    assert not app.error
    assert app.get("vega_lite_chart") or app.info


@pytest.mark.parametrize(
    ("query", "spec", "config"),
    [
        ({}, {"cell": "lstm", "steps": 20, "hidden": 32, "forget_bias": 1.0, "varied": False}, {"clip": 1.0}),
        (
            {"problem": "count", "cell": "peephole", "bias": "-2", "lengths": "varied", "dropout": "0.5"},
            {"problem": "count", "forget_bias": -2.0, "varied": True, "dropout": 0.5},
            {"rate": 0.003, "optimizer": "adam"},
        ),
        (
            {"cell": "rnn", "steps": "150", "clip": "none", "seed": "7", "optimizer": "sgd", "rate": "0.1"},
            {"cell": "rnn", "steps": 150},
            {"clip": settings.UNCLIPPED, "seed": 7, "optimizer": "sgd", "rate": 0.1},
        ),
    ],
)
def test_the_address_says_what_is_trained(monkeypatch, query, spec, config):
    asked = []
    monkeypatch.setattr(live, "_begin", asked.append)
    app = press(opened(**query), "toy-train")
    assert not app.exception
    (chosen,) = asked
    assert {name: getattr(chosen.spec, name) for name in spec} == spec
    assert {name: chosen.settings[name] for name in config} == config


def test_only_so_many_networks_are_kept(monkeypatch):
    """The oldest gives way, and two of one name are told apart."""
    held, mine = Held(), {}
    monkeypatch.setattr(trained.loaders, "own", lambda: held)
    monkeypatch.setattr(trained.loaders, "models", held.scan)
    monkeypatch.setattr(trained, "st", SimpleNamespace(session_state=mine))
    torch.manual_seed(0)
    scores = {"accuracy": 25.0, "accuracy_double": 25.0, "rows": 1000}
    for _ in range(limits.TRAINED_NETWORKS + 2):
        network = ToyModel(ToySpec("rnn", hidden=2), PROBLEMS[Problem.RECALL].alphabet).eval()
        trained.keep(trained.Outcome(network, "time", scores, 10, 1.0))
    names = [entry.id for entry in held.scan().entries]
    assert names == list(trained.kept())
    assert len(names) == limits.TRAINED_NETWORKS
    assert len(set(names)) == len(names)
    assert names[0] == "recall-20-rnn-3"


def test_a_shipped_study_is_drawn():
    app = opened("hyperparameters")
    assert not app.exception
    lines, importances, course = app.get("vega_lite_chart")
    assert all(described(chart) for chart in (lines, importances, course))
    rows = rows_of(app, "lines", 0)
    assert rows.place.between(0, 1).all()
    assert rows.trial.nunique() >= 40
    assert rows_of(app, "importances", 1).share.sum() == pytest.approx(1, abs=0.01)
    best = rows_of(app, "course", 2)
    assert best.best.dropna().is_monotonic_increasing
    assert "Optuna" in words(app)
