"""`rnnviz import`, and `rnnviz trace` on what it wrote."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_keras import drawn, lstm, write_h5
from helpers_twelve import X, twelve
from torch import nn

from rnnviz_core import Trace
from rnnviz_core.cli.main import main
from rnnviz_core.importing import predicted
from rnnviz_core.importing.opening import open_network
from rnnviz_core.inputs.steps import printed_number


@pytest.fixture
def forecaster(tmp_path: Path) -> tuple[Path, Path, np.ndarray]:
    """A network of Keras that reads two columns, a table, and what Keras's equations make of it."""
    weights, (kernel, bias) = drawn((2, 16), (4, 16), (16,)), drawn((4, 1), (1,))
    layers = [
        ("LSTM", {"name": "memory", "units": 4, "recurrent_activation": "sigmoid"}, weights),
        ("Dense", {"name": "out", "units": 1, "activation": "linear"}, [kernel, bias]),
    ]
    table = tmp_path / "prices.csv"
    rows = np.random.default_rng(1).normal(size=(10, 2)).round(3)
    lines = [f"2024-01-{day + 1:02d},{a},{b}" for day, (a, b) in enumerate(rows)]
    table.write_text("date,open,close\n" + "\n".join(lines), encoding="utf-8")
    return (
        write_h5(tmp_path / "lstm_model.h5", layers, "2.15.0"),
        table,
        lstm(rows, weights)[-1] @ kernel + bias,
    )


def test_a_forecaster_is_imported_and_traced(
    forecaster: tuple[Path, Path, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, table, expected = forecaster
    out = tmp_path / "prices"
    assert main(["import", str(file), "--input", str(table), "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(said["prediction"], expected, atol=1e-5)
    assert said["reads"] == "numbers"
    trace = Trace.load(out / "trace-0.npz")
    assert trace.tokens["time"][0].text == "2024-01-01"
    assert trace.labels["dim"] == ("open", "close")
    assert main(["trace", str(out), "--input", str(table), "--out", str(tmp_path / "t.npz")]) == 0
    said = capsys.readouterr().out
    assert f"prediction    {expected[0]:.6g}" in said
    assert "memory: LSTM, 4 units, 10 steps" in said
    np.testing.assert_array_equal(
        Trace.load(tmp_path / "t.npz")["encoder.0.forget"], trace["encoder.0.forget"]
    )


def test_a_file_is_traced_and_diagnosed_by_its_name(
    forecaster: tuple[Path, Path, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`rnnviz import lstm_model.h5 && rnnviz trace lstm_model --input prices.csv`, word for word."""
    monkeypatch.chdir(tmp_path)
    assert main(["import", "lstm_model.h5"]) == 0
    capsys.readouterr()
    for name in ("lstm_model", "lstm_model.h5"):
        assert main(["trace", name, "--input", "prices.csv"]) == 0
        assert f"prediction    {forecaster[2][0]:.6g}" in capsys.readouterr().out
    assert main(["diagnose", "lstm_model", "--input", "prices.csv", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)
    (tmp_path / "lstm_model.onnx").touch()
    assert main(["trace", "lstm_model", "--input", "prices.csv"]) == 2
    assert "may be any of lstm_model.h5, lstm_model.onnx: name one with its ending" in capsys.readouterr().err


def test_a_state_dict_without_an_input_is_described(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(nn.GRU(3, 4, 2).state_dict(), tmp_path / "w.pt")
    assert main(["import", str(tmp_path / "w.pt")]) == 0
    said = capsys.readouterr().out
    assert "reads         3 numbers per step" in said
    assert "layer         the network.1: GRU" in said


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["import", "{}/none.h5"], "none.h5 cannot be read"),
        (
            ["import", "{}/lstm_model.h5", "--input", "1 2 3"],
            "there are 3 numbers; the network reads 2 per step",
        ),
        (["trace", "sentiment-tiny-lstm"], "Missing argument 'TEXT'"),
        (
            ["trace", "sentiment-tiny-lstm", "good", "--input", "x.csv"],
            "belong to networks that `import` opens",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    forecaster: tuple[Path, Path, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert main([one.format(tmp_path) for one in arguments]) == 2
    assert message in capsys.readouterr().err


def test_twelve_files_of_every_format_and_generation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The predictions of the command line are those of torch, numpy's Keras and onnxruntime."""
    table = tmp_path / "table.csv"
    table.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in X), encoding="utf-8")
    made = twelve(tmp_path)
    assert len({one.path for one in made}) == 12
    for path, options, expected in made:
        assert main(["import", str(path), *options, "--input", str(table), "--json"]) == 0, path.name
        said = json.loads(capsys.readouterr().out)
        np.testing.assert_allclose(np.ravel(said["prediction"]), expected, atol=1e-5, err_msg=path.name)
        assert said["max_difference"] < 1e-5, path.name


def test_the_app_shows_what_the_command_line_predicts(tmp_path: Path) -> None:
    """One row of numbers, whatever axes it has; of several rows the shape and the last."""
    for path, _options, expected in (one for one in twelve(tmp_path) if one.path.suffix == ".onnx"):
        (trace,) = open_network(path).record(X).values()
        np.testing.assert_allclose(trace["readout.prediction"], expected, atol=1e-6)
        assert not predicted.in_words(trace)
    layer = ("LSTM", {"name": "one", "units": 6, "return_sequences": True}, drawn((3, 24), (6, 24), (24,)))
    (trace,) = open_network(write_h5(tmp_path / "rows.h5", [layer], "2.15.0")).record(X).values()
    assert "readout.prediction" not in trace
    last = " ".join(printed_number(one) for one in trace["encoder.0.hidden"][-1, :4])
    assert predicted.in_words(trace) == f"8 × 6 numbers; the last row: {last} …"
    odd = {"shape": [8, "<b>"], "last": [1]}, {"shape": 3, "last": []}, [], {"shape": [2] * 9, "last": [True]}
    for told in odd:
        assert not predicted.in_words(replace(trace, meta={**trace.meta, "predicted": told}))
