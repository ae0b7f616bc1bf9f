"""The program to read in class computes what torch computes, from the same files, without any package."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz_core import load, places, record
from rnnviz_core.cli.main import main
from rnnviz_core.lessons import microlstm

CHECKPOINTS = places.shipped()
TEXTS = (
    "The plot is thin, but the actors make every scene shine.",
    "I didn’t like it!!! It's NOT good :( 😀",
    "Ünïcödé naïve café ½, 電影",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("model", ["sentiment-tiny-lstm", "sentiment-lstm"])
def test_every_number_is_that_of_the_trace(model: str, text: str) -> None:
    tokens, steps, classes = microlstm.read(CHECKPOINTS / model, text)
    trace = record(load(model), text)
    assert tokens == [token.text for token in trace.tokens["time"]]
    for name in ("input", "forget", "candidate", "output", "cell", "hidden"):
        ours = np.array([step[name] for step in steps])
        assert np.abs(ours - trace[f"encoder.0.{name}"]).max() < 1e-5, name
    assert list(classes) == list(trace.labels["class"])
    assert np.abs(np.array(list(classes.values())) - trace["readout.probabilities"]).max() < 1e-5


@settings(max_examples=25, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(load("sentiment-tiny-lstm").tokenizer.pieces[300:]), min_size=1, max_size=9
    )
)
def test_texts_are_cut_as_the_tokenizer_cuts_them(words: list[str]) -> None:
    network = load("sentiment-tiny-lstm")
    text = "".join(words).replace("▁", " ")
    vocabulary = microlstm.load_vocabulary(next(places.shipped().glob("tokenizers/b209*.model")))
    assert microlstm.tokenize(text, vocabulary) == network.tokenizer.ids(text)


def test_it_fits_a_lesson_and_needs_no_package() -> None:
    source = Path(microlstm.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 205
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
    }
    assert imported <= sys.stdlib_module_names


def test_the_command_prints_it_runs_it_and_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["microlstm", "--source"]) == 0
    assert capsys.readouterr().out == Path(microlstm.__file__).read_text(encoding="utf-8")
    assert main(["microlstm", "sentiment-tiny-lstm", "A warm film."]) == 0
    out = capsys.readouterr().out
    assert out.startswith("▁a\n  input")
    probability = record(load("sentiment-tiny-lstm"), "A warm film.")["readout.probabilities"][-1]
    assert f"very positive  {probability:7.2%}" in out
    assert main(["microlstm", "sentiment-gru"]) == 2
    assert "one LSTM layer" in capsys.readouterr().err
    assert main(["microlstm", "sentiment-tiny-lstm", "  "]) == 2
    assert "empty" in capsys.readouterr().err
    assert main(["microlstm", "nothing"]) == 2
