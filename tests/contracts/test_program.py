"""The program made from a trace computes the trace's numbers, with torch and the files alone."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from rnnviz_core.cells.kinds import RECURRENT
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.contracts.program import program as written_out
from rnnviz_core.contracts.task import record

SENTIMENT = "this story was never bad."
SPANISH = "la casa nunca fue mala."
SAVE = "\nimport numpy\nnumpy.savez('found.npz', hidden=hidden, logits=logits, probabilities=probabilities)\n"


def program(model, text, folder):
    checkpoints.save(model, folder / model.name)
    loaded = checkpoints.load(folder / model.name)  # the weights as they are shipped
    trace = record(loaded, text)
    return trace, written_out(loaded.spec, trace, folder=str(folder / model.name))


def assert_same(trace, found):
    spec_layers = trace.layers() - 1
    states = [trace[f"encoder.{spec_layers}.hidden"]]
    if trace.reverses():
        states.append(trace[f"encoder.{spec_layers}.reverse.hidden"])
    np.testing.assert_allclose(found["hidden"], np.concatenate(states, axis=1), atol=1e-5)
    np.testing.assert_allclose(found["logits"], trace["readout.logits"], atol=1e-5)
    np.testing.assert_allclose(found["probabilities"], trace["readout.probabilities"], atol=1e-5)


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("settings", [{}, {"attention": "bahdanau", "bidirectional": True, "layers": 2}])
def test_sentiment(cell, settings, make_sentiment, tmp_path, capsys):
    trace, code = program(make_sentiment(cell, **settings), SENTIMENT, tmp_path)
    found = run_here(code)
    assert_same(trace, found)
    shown = [line.rsplit(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == [f"{share:.4f}" for share in trace["readout.probabilities"]]


@pytest.mark.parametrize("attention", ["none", "luong", "bahdanau"])
@pytest.mark.parametrize(
    ("cell", "settings"),
    [
        ("gru", {}),
        ("lstm", {"layers": 2, "bidirectional": True}),
        ("peephole", {"layers": 2, "bidirectional": True}),
        ("mingru", {"layers": 2}),
    ],
)
def test_translation(cell, attention, settings, make_translation, tmp_path):
    trace, code = program(make_translation(cell, attention, **settings), SPANISH, tmp_path)
    found = run_here(code)
    assert_same(trace, found)
    last = trace.layers("decoder") - 1
    np.testing.assert_allclose(found["decoder_hidden"], trace[f"decoder.{last}.hidden"], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["sentiment", "translation"])
def test_in_a_process_of_its_own(task, make_sentiment, make_translation, tmp_path):
    """As a person would run it: a file, started by Python, in a folder without this project."""
    model, text = (
        (make_sentiment("lstm"), SENTIMENT) if task == "sentiment" else (make_translation(), SPANISH)
    )
    trace, code = program(model, text, tmp_path)
    assert "rnnviz" not in code
    (tmp_path / "numbers.py").write_text(code + SAVE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "numbers.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "found.npz") as found:
        assert_same(trace, found)


def test_any_text_stays_a_text(make_sentiment, tmp_path):
    trace, code = program(make_sentiment("rnn"), '""" \' \\ {x} this {{works}}', tmp_path)
    assert run_here(code)["text"] == trace.text


def test_with_tokenizers_that_are_shared(make_translation, tmp_path):
    model = make_translation()
    place = checkpoints.save(model, tmp_path / model.name, shared=True)
    loaded = checkpoints.load(place)
    trace = record(loaded, SPANISH)
    files = {name: str(tmp_path / where) for name, where in vocabularies.shared_by(place).items()}
    assert sorted(files) == ["source", "target"]
    assert_same(trace, run_here(written_out(loaded.spec, trace, folder=str(place), tokenizers=files)))


def run_here(code):
    """The program's variables; leaving inference mode undoes what the program sets."""
    names: dict = {}
    with torch.inference_mode():
        exec(compile(code, "program", "exec"), names)
    assert torch.is_grad_enabled()
    return names
