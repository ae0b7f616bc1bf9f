"""A network without recurrence, from a table to its card, its trace and its program."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import commands
from rnnviz_core.contracts.program import program
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.frames import context
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.training import runs
from rnnviz_core.training.settings import TrainingConfig

TEXT, TURNED = "this story was never bad", "bad was never this story"


@pytest.fixture
def run(tmp_path):
    rows = [
        f"{split}\t{n % 5}\tthing {'abcde'[n % 5]}" for split in ("train", "validation") for n in range(20)
    ]
    table = tmp_path / "own.tsv"
    table.write_text("\n".join(["split\tlabel5\ttext", *rows]) + "\n")
    spec = SentimentSpec("none", embedding=4)
    return runs.Run(spec, str(table), vocabulary=30, config=TrainingConfig(epochs=1, batch=4))


def test_it_is_trained_and_its_card_says_what_it_is(run, tmp_path):
    runs.execute(run, tmp_path / "run", quiet=True)
    test = publishing.Test(run.data, "validation")
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", test)
    assert folder.name == "sentiment-bag"
    assert (
        "No recurrent layer: the output layer reads the mean of the embeddings (4 numbers)."
        in (folder / "card.md").read_text()
    )
    assert "--cell none" in run.command("runs/x")
    assert "--hidden" not in run.command("runs/x")
    assert checkpoints.load(folder).spec == run.spec


def test_there_is_nothing_to_pretrain(run, tmp_path):
    with pytest.raises(SpecError, match="nothing to pretrain"):
        runs.execute(replace(run, pretrain=(run.data,)), tmp_path / "run", quiet=True)


def test_its_trace_holds_embeddings_and_answers_and_no_states(make_sentiment):
    model = make_sentiment("none")
    trace, other = record(model, TEXT), record(model, TURNED)
    assert not [site for site in trace if "hidden" in site]
    assert trace.layers() == 0
    assert trace.time_axis() == "time"
    rows = trace["encoder.embedding"]
    np.testing.assert_allclose(trace["readout.vector"], rows.mean(0), atol=1e-6)
    np.testing.assert_allclose(
        trace["readout.prefix_logits"][1], model.output(torch.tensor(rows[:2].mean(0))), atol=1e-6
    )
    np.testing.assert_allclose(trace["readout.logits"], other["readout.logits"], atol=1e-6)
    assert trace.max_difference < 1e-6
    with pytest.raises(TraceError, match="no recurrent part"):
        trace.definition()


def test_a_mean_that_is_not_that_of_the_embeddings_is_found(make_sentiment, monkeypatch):
    model = make_sentiment("none")
    encode = model.encode

    def wrong(*given):
        encoded = encode(*given)
        return encoded._replace(states=encoded.states + 0.01)

    monkeypatch.setattr(model, "encode", wrong)
    with pytest.raises(TraceError, match=r"encoder\.embedding"):
        record(model, TEXT)


def test_the_verdict_falls_apart_into_tokens(make_sentiment):
    model = make_sentiment("none")
    trace = record(model, TEXT)
    adds = context.verdict(trace, model.output.weight.numpy())
    together = np.asarray(adds["value"]).reshape(5, -1).sum(1)
    np.testing.assert_allclose(together, trace["readout.logits"], atol=1e-5)


def test_its_program_gives_the_same_numbers(make_sentiment, tmp_path, capsys):
    model = make_sentiment("none")
    checkpoints.save(model, tmp_path / model.name)
    loaded = checkpoints.load(tmp_path / model.name)
    trace = record(loaded, TEXT)
    found: dict[str, object] = {}
    exec(program(loaded.spec, trace, folder=str(tmp_path / model.name)), found)
    torch.set_grad_enabled(True)
    np.testing.assert_allclose(found["logits"], trace["readout.logits"], atol=1e-5)
    assert "torch.nn" not in program(loaded.spec, trace)
    capsys.readouterr()


def test_the_command_line_says_what_is_not_there(make_sentiment, tmp_path, capsys):
    model = make_sentiment("none")
    checkpoints.save(model, tmp_path / model.name)
    words = [
        "chart",
        model.name,
        TEXT,
        "gates",
        "--out",
        str(tmp_path / "x.svg"),
        "--checkpoints",
        str(tmp_path),
    ]
    with pytest.raises(SpecError, match="sentiment-bag has no recurrent layer"):
        commands.main(words, standalone_mode=False)
    commands.main(["trace", model.name, TEXT, "--checkpoints", str(tmp_path)], standalone_mode=False)
    assert "the means were added up once more" in capsys.readouterr().out
