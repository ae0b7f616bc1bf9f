"""The table of docs/own.md, "what opens, what does not, and why": every row with a file of its kind."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers_keras import drawn, write_h5
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.importing.network import Imported
from rnnviz_core.importing.opening import open_network

DOCS = (Path(__file__).parents[2] / "docs" / "own.md").read_text(encoding="utf-8")
X = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
KERAS = "`.h5`, `.keras` from Keras 1, 2 and 3; `.weights.h5` with `--config`"
LSTM = {"units": 4, "recurrent_activation": "sigmoid"}


def rows(head: str) -> dict[str, list[str]]:
    """The cells of each row of the table that begins so, by the first cell."""
    lines = DOCS[DOCS.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return {first.strip("| "): rest for first, *rest in cells}


# --- what opens -------------------------------------------------------------------------------


def a_state_dict(folder: Path) -> Imported:
    gru, lstm = nn.GRU(4, 4, 2, bidirectional=True), nn.LSTM(8, 5, proj_size=2)
    parts = {"rnn": nn.RNN(3, 4), "gru": gru, "lstm": lstm}
    torch.save({"state_dict": nn.ModuleDict(parts).state_dict(), "epoch": 3}, folder / "w.pt")
    network = open_network(folder / "w.pt")
    assert [layer.words for layer in network.recurrent] == ["RNN", "GRU", "GRU", "LSTM"]
    return network


def keras_layers() -> dict[str, tuple[dict[str, Any], list[np.ndarray]]]:
    """Each class that the row names, with settings and weights; the first ones run one after the other."""
    lstm, gru = drawn((3, 16), (4, 16), (16,)), drawn((3, 12), (4, 12), (12,))
    inner = {"class_name": "LSTM", "config": LSTM}
    return {
        "Masking": ({}, []),
        "Dropout": ({"rate": 0.2}, []),
        "Conv1D": ({"padding": "causal"}, drawn((2, 3, 3), (3,))),
        "BatchNormalization": ({}, [np.abs(one) for one in drawn((3,), (3,), (3,), (3,))]),
        "LayerNormalization": ({}, drawn((3,), (3,))),
        "TimeDistributed": ({"layer": {"class_name": "Dense", "config": {}}}, drawn((3, 3), (3,))),
        "LSTM": ({**LSTM, "return_sequences": True}, lstm),
        "Dense": ({"activation": "hard_sigmoid"}, drawn((4, 3), (3,))),
        "GRU": ({"units": 4, "reset_after": False, "return_sequences": True}, gru),
        "Permute": ({"dims": [1, 2]}, []),
        "Reshape": ({"target_shape": [-1, 4]}, []),
        "SimpleRNN": ({"units": 4}, drawn((4, 4), (4, 4), (4,))),
        "RepeatVector": ({"n": 2}, []),
        "Flatten": ({}, []),
        # opened, and not run here
        "Embedding": ({}, drawn((9, 3))),
        "CuDNNLSTM": ({"units": 4}, drawn((3, 16), (4, 16), (32,))),
        "CuDNNGRU": ({"units": 4}, drawn((3, 12), (4, 12), (24,))),
        "Bidirectional": ({"layer": inner, "merge_mode": "concat"}, [*lstm, *lstm]),
        "Concatenate": ({"axis": -1}, []),
        "Add": ({}, []),
        "Dot": ({"axes": -1}, []),
        "Attention": ({"use_scale": True}, drawn((1,))),
        "AdditiveAttention": ({}, drawn((4,))),
    }


def a_keras_file(folder: Path) -> Imported:
    layers = keras_layers()
    named = set(re.findall(r"`([A-Z]\w+)`", rows("file")[KERAS][0]))
    assert named == {*layers, "Sequential"}, "the row names what this test opens"
    cell = {"class_name": "LSTM", "config": {"name": "lstm", **LSTM}}
    kept = {f"lstm/{number}:0": one for number, one in enumerate(layers["LSTM"][1])}
    inner = ("Sequential", {"name": "encoder", "layers": [cell]}, kept)
    assert [one.name for one in open_network(write_h5(folder / "in.h5", [inner], "2.15.0")).recurrent] == [
        "encoder.lstm"
    ]
    every = [(kind, {"name": kind.lower(), **settings}, kept) for kind, (settings, kept) in layers.items()]
    assert open_network(write_h5(folder / "all.h5", every, "2.15.0")).unknown is None
    return open_network(write_h5(folder / "run.h5", every[:14], "2.15.0"))


def onnx_model(*nodes: Any, kept: Any = ()) -> bytes:
    rng = np.random.default_rng(3)
    weights = [
        numpy_helper.from_array(rng.normal(0, 0.5, shape).astype(np.float32), name)
        for name, shape in (("W", (1, 16, 3)), ("R", (1, 16, 4)))
    ]
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 1, 3])]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]
    lstm = helper.make_node("LSTM", ["X", "W", "R"], ["Y"], name="one", hidden_size=4)
    graph = helper.make_graph([lstm, *nodes], "graph", inputs, outputs, [*weights, *kept])
    content: bytes = helper.make_model(graph, ir_version=8).SerializeToString()
    return content


def an_onnx_file(folder: Path) -> Imported:
    (folder / "m.onnx").write_bytes(onnx_model(helper.make_node("Relu", ["Y"], ["out"])))
    return open_network(folder / "m.onnx")


OPENS: dict[str, Callable[[Path], Imported]] = {
    "`.safetensors`, `.pt`, `.pth`: a state dict, also inside a checkpoint": a_state_dict,
    KERAS: a_keras_file,
    "`.onnx`": an_onnx_file,
}


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("row", rows("file"))
def test_what_opens(row: str, tmp_path: Path) -> None:
    recorded = OPENS[row](tmp_path).record(X)
    assert recorded.output is not None
    assert recorded.max_difference < 1e-5


# --- what does not ----------------------------------------------------------------------------


def refused(*files: tuple[str, bytes]) -> Callable[[Path, str], None]:
    """Files that are refused with a message that holds the words of the row."""

    def check(folder: Path, words: str) -> None:
        for name, content in files:
            (folder / name).write_bytes(content)
            with pytest.raises(CheckpointError, match=words):
                open_network(folder / name)

    return check


def a_program(folder: Path, words: str) -> None:
    torch.save(nn.LSTM(3, 4), folder / "whole.pt")
    with pytest.raises(CheckpointError, match=words):
        open_network(folder / "whole.pt")
    with zipfile.ZipFile(folder / "script.pt", "w") as archive:
        archive.writestr("m/data.pkl", b"")
        archive.writestr("m/code/__torch__.py", b"")
    with pytest.raises(CheckpointError, match="TorchScript"):
        open_network(folder / "script.pt")


def of_tensorflow(folder: Path, words: str) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "saved_model.pb").write_bytes(b"")
    (folder / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + b"\0" * 9)
    for name in ("model", "m.tflite"):
        with pytest.raises(CheckpointError, match=words):
            open_network(folder / name)


def shown_before(network: Imported, words: str) -> None:
    """Its recurrent layer is shown, no prediction, and a note says why."""
    recorded = network.record(X)
    assert recorded.output is None
    assert len(recorded) == 1
    assert any(re.search(words, note) for note in recorded.notes), recorded.notes


def layers_of_ones_own(folder: Path, words: str) -> None:
    for kind in ("Lambda", "MyAttention"):
        layers = [("LSTM", {"name": "a", **LSTM}, drawn((3, 16), (4, 16), (16,))), (kind, {"name": "b"}, [])]
        shown_before(open_network(write_h5(folder / f"{kind}.h5", layers, "2.15.0")), words)


def weights_elsewhere(folder: Path, words: str) -> None:
    kept = numpy_helper.from_array(np.zeros(2, np.float32), "Z")
    kept.data_location = TensorProto.EXTERNAL
    entry = kept.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    content = onnx_model(helper.make_node("Add", ["Y", "Z"], ["out"]), kept=[kept])
    refused(("m.onnx", content))(folder, words)


def unknown_operator(folder: Path, words: str) -> None:
    (folder / "m.onnx").write_bytes(onnx_model(helper.make_node("Mine", ["Y"], ["out"], domain="my.company")))
    shown_before(open_network(folder / "m.onnx"), words)


def functional(folder: Path, **changed: Any) -> Imported:
    """Two inputs, an LSTM that reads the first, and a merge of both."""
    weights = drawn((3, 16), (4, 16), (16,))
    path = write_h5(folder / "f.h5", [("LSTM", {"name": "a", **LSTM}, weights)], "2.15.0")
    read: dict[str, Any] = {"series": [], "static": [], "a": [[["series", 0, 0, {}]]]}
    read["b"] = [[["a", 0, 0, {}], ["static", 0, 0, {}]]]
    kinds = {"series": "InputLayer", "static": "InputLayer", "a": "LSTM", "b": "Concatenate", "c": "LSTM"}
    layers = [
        {"class_name": kinds[name], "name": name, "config": {"name": name, **LSTM}, "inbound_nodes": nodes}
        for name, nodes in (read | changed).items()
        if nodes is not None
    ]
    config = {"class_name": "Functional", "config": {"layers": layers}}
    (folder / "c.json").write_text(json.dumps(config), encoding="utf-8")
    return open_network(path, config=folder / "c.json")


def several_inputs(folder: Path, words: str) -> None:
    shown_before(functional(folder), words)


def masks_of_ones_own(folder: Path, words: str) -> None:
    masked = [[["a", 0, 0, {"mask": ["series", 0, 0]}]]]
    shown_before(functional(folder, static=None, b=None, c=masked), words)


def no_network(folder: Path, words: str) -> None:
    with (folder / "large.pt").open("wb") as file:
        file.truncate(limits.IMPORT_BYTES + 1)
    with pytest.raises(CheckpointError, match="the limit is"):
        open_network(folder / "large.pt")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    refused(("m.keras", pointer), ("m.pt", b"<!DOCTYPE html><html>"), ("m.h5", b""))(folder, words)


OPENS_NOT: dict[str, tuple[Callable[[Path, str], None], str]] = {
    "a pickled whole module, TorchScript": (a_program, r"torch.save\(model.state_dict\(\), \"weights.pt\"\)"),
    "TensorFlow's SavedModel, TensorFlow Lite": (of_tensorflow, "TensorFlow"),
    "`Lambda` layers, custom layers": (layers_of_ones_own, "is not known: what comes before it"),
    "ONNX with external weights": (weights_elsewhere, "its weights lie in other files"),
    "unknown ONNX operators": (unknown_operator, "is not known: what depends on it"),
    "further inputs of a Keras network with several": (several_inputs, "also reads static: what does not"),
    "Keras layers that are passed an explicit mask": (masks_of_ones_own, "is given a mask of its own"),
    "a git-lfs pointer, a web page, an empty file, a file that is too large ([limits](limits.md))": (
        no_network,
        "pointer of git-lfs|is a web page|is empty",
    ),
}


@pytest.mark.parametrize("row", rows("what does not open"))
def test_what_does_not_open_and_says_why(row: str, tmp_path: Path) -> None:
    check, words = OPENS_NOT[row]
    check(tmp_path, words)


def test_no_row_is_left_out() -> None:
    assert set(rows("file")) == set(OPENS)
    assert set(rows("what does not open")) == set(OPENS_NOT)
