"""Files that Keras itself wrote: predictions are Keras's own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz_core.errors import CheckpointError, TextError
from rnnviz_core.importing.opening import load, open_network, save

pytestmark = pytest.mark.slow  # Keras takes seconds to start
NAMES = ("sentiment", "stacked", "gru", "hard", "simple", "backwards", "merged", "around")
X = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_predictions_are_those_of_keras_itself(keras_files: Path, name: str, ending: str) -> None:
    kept = np.load(keras_files / "kept.npz")
    x, expected = kept[f"{name}_x"], kept[f"{name}_y"]
    recorded = open_network(keras_files / f"{name}.{ending}").record(x)
    assert np.ptp(expected) > 1e-3 or expected.size == 1
    np.testing.assert_allclose(recorded.output, expected, atol=1e-5)
    assert recorded.max_difference < 1e-5
    assert len(recorded) >= 1


def test_a_chain_of_a_functional_model(keras_files: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    recorded = open_network(keras_files / "chain.keras").record(kept["chain_x"])
    np.testing.assert_allclose(recorded.output, kept["chain_y"], atol=1e-5)
    assert list(recorded) == ["only"]


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("sides", ["long", "short"]),
        ("looking", ["memory"]),
        ("shared", ["twice", "twice (2)"]),
        ("states", ["encoder", "decoder"]),
        ("skipped", ["first", "second"]),
        ("gaps", ["here", "there"]),
        ("inside", ["encoder.lstm", "encoder.lstm (2)", "tail.deep.gru", "tail.lstm"]),
        ("inside_gaps", ["first.lstm", "gru"]),
        ("dots", ["asks", "read", "end"]),
        ("attends", ["states", "after"]),
    ],
)
def test_networks_that_branch_are_those_of_keras_itself(
    keras_files: Path, tmp_path: Path, name: str, parts: list[str], ending: str
) -> None:
    """Side by side, attention, a layer called twice, states handed on, a skip connection, models inside."""
    kept = np.load(keras_files / "kept.npz")
    network = open_network(keras_files / f"{name}.{ending}")
    recorded = network.record(kept[f"{name}_x"])
    assert np.ptp(kept[f"{name}_y"]) > 1e-3
    np.testing.assert_allclose(recorded.output, kept[f"{name}_y"], atol=1e-5)
    assert list(recorded) == parts
    assert [layer.name for layer in network.recurrent] == parts
    assert recorded.max_difference < 1e-5
    assert network.notes == ()
    again = load(save(network, tmp_path / name))
    np.testing.assert_array_equal(again.predict(kept[f"{name}_x"]), recorded.output)


def test_of_several_inputs_one_is_read(keras_files: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    network = open_network(keras_files / "two.keras")
    assert (network.reads, network.width) == ("numbers", 3)
    recorded = network.record(kept["sides_x"])
    assert recorded.output is None
    assert list(recorded) == ["alone"]
    assert recorded["alone"]["encoder.0.hidden"].shape == (len(kept["sides_x"]), 4)
    assert "2 inputs (series, static); series is what is read here" in recorded.notes[0]
    assert "with_static (Concatenate) also reads static: what does not need it is shown." in recorded.notes[1]
    with pytest.raises(CheckpointError, match=r"\(static, series\), and no recurrent layer reads one"):
        open_network(keras_files / "late.keras")


def test_a_mask_of_ones_own_is_not_passed_over(keras_files: Path) -> None:
    with pytest.raises(CheckpointError, match=r"masked .LSTM. is given a mask of its own"):
        open_network(keras_files / "own_mask.keras")


def test_weights_alone_need_their_description(keras_files: Path) -> None:
    weights = keras_files / "stacked.weights.h5"
    with pytest.raises(
        CheckpointError, match=r"without a description of the layers: pass it with --config FILE"
    ):
        open_network(weights)
    kept = np.load(keras_files / "kept.npz")
    network = open_network(weights, config=keras_files / "stacked.json")
    np.testing.assert_allclose(network.predict(kept["stacked_x"]), kept["stacked_y"], atol=1e-5)


def test_layers_after_an_unknown_one_are_left_out(keras_files: Path) -> None:
    recorded = open_network(keras_files / "lambda.keras").record(X[[0] * 12])
    assert recorded.output is None
    assert list(recorded) == ["before"]
    assert "doubled (Lambda, whose Python code is not run) is not known" in recorded.notes[0]


def test_a_trace_carries_the_cell_that_keras_ran(keras_files: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    recorded = open_network(keras_files / "hard.h5").record(kept["hard_x"])
    cell = (
        recorded["lstm_2"].definition()
        if "lstm_2" in recorded
        else next(iter(recorded.values())).definition()
    )
    assert cell["forget"].code() == "forget = hard_sigmoid_sixth(forget_preactivation)"
    assert cell["hidden"].code() == "hidden = output * softsign(cell)"
    assert (
        cell["forget_from_state"].code() == "forget_from_state = W_hf @ previous_hidden"
    )  # Keras has one bias
    upper = list(recorded.values())[1]
    before = upper.definition()
    assert before["candidate_from_state"].code() == "candidate_from_state = W_hn @ reset_hidden"
    arrays = {name: upper[f"encoder.0.{name}"].astype(float) for name in before.names}
    past = np.vstack([upper["encoder.0.initial_hidden"], arrays["hidden"][:-1]])
    np.testing.assert_allclose(arrays["reset_hidden"], arrays["reset"] * past, atol=1e-6)
    blend = (1 - arrays["update"]) * arrays["candidate"] + arrays["update"] * past
    np.testing.assert_allclose(arrays["hidden"], blend, atol=1e-6)


def test_layers_of_one_cell_are_layers_of_one_trace(keras_files: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    recorded = open_network(keras_files / "stacked.keras").record(kept["stacked_x"])
    (trace,) = recorded.values()
    assert trace.layers() == 2
    assert trace["encoder.1.hidden"].shape == (12, 4)
    np.testing.assert_allclose(trace["encoder.1.layer_input"], trace["encoder.0.hidden"], atol=1e-6)
    np.testing.assert_array_equal(trace["readout.prediction"], recorded.output)


def test_masked_steps_are_skipped(keras_files: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    recorded = open_network(keras_files / "sentiment.keras").record(
        kept["sentiment_x"], tokens=list("..good. ab"[:8])
    )
    trace = next(iter(recorded.values()))
    assert [token.id for token in trace.tokens["time"]] == [3, 7, 1, 9, 4]
    assert "skips 3 of 8 steps" in recorded.notes[0]
    later = open_network(keras_files / "backwards.keras").record(kept["backwards_x"])
    (first, *_) = later.values()
    assert [token.text for token in first.tokens["time"]][:2] == [
        "step 10",
        "step 9",
    ]  # it reads from the end


def test_a_folder_keeps_a_network(keras_files: Path, tmp_path: Path) -> None:
    kept = np.load(keras_files / "kept.npz")
    for name in ("around", "hard", "merged"):
        network = open_network(keras_files / f"{name}.keras")
        again = load(save(network, tmp_path / name))
        np.testing.assert_array_equal(again.predict(kept[f"{name}_x"]), network.predict(kept[f"{name}_x"]))
        assert (again.name, again.origin, again.notes) == (network.name, network.origin, network.notes)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"format": 9}, "its format is 9; this version reads 1"),
        ({"reads": "words"}, "it reads 'words'"),
        ({"layers": 5}, "is damaged"),
        ({"kind": "eval"}, "is of an unknown kind, 'eval'"),
        ({"cell": {"cell": "lstm_variant", "gates": "__import__('os')"}}, "unknown function"),
    ],
)
def test_a_damaged_folder_is_refused(keras_files: Path, tmp_path: Path, change: Any, message: str) -> None:
    folder = save(open_network(keras_files / "hard.keras"), tmp_path / "hard")
    values = json.loads((folder / "network.json").read_text(encoding="utf-8"))
    if "kind" in change:
        values["layers"][0]["kind"] = change["kind"]
    elif "cell" in change:
        next(one for one in values["layers"] if one["kind"] == "recurrent")["options"]["cell"] = change[
            "cell"
        ]
    else:
        values |= change
    (folder / "network.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        load(folder)


def test_inputs_that_do_not_fit_are_refused(keras_files: Path) -> None:
    words, numbers = (
        open_network(keras_files / "sentiment.keras"),
        open_network(keras_files / "stacked.keras"),
    )
    for network, x, message in (
        (words, np.array([25]), "knows the ids 0 to 19; the input has 25"),
        (words, np.zeros((2, 2)), "it must be .steps., an id per step"),
        (words, np.array([0, 0]), "every step is masked"),
        (numbers, np.zeros((2, 2)), "has 2 numbers per step; the network reads 3"),
        (numbers, np.array([[1, np.nan, 2]]), "not finite .step 0."),
        (numbers, np.zeros((0, 3)), "has 0 steps"),
        (numbers, "abc", "no array of numbers"),
    ):
        with pytest.raises(TextError, match=message):
            network.record(x)
