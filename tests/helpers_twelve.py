"""Twelve files, at least one of each format and generation, and what torch, onnxruntime or numpy predict."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from helpers_keras import drawn, gru, hard_sigmoid_2, hard_sigmoid_3, lstm, simple, write_h5
from safetensors.torch import save_file
from torch import nn

X = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32).round(3)
CONFIG = "config.json"


class Made(NamedTuple):
    """A file, what the command line is told beside it, and the numbers of its prediction."""

    path: Path
    options: tuple[str, ...]
    expected: np.ndarray


def twelve(folder: Path) -> list[Made]:
    """Write them into a folder."""
    return [*_torch(folder), *_keras(folder), *_onnx(folder)]


def _torch(folder: Path) -> list[Made]:
    """Two state dicts, and a checkpoint whose names are nested; a linear layer reads the last state."""
    torch.manual_seed(6)
    writers: dict[str, Callable[[Any, Path], Any]] = {
        "weights.safetensors": save_file,
        "weights.pt": torch.save,
        "weights.pth": lambda state, path: torch.save({"epoch": 2, "state_dict": state}, path),
    }
    found = []
    for (name, write), kind in zip(writers.items(), (nn.LSTM, nn.GRU, nn.RNN), strict=True):
        recurrent, out = kind(3, 4, 2), nn.Linear(4, 2)
        write(
            nn.ModuleDict({"body": nn.ModuleDict({"cell": recurrent}), "out": out}).state_dict(),
            folder / name,
        )
        with torch.no_grad():
            expected = out(recurrent(torch.from_numpy(X))[0][-1]).numpy()
        found.append(Made(folder / name, (), expected))
    return found


def _keras(folder: Path) -> list[Made]:
    """Keras 1, 2.2 and 2.15, and the three formats of Keras 3."""
    kernel, back, bias = drawn((3, 16), (4, 16), (16,))
    of_gru, of_rnn = drawn((3, 12), (4, 12), (12,)), drawn((3, 4), (4, 4), (4,))
    out, offset = drawn((4, 2), (2,))
    dense = ("Dense", {"name": "dense", "units": 2}, [out, offset])
    apart = [np.split(one, 4, axis=-1) for one in (kernel, back, bias)]
    first = [part[place] for place in (0, 2, 1, 3) for part in apart]  # a matrix for each gate: i c f o
    old = {"name": "one", "output_dim": 4, "inner_activation": "hard_sigmoid"}
    hard = {"name": "one", "units": 4, "recurrent_activation": "hard_sigmoid"}
    soft = {"name": "one", "units": 4, "recurrent_activation": "sigmoid"}
    whole = [kernel, back, bias]
    write_h5(folder / "keras1.h5", [("LSTM", old, first), dense], "1.2.2", first=True)
    write_h5(folder / "keras2.h5", [("GRU", {**hard, "reset_after": False}, of_gru), dense], "2.2.4")
    write_h5(folder / "tf_keras.h5", [("LSTM", soft, whole), dense], "2.15.0")
    write_h5(folder / "keras3.h5", [("SimpleRNN", {"name": "one", "units": 4}, of_rnn), dense], "3.5.0")
    described = [{"class_name": kind, "config": settings} for kind, settings in (("LSTM", hard), dense[:2])]
    text = json.dumps({"class_name": "Sequential", "config": {"layers": described}, "keras_version": "3.5.0"})
    (folder / CONFIG).write_text(text, encoding="utf-8")
    arrays = {"lstm/cell": whole, "dense": [out, offset]}
    with zipfile.ZipFile(folder / "keras3.keras", "w") as archive:
        archive.writestr("config.json", text)
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.write(_numbered(folder / "keras3.weights.h5", arrays), "model.weights.h5")
    third = lstm(X, whole, hard_sigmoid_3)[-1]
    ends = {
        "keras1.h5": lstm(X, whole, hard_sigmoid_2)[-1],
        "keras2.h5": gru(X, of_gru, hard_sigmoid_2)[-1],
        "tf_keras.h5": lstm(X, whole)[-1],
        "keras3.h5": simple(X, of_rnn)[-1],
        "keras3.keras": third,
        "keras3.weights.h5": third,
    }
    options = {"keras3.weights.h5": ("--config", str(folder / CONFIG))}
    return [Made(folder / name, options.get(name, ()), end @ out + offset) for name, end in ends.items()]


def _numbered(path: Path, arrays: dict[str, list[np.ndarray]]) -> Path:
    """Weights as Keras 3 numbers them."""
    import h5py

    with h5py.File(path, "w") as file:
        for group, kept in arrays.items():
            for number, array in enumerate(kept):
                file[f"layers/{group}/vars/{number}"] = array.astype(np.float32)
    return path


def _onnx(folder: Path) -> list[Made]:
    """A node of each kind, against onnxruntime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng, found = np.random.default_rng(8), []
    for kind, blocks in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        shapes = {"W": (1, 4 * blocks, 3), "R": (1, 4 * blocks, 4), "B": (1, 8 * blocks)}
        kept = [
            numpy_helper.from_array(rng.normal(0, 0.5, shape).astype(np.float32), name)
            for name, shape in shapes.items()
        ]
        more = {"linear_before_reset": 1} if kind == "GRU" else {}
        node = helper.make_node(kind, ["X", *shapes], ["Y", "last"], hidden_size=4, **more)
        inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 1, 3])]
        outputs = [helper.make_tensor_value_info("last", TensorProto.FLOAT, [1, 1, 4])]
        graph = helper.make_graph([node], "graph", inputs, outputs, kept)
        opset = [helper.make_opsetid("", 14)]
        content = helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString()
        path = folder / f"{kind.lower()}.onnx"
        path.write_bytes(content)
        (expected,) = onnxruntime.InferenceSession(content).run(None, {"X": X[:, None]})
        found.append(Made(path, (), expected.reshape(-1)))
    return found
