"""Toy tasks: what is drawn is what is asked, and a trained network loads and traces like any other."""

import itertools
import json
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from rnnviz_core.checkpoints import registry
from rnnviz_core.checkpoints.sources import Held
from rnnviz_core.cli.main import main
from rnnviz_core.contracts.examples import default_text, is_example
from rnnviz_core.contracts.program import program
from rnnviz_core.contracts.task import record, task
from rnnviz_core.derivatives.run import gradients
from rnnviz_core.errors import SpecError, TextError
from rnnviz_core.models.toy import FIRST, ToyModel
from rnnviz_core.models.toy_spec import LONGEST, Problem, ToySpec
from rnnviz_core.tasks.toy import examples, lesson, training
from rnnviz_core.tasks.toy.problems import PROBLEMS, drawn
from rnnviz_core.training.assembled import run_of
from rnnviz_core.training.watched import SHOWN, Ended, Watched


def said(problem: Problem, row) -> list[str]:
    return [PROBLEMS[problem].symbols[one - FIRST] for one in row]


def balanced(symbols: list[str]) -> bool:
    """By taking pairs out until nothing changes: not how they are made."""
    text, before = "".join(symbols), None
    while text != before:
        before, text = text, text.replace("()", "")
    return not text


def answer(problem: Problem, symbols: list[str]) -> str:
    """The right answer, worked out from the symbols."""
    match problem:
        case Problem.RECALL:
            return symbols[0]
        case Problem.ADDING:
            return str(sum(int(one[1:]) for one in symbols if one[0] == "+"))
        case Problem.BRACKETS:
            return "balanced" if balanced(symbols) else "not balanced"
        case _:
            return str(symbols.count("a"))


@pytest.mark.parametrize("steps", [2, 7, 20])
@pytest.mark.parametrize("problem", Problem)
def test_what_is_drawn_has_the_answer_it_says(problem: Problem, steps: int) -> None:
    rows, answers = drawn(problem, steps, 200, 5)
    length = {Problem.RECALL: steps + 1, Problem.BRACKETS: steps + steps % 2}.get(problem, steps)
    assert rows.shape == (200, length)
    for row, place in zip(rows, answers, strict=True):
        assert PROBLEMS[problem].answers[place] == answer(problem, said(problem, row))
    again, _ = drawn(problem, steps, 200, 5)
    other, _ = drawn(problem, steps, 200, 6)
    np.testing.assert_array_equal(rows, again)
    assert (rows != other).any()


def test_chance_is_what_the_commonest_answer_gets() -> None:
    for problem, made in PROBLEMS.items():
        _, answers = drawn(problem, 20, 20_000, 3)
        assert 100 * np.bincount(answers).max() / len(answers) == pytest.approx(made.chance, abs=1.5)


def test_two_marks_stand_in_either_half() -> None:
    rows, _ = drawn(Problem.ADDING, 9, 100, 0)
    marked = [[place for place, one in enumerate(said(Problem.ADDING, row)) if one[0] == "+"] for row in rows]
    assert all(len(found) == 2 and found[0] < 4 <= found[1] for found in marked)


@pytest.mark.parametrize(
    "settings",
    [{"bidirectional": True}, {"attention": "pooling"}, {"steps": LONGEST + 1}, {"problem": "sum"}],
)
def test_a_spec_that_would_make_it_no_test_of_memory_is_refused(settings) -> None:
    with pytest.raises(SpecError):
        ToySpec("lstm", **settings)


def test_the_forget_gate_starts_as_it_is_told() -> None:
    torch.manual_seed(0)
    for cell in ("lstm", "peephole"):
        model = ToyModel(ToySpec(cell, hidden=5, forget_bias=2.5), PROBLEMS[Problem.RECALL].alphabet)
        trace = record(model.eval(), "A w w")
        first = trace.definition("encoder").gate_names.index("forget") * 5
        biases = [value for name, value in model.state_dict().items() if "encoder.bias" in name]
        assert sum(biases)[first : first + 5].tolist() == [2.5] * 5
        assert sum(float(bias.sum()) for bias in biases) == 12.5


def test_what_is_typed() -> None:
    spec = ToySpec("gru", problem=Problem.ADDING)
    tokens = task("toy").typed
    model = ToyModel(spec, PROBLEMS[Problem.ADDING].alphabet).eval()
    trace = record(model, " 3 +1 0+4")
    assert [token.text for token in trace.tokens["time"]] == ["▁3", "▁+1", "▁0", "▁+4"]
    assert [(token.start, token.end) for token in trace.tokens["time"]] == [(1, 2), (3, 5), (6, 7), (7, 9)]
    assert tokens.count(model, "  ") == 0
    for text, says in (("3 7", "'7' is not a symbol"), ("", "no symbol"), ("1 " * 201, "limit is 200")):
        with pytest.raises(TextError, match=says):
            record(model, text)


@pytest.mark.parametrize("problem", Problem)
def test_examples_are_read_and_tell_the_right_answer(problem: Problem) -> None:
    spec = ToySpec("rnn", problem=problem, steps=24, hidden=4)
    model = ToyModel(spec, PROBLEMS[problem].alphabet).eval()
    offered = examples.examples(spec)
    assert offered[0].shows.startswith("20 steps")
    assert default_text(spec) == offered[0].text
    for one in offered[:2]:
        trace = record(model, one.text)
        symbols = [token.text.lstrip("▁") for token in trace.tokens["time"]]
        assert one.shows.endswith(f"“{answer(problem, symbols)}”")
        assert is_example(one.text)
        assert one.watch(trace) == one.asks


