"""Files of Keras 1 to 3 against an implementation of its equations that owes nothing to ours."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_keras import drawn, gru, hard_sigmoid_2, hard_sigmoid_3, lstm, sigmoid, simple, write_h5

from rnnviz_core.errors import CheckpointError
from rnnviz_core.importing.keras_config import layers
from rnnviz_core.importing.opening import open_network

X = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "version, gates, act, name",
    [
        ("2.2.4", hard_sigmoid_2, "tanh", "hard_sigmoid"),
        ("2.15.0", sigmoid, "relu", "sigmoid"),
        ("3.5.0", hard_sigmoid_3, "tanh", "hard_sigmoid"),
    ],
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "after", "SimpleRNN"])
def test_generations_and_functions(
    tmp_path: Path, version: str, gates: Any, act: str, name: str, kind: str
) -> None:
    function = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}[act]
    settings = {
        "name": "one",
        "units": 4,
        "activation": act,
        "recurrent_activation": name,
        "return_sequences": True,
    }
    match kind:
        case "LSTM":
            weights = drawn((3, 16), (4, 16), (16,))
            expected = lstm(X, weights, gates, function)
        case "SimpleRNN":
            weights = drawn((3, 4), (4, 4), (4,))
            expected = simple(X, weights, function)
        case _:
            after = kind == "after"
            weights = drawn((3, 12), (4, 12), (2, 12) if after else (12,))
            expected = gru(X, weights, gates, function, after)
            settings["reset_after"] = after
    path = write_h5(tmp_path / "one.h5", [("GRU" if kind == "after" else kind, settings, weights)], version)
    recorded = open_network(path).record(X)
    np.testing.assert_allclose(recorded.output, expected, atol=1e-5)
    trace = recorded["one"]
    np.testing.assert_allclose(trace["encoder.0.hidden"], expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_keras_1_keeps_a_matrix_for_every_gate(tmp_path: Path, kind: str) -> None:
    order = (0, 2, 1, 3) if kind == "LSTM" else (0, 1, 2)  # i c f o, and z r h
    blocks = len(order)
    weights = drawn((3, 4 * blocks), (4, 4 * blocks), (4 * blocks,))
    apart = [np.split(one, blocks, axis=-1) for one in weights]
    kept = [part[place] for place in order for part in apart]
    settings = {"name": "old", "output_dim": 4, "activation": "tanh", "inner_activation": "hard_sigmoid"}
    path = write_h5(tmp_path / "old.h5", [(kind, settings, kept)], "1.2.2", first=True)
    expected = (lstm if kind == "LSTM" else gru)(X, weights, hard_sigmoid_2)[-1]
    np.testing.assert_allclose(open_network(path).predict(X), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_cudnn_layers_keep_their_kernels_transposed(tmp_path: Path, kind: str) -> None:
    blocks = {"LSTM": 4, "GRU": 3}[kind]
    kernel, back, bias = drawn((3, 4 * blocks), (4, 4 * blocks), (2, 4 * blocks))
    turned = np.hstack([one.T.reshape(one.shape) for one in np.hsplit(kernel, blocks)])
    kept = [turned, np.hstack([one.T for one in np.hsplit(back, blocks)]), bias.reshape(-1)]
    path = write_h5(tmp_path / "gpu.h5", [(f"CuDNN{kind}", {"name": "fast", "units": 4}, kept)], "2.2.4")
    if kind == "LSTM":
        expected = lstm(X, [kernel, back, bias.sum(0)])[-1]
    else:
        expected = gru(X, [kernel, back, bias], after=True)[-1]
    np.testing.assert_allclose(open_network(path).predict(X), expected, atol=1e-5)


@pytest.mark.parametrize("nodes", [lambda before: [[[before, 0, 0, {}]]], lambda before: [[[before, 0, 0]]]])
def test_functional_models_of_keras_2(tmp_path: Path, nodes: Any) -> None:
    weights = drawn((3, 16), (4, 16), (16,))
    path = write_h5(tmp_path / "f.h5", [("LSTM", {"name": "memory", "units": 4}, weights)], "2.15.0")
    rows = [
        {"class_name": "InputLayer", "name": "in", "config": {"name": "in"}, "inbound_nodes": []},
        {
            "class_name": "LSTM",
            "name": "memory",
            "config": {"name": "memory", "units": 4, "recurrent_activation": "sigmoid"},
            "inbound_nodes": nodes("in"),
        },
        {"class_name": "Mine", "name": "own", "config": {"name": "own"}, "inbound_nodes": nodes("memory")},
    ]
    (tmp_path / "c.json").write_text(
        json.dumps({"class_name": "Functional", "config": {"name": "model", "layers": rows}}),
        encoding="utf-8",
    )
    network = open_network(path, config=tmp_path / "c.json")
    assert [layer.kind for layer in network.layers] == ["same", "recurrent", "unknown"]
    recorded = network.record(X)
    np.testing.assert_allclose(recorded["memory"]["encoder.0.hidden"], lstm(X, weights), atol=1e-5)
    assert "own (Mine) is not known: what comes before it can be shown." in recorded.notes


def test_branches_of_keras_2(tmp_path: Path) -> None:
    """Two layers side by side and a state handed on, in the way in which Keras 2 writes them down."""
    left, right = drawn((3, 16), (4, 16), (16,)), drawn((3, 12), (4, 12), (12,))
    third = drawn((8, 12), (4, 12), (12,))
    classes = {"left": "LSTM", "right": "GRU", "both": "Concatenate", "third": "GRU"}
    settings = {
        name: {"name": name, "units": 4, "recurrent_activation": "sigmoid", "return_sequences": True}
        for name in ("left", "right", "third")
    }
    kept = [
        (classes[name], settings[name], weights)
        for name, weights in (("left", left), ("right", right), ("third", third))
    ]
    path = write_h5(tmp_path / "f.h5", kept, "2.15.0")

    def opened(**changed: Any) -> Any:
        inbound = {
            "left": [[["in", 0, 0, {}]]],
            "right": [[["in", 0, 0, {}]]],
            "both": [[["left", 0, 0, {}], ["right", 0, 0, {}]]],
            "third": [[["both", 0, 0, {}], ["left", 0, 1, {}]]],
        } | changed
        rows: list[Any] = [{"class_name": "InputLayer", "name": "in", "config": {}, "inbound_nodes": []}]
        for name, nodes in inbound.items():
            config = settings.get(name, {"name": name, "axis": -1})
            rows.append({"class_name": classes[name], "name": name, "config": config, "inbound_nodes": nodes})
        whole = {"layers": rows, "input_layers": [["in", 0, 0]], "output_layers": [["third", 0, 0]]}
        text = json.dumps({"class_name": "Functional", "config": whole})
        (tmp_path / "c.json").write_text(text, encoding="utf-8")
        return open_network(path, config=tmp_path / "c.json").record(X)

    recorded = opened()
    assert list(recorded) == ["left", "right", "third"]
    read = np.hstack([lstm(X, left), gru(X, right)])
    np.testing.assert_allclose(recorded["third"]["encoder.0.layer_input"], read, atol=1e-5)
    first, before = recorded["third"]["encoder.0.initial_hidden"], recorded["left"]["encoder.0.hidden"]
    np.testing.assert_allclose(first, before[-1], atol=1e-6)
    np.testing.assert_allclose(recorded.output, recorded["third"]["encoder.0.hidden"], atol=1e-6)
    masked = opened(third=[[["both", 0, 0, {"mask": ["left", 0, 0]}]]])
    assert masked.output is None
    assert "third (GRU) is given a mask of its own" in masked.notes[0]
    with pytest.raises(CheckpointError, match="runs in a circle"):
        opened(left=[[["third", 0, 0, {}]]])


@pytest.mark.parametrize("kept", ["layers", "list", "unnamed"])
def test_a_model_in_a_model_of_keras_1_and_2(tmp_path: Path, kept: str) -> None:
    """Its weights stand in one list, in which those that are not trained come last."""
    kernel, back, bias = drawn((3, 16), (4, 16), (16,))
    gamma, mean, variance, dense = drawn((4,), (4,), (4,), (4, 2))
    variance = variance**2 + 0.1
    inside = [
        ("LSTM", {"name": "lstm_7", "units": 4, "return_sequences": True, "recurrent_activation": "sigmoid"}),
        ("BatchNormalization", {"name": "norm", "epsilon": 0.01, "center": False}),
        ("Dense", {"name": "dense", "use_bias": False}),
    ]
    weights = {
        "lstm_7/kernel:0": kernel,
        "lstm_7/recurrent_kernel:0": back,
        "lstm_7/bias:0": bias,
        "norm/gamma:0": gamma,
        "dense/kernel:0": dense,
        "norm/moving_mean:0": mean,
        "norm/moving_variance:0": variance,
    }
    path = write_h5(tmp_path / "m.h5", [("Sequential", {"name": "sequential_9"}, weights)], "2.2.4")
    rows = [{"class_name": kind, "config": settings} for kind, settings in inside]
    inner: Any = {"layers": {"name": "sequential_9", "layers": rows}}.get(kept, rows)
    row = {"class_name": "Sequential", "config": inner} | ({"name": "sequential_9"} if kept == "list" else {})
    whole = {"class_name": "Sequential", "config": {"name": "outer", "layers": [row]}}
    (tmp_path / "c.json").write_text(json.dumps(whole), encoding="utf-8")
    recorded = open_network(path, config=tmp_path / "c.json").record(X)
    normed = gamma * (lstm(X, [kernel, back, bias]) - mean) / np.sqrt(variance + 0.01)
    np.testing.assert_allclose(recorded.output, normed @ dense, atol=1e-5)
    assert list(recorded) == ["sequential_1.lstm_7" if kept == "unnamed" else "sequential_9.lstm_7"]


def graph(*rows: tuple[str, dict[str, Any], list[Any]], inputs: tuple[str, ...] = ("in",)) -> dict[str, Any]:
    """A functional model as Keras 2 describes it; the last row is its output."""
    listed = [("InputLayer", {"name": name}, []) for name in inputs] + list(rows)
    return {
        "layers": [
            {"class_name": kind, "name": config["name"], "config": config, "inbound_nodes": nodes}
            for kind, config, nodes in listed
        ],
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[listed[-1][1]["name"], 0, 0]],
    }


def test_attention_of_keras_2_and_a_model_with_two_inputs(tmp_path: Path) -> None:
    units = {"units": 4, "recurrent_activation": "sigmoid", "return_sequences": True}
    weights = {"memory": drawn((3, 16), (4, 16), (16,)), "looks": drawn((1,))}
    looks = {"name": "looks", "use_scale": True, "causal": True}
    asked = {"return_attention_scores": True}
    inner = graph(
        ("Attention", looks, [[["one", 0, 0, asked], ["other", 0, 0, asked]]]),
        ("Dot", {"name": "dot", "axes": [2, 1]}, [[["looks", 0, 1, {}], ["other", 0, 0, {}]]]),
        ("Add", {"name": "sum"}, [[["looks", 0, 0, {}], ["dot", 0, 0, {}]]]),
        inputs=("one", "other"),
    )
    network = graph(
        ("LSTM", {"name": "memory", **units}, [[["in", 0, 0, {}]]]),
        ("Functional", {"name": "model", **inner}, [[["memory", 0, 0, {}], ["memory", 0, 0, {}]]]),
    )
    rows = [
        ("LSTM", {"name": "memory"}, weights["memory"]),
        ("Functional", {"name": "model"}, {"looks/scale:0": weights["looks"][0].reshape(())}),
    ]
    path = write_h5(tmp_path / "m.h5", rows, "2.9.0")
    (tmp_path / "c.json").write_text(json.dumps({"class_name": "Functional", "config": network}), "utf-8")
    states = lstm(X, weights["memory"])
    scores = np.exp(np.tril(np.ones((9, 9))) * weights["looks"][0] * (states @ states.T)) * np.tri(9)
    expected = 2 * (scores / scores.sum(1, keepdims=True)) @ states
    recorded = open_network(path, config=tmp_path / "c.json").record(X)
    np.testing.assert_allclose(recorded.output, expected, atol=1e-5)


def test_models_in_models_that_are_refused(tmp_path: Path) -> None:
    """Weights of nobody's, models without an end or read by themselves, a thousand calls of a thousand."""
    one, other = drawn((3, 16), (4, 16), (16,)), drawn((3, 16), (4, 16), (16,))
    parts = ("kernel", "recurrent_kernel", "bias")
    weights = {f"a_{n}/{part}:0": array for n, w in enumerate((one, other)) for part, array in zip(parts, w)}
    path = write_h5(tmp_path / "m.h5", [("Sequential", {"name": "inner"}, weights)], "2.9.0")
    cell = {"class_name": "LSTM", "config": {"name": "lstm", "units": 4}}

    def refused(kind: str, config: Any, message: str) -> None:
        with pytest.raises(CheckpointError, match=message):
            layers({"class_name": kind, "config": config}, "m.h5")

    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [cell]}}
    whole = {"class_name": "Sequential", "config": {"layers": [inner]}}
    (tmp_path / "c.json").write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"weight a_0/kernel:0 of the nested model inner does not name"):
        open_network(path, config=tmp_path / "c.json")
    refused("Sequential", {"layers": [cell, cell]}, "two layers have the name lstm")
    deep = cell
    for number in range(40):
        deep = {"class_name": "Sequential", "config": {"name": f"s{number}", "layers": [deep]}}
    refused("Sequential", {"layers": [deep]}, "nests models deeper than 16 levels")
    same = graph(("Activation", {"name": "out"}, [[["in", 0, 0, {}]]]))
    same["output_layers"] = [["in", 0, 0]]
    circle = graph(
        ("Functional", {"name": "f", **same}, [[["f", 0, 0, {}]]]),
        ("LSTM", {"name": "lstm"}, [[["f", 0, 0, {}]]]),
    )
    refused("Functional", circle, "runs in a circle")
    nested = graph(("LSTM", {"name": "lstm"}, [[["in", 0, 0, {}]]]))
    for number in range(3):
        calls = [[["in", 0, 0, {}]]] * 40
        nested = graph(("Functional", {"name": f"f{number}", **nested}, calls))
    refused("Functional", nested, "layers; the limit is 1000")
    twice = graph(("Functional", {"name": "f", **same}, [[["in", 0, 0, {}], ["in", 0, 0, {}]]]))
    refused("Functional", twice, "the nested model f is called with 2 tensors and has 1 inputs")