@pytest.fixture(scope="module")
def learned():
    """A GRU that recalls over 4 steps, and what was watched: under a second."""
    watched = Watched(done=lesson.Solved())
    spec = ToySpec("gru", steps=4, hidden=16)
    network, reason = lesson.train(lesson.run_of(spec, epochs=12, rate=0.01), watched)
    return network, reason, watched.seen()


def test_it_learns(learned) -> None:
    network, reason, seen = learned
    assert reason == "done"
    assert seen.checks[-1][1]["accuracy"] >= 99.5
    assert seen.updates[0].number == 1
    assert [one.number for one in seen.updates] == list(range(1, len(seen.updates) + 1))
    assert seen.updates[-1].loss < seen.updates[0].loss
    assert all(one.norm > 0 for one in seen.updates)
    for row, place in zip(*drawn(Problem.RECALL, 4, 20, 77), strict=True):
        text = " ".join(said(Problem.RECALL, row))
        assert record(network, text).meta["label"] == PROBLEMS[Problem.RECALL].answers[place]


def test_what_is_recorded_is_what_the_network_answers(learned) -> None:
    network, *_ = learned
    trace = record(network, "C w x")
    assert trace.max_difference < 1e-5
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    for end in (1, 2, 3):
        logits = network(ids[:, :end], torch.tensor([end]))[0]
        np.testing.assert_allclose(trace["readout.prefix_logits"][end - 1], logits, atol=1e-5)
    padded = torch.cat((ids, torch.zeros(1, 4, dtype=torch.long)), dim=1)
    np.testing.assert_allclose(network(padded, torch.tensor([3]))[0], trace["readout.logits"], atol=1e-5)
    found = gradients(network, "C w x", of="log_probability:C")
    assert found["encoder.embedding_gradient"].shape == trace["encoder.embedding"].shape


def test_it_is_held_like_any_other(learned) -> None:
    network, *_ = learned
    held = Held()
    entry = held.add(network, {"scores": {"accuracy": 100.0}})
    assert (entry.id, entry.spec.task) == ("recall-4-gru", "toy")
    assert held.load(entry.id) is network


def test_the_program_computes_the_same(learned, tmp_path) -> None:
    network, *_ = learned
    registry.save(network, tmp_path / network.name)
    network = registry.load(tmp_path / network.name)
    trace = record(network, "B w x z")
    file = tmp_path / "program.py"
    file.write_text(program(network.spec, trace, str(tmp_path / network.name)))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    told = dict(line.split() for line in done.stdout.splitlines())
    for name, share in zip(trace.labels["class"], trace["readout.probabilities"], strict=True):
        assert float(told[name]) == pytest.approx(float(share), abs=2e-4)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "peephole", "mingru"])
def test_every_cell_takes_a_step(cell: str) -> None:
    torch.manual_seed(0)
    spec = ToySpec(cell, problem=Problem.COUNT, steps=4, hidden=4, varied=True)
    objective = training.ToyObjective(spec)
    model = ToyModel(spec, PROBLEMS[spec.problem].alphabet)
    flat = objective.training(random.Random(0))
    assert set(flat.lengths.tolist()) == {2, 3, 4}
    loss = objective.loss(model, flat.batch(np.arange(8)), 0.0)
    loss.backward()
    assert torch.isfinite(loss)
    assert set(objective.validate(model)) >= {"loss", "accuracy", "accuracy_4", "accuracy_8"}


def test_the_command_trains_scores_and_traces(tmp_path, capsys) -> None:
    out = tmp_path / "run"
    given = ["--cell", "gru", "--steps", "3", "--hidden", "8", "--epochs", "1", "--rate", "0.01"]
    assert main(["train", "toy", *given, "--out", str(out), "--quiet"]) == 0
    assert main(["evaluate", "recall-3-gru", "--checkpoints", str(out), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out.partition("\n{")[2].join(("{", "")))
    assert scores["rows"] == 1000
    assert set(scores["by_length"]) == {"T = 2", "T = 3", "T = 4", "T = 6"}
    assert main(["trace", "recall-3-gru", "D w", "--checkpoints", str(out)]) == 0
    assert re.search(r"answer +[ABCD]\n", capsys.readouterr().out)
    assert main(["train", "toy", *given, "--data", "x.tsv", "--out", str(tmp_path / "b")]) == 2
    assert "--data is not a setting of a toy task" in capsys.readouterr().err


def test_settings_by_name() -> None:
    run = run_of("toy", {"cell": "gru", "steps": 7, "rate": 0.02, "name": "mine"})
    assert (run.spec.steps, run.config.rate, run.name, run.data) == (7, 0.02, "mine", "")
    with pytest.raises(SpecError, match="--source is not a setting of task 'toy'"):
        run_of("toy", {"cell": "gru", "source": "de"})
    with pytest.raises(SpecError, match="--data is missing"):
        run_of("sentiment", {"cell": "gru"})


# --- a run that is watched -------------------------------------------------------------------------


class Told:
    """What an observer is told, as far as `Watched` looks at it."""

    def __init__(self, total: int) -> None:
        self.network, self.total, self.clip = object(), total, 1.0
        self.loss = self.norm = torch.tensor(float(total))


def test_a_long_run_is_thinned_out_evenly() -> None:
    watched = Watched()
    for number in range(1, 2 * SHOWN + 101):
        watched.on_step(Told(number))
    numbers = [one.number for one in watched.seen().updates]
    assert len(numbers) <= SHOWN
    assert {after - before for before, after in itertools.pairwise(numbers)} == {4}
    assert numbers[-1] > 2 * SHOWN


def test_it_is_ended_by_whoever_watches() -> None:
    watched = Watched()
    watched.on_step(Told(1))
    watched.stop()
    with pytest.raises(Ended, match="stopped"):
        watched.on_step(Told(2))
    late = Watched(seconds=-1.0)
    with pytest.raises(Ended, match="time"):
        late.on_step(Told(1))
