"""Files of ONNX: recurrent nodes with all their attributes, against onnxruntime."""

import random
import resource
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto as T
from onnx import helper, numpy_helper
from torch import Tensor, nn

from rnnviz_core.errors import CheckpointError, RnnvizError, TextError
from rnnviz_core.importing import onnx_file
from rnnviz_core.importing.opening import load, open_network, save

X = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
BLOCKS = {"LSTM": 4, "GRU": 3, "RNN": 1}


def drawn(name: str, *shape: int) -> Any:
    rng = np.random.default_rng(sum(map(ord, name)))
    return numpy_helper.from_array(rng.normal(0, 0.5, shape).astype(np.float32), name)


def node(
    kind: str,
    *,
    sides: int = 1,
    bias: bool = True,
    peepholes: bool = False,
    states: bool = False,
    counted: int = 0,
    **attributes: Any,
) -> tuple[Any, list[Any]]:
    """A recurrent node of 4 units that reads X, and its weights."""
    blocks = BLOCKS[kind]
    kept = [drawn("W", sides, 4 * blocks, 3), drawn("R", sides, 4 * blocks, 4)]
    names = ["X", "W", "R"]
    for name, there, made in (
        ("B", bias, lambda: drawn("B", sides, 8 * blocks)),
        ("L", counted > 0, lambda: numpy_helper.from_array(np.array([counted], np.int32), "L")),
        ("H", states, lambda: drawn("H", sides, 1, 4)),
        ("C", states and kind == "LSTM", lambda: drawn("C", sides, 1, 4)),
        ("P", peepholes, lambda: drawn("P", sides, 12)),
    ):
        names.append(name if there else "")
        kept += [made()] if there else []
    while not names[-1]:
        names.pop()
    outputs = ["Y", "Y_h", *(["Y_c"] if kind == "LSTM" else [])]
    return helper.make_node(kind, names, outputs, name="one", hidden_size=4, **attributes), kept


def model(
    nodes: list[Any],
    kept: list[Any],
    output: str = "Y",
    opset: int = 14,
    shape: Any = (None, 1, 3),
    kind: int = T.FLOAT,
    rank: int = 4,
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("X", kind, list(shape))],
        [helper.make_tensor_value_info(output, T.FLOAT, [None] * rank)],
        kept,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    content: bytes = made.SerializeToString()
    return content


def oracle(content: bytes, x: np.ndarray) -> np.ndarray:
    found: np.ndarray = onnxruntime.InferenceSession(content).run(None, {"X": x})[0]
    return found


CASES: list[tuple[str, dict[str, Any]]] = [
    ("LSTM", {}),
    ("LSTM", {"direction": "reverse", "bias": False}),
    ("LSTM", {"direction": "bidirectional", "sides": 2, "states": True}),
    ("LSTM", {"clip": 0.3}),
    ("LSTM", {"peepholes": True}),
    ("LSTM", {"peepholes": True, "input_forget": 1}),
    ("LSTM", {"activations": ["HardSigmoid", "Softsign", "Relu"]}),
    ("LSTM", {"counted": 6}),
    ("GRU", {}),
    ("GRU", {"linear_before_reset": 1, "direction": "reverse"}),
    ("GRU", {"direction": "bidirectional", "sides": 2, "clip": 0.4, "states": True}),
    ("GRU", {"activations": ["Sigmoid", "Relu"], "bias": False}),
    ("RNN", {"direction": "bidirectional", "sides": 2, "clip": 0.2}),
    ("RNN", {"activations": ["Relu"]}),
]


@pytest.mark.parametrize("kind, options", CASES)
def test_a_node_is_what_onnxruntime_computes(kind: str, options: dict[str, Any]) -> None:
    made, kept = node(kind, **options)
    content = model([made], kept)
    recorded = onnx_file.parsed(content, "one.onnx").record(X)
    expected = oracle(content, X[:, np.newaxis])
    np.testing.assert_allclose(recorded.output, expected, atol=1e-5)
    assert recorded.max_difference < 1e-5
    trace = recorded["one"]
    side = expected[:, 0, 0]
    own = trace["encoder.0.hidden"]
    np.testing.assert_allclose(
        own[::-1] if options.get("direction") == "reverse" else own, side[: len(own)], atol=1e-5
    )


def test_the_other_layout_is_the_same_turned() -> None:
    """onnxruntime knows layout 0 alone: the same node with turned axes must give the same numbers."""
    for kind in BLOCKS:
        plain = onnx_file.parsed(model(*_both(kind)), "a.onnx").record(X).output
        turned = (
            onnx_file.parsed(model(*_both(kind, layout=1), shape=(1, None, 3)), "b.onnx").record(X).output
        )
        np.testing.assert_allclose(turned[0].reshape(9, 4), plain.reshape(9, 4), atol=1e-6)


def _both(kind: str, **options: Any) -> tuple[list[Any], list[Any]]:
    made, kept = node(kind, **options)
    return [made], kept


def test_nodes_inside_if_and_loop() -> None:
    made, kept = node("GRU")
    then = helper.make_graph([made], "then", [], [helper.make_tensor_value_info("Y", T.FLOAT, [None] * 4)])
    other = helper.make_graph(
        [helper.make_node("Identity", ["zero"], ["Z"])],
        "else",
        [],
        [helper.make_tensor_value_info("Z", T.FLOAT, [None] * 4)],
    )
    nodes = [
        helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))),
        helper.make_node("If", ["yes"], ["out"], then_branch=then, else_branch=other),
    ]
    zero = numpy_helper.from_array(np.zeros((1, 1, 1, 1), np.float32), "zero")
    content = model(nodes, [*kept, zero], output="out")
    recorded = onnx_file.parsed(content, "if.onnx").record(X)
    np.testing.assert_allclose(recorded.output, oracle(content, X[:, np.newaxis]), atol=1e-5)
    assert list(recorded) == ["one"]


def test_a_loop_runs_its_node_in_every_round() -> None:
    made = helper.make_node("RNN", ["state", "W", "R", "B"], ["Y", "Y_h"], name="one", hidden_size=3)
    body = helper.make_graph(
        [
            made,
            helper.make_node("Squeeze", ["Y", "axes"], ["next"]),
            helper.make_node("Identity", ["going"], ["goes"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", T.INT64, []),
            helper.make_tensor_value_info("going", T.BOOL, []),
            helper.make_tensor_value_info("state", T.FLOAT, [None, 1, 3]),
        ],
        [
            helper.make_tensor_value_info("goes", T.BOOL, []),
            helper.make_tensor_value_info("next", T.FLOAT, [None, 1, 3]),
        ],
    )
    kept = [
        drawn("W", 1, 3, 3),
        drawn("R", 1, 3, 3),
        drawn("B", 1, 6),
        numpy_helper.from_array(np.array([1]), "axes"),
        numpy_helper.from_array(np.array(3), "rounds"),
        numpy_helper.from_array(np.array(True), "start"),
    ]
    content = model(
        [helper.make_node("Loop", ["rounds", "start", "X"], ["out"], body=body)], kept, "out", rank=3
    )
    recorded = onnx_file.parsed(content, "loop.onnx").record(X)
    np.testing.assert_allclose(recorded.output, oracle(content, X[:, np.newaxis])[:, 0], atol=1e-5)
    assert list(recorded) == ["one", "one#2", "one#3"]


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.emb, self.rnn = nn.Embedding(30, 6), nn.LSTM(6, 5, 2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(10, 3)

    def forward(self, ids: Tensor) -> Tensor:
        return self.fc(self.rnn(self.emb(ids))[0][:, -1]).softmax(-1)


def test_a_whole_network_exported_by_torch(tmp_path: Path) -> None:
    network, path = Classifier().eval(), tmp_path / "m.onnx"
    axes = {"ids": {0: "batch", 1: "time"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ids = torch.zeros(1, 7, dtype=torch.long)
        torch.onnx.export(network, (ids,), str(path), dynamo=False, input_names=["ids"], dynamic_axes=axes)
    ids = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 5])
    imported = open_network(path)
    recorded = imported.record(ids.numpy())
    np.testing.assert_allclose(recorded.output, network(ids[None])[0].detach().numpy(), atol=1e-5)
    (trace,) = recorded.values()
    assert trace.layers() == 2
    assert trace["readout.prediction"].shape == (3,)
    assert [token.id for token in trace.tokens["time"]] == ids.tolist()
    again = load(save(imported, tmp_path / "kept"))
    np.testing.assert_array_equal(again.predict(ids.numpy()), recorded.output)


def test_what_depends_on_an_unknown_node_is_left_out() -> None:
    made, kept = node("LSTM")
    odd = helper.make_node("MyOwn", ["Y"], ["out"], name="odd", domain="my.company")
    network = onnx_file.parsed(model([made, odd], kept, "out"), "odd.onnx")
    assert network.unknown is not None
    recorded = network.record(X)
    assert recorded.output is None
    assert recorded.notes == ("odd (my.company.MyOwn) is not known: what depends on it is left out.",)
    assert list(recorded) == ["one"]


def _outside() -> bytes:
    made, kept = node("LSTM")
    kept[0].data_location = T.EXTERNAL
    entry = kept[0].external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return model([made], kept)


def _huge() -> bytes:
    made, kept = node("LSTM")
    kept[0].dims[:] = [10**6, 10**6]
    return model([made], kept)


def _endless() -> bytes:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes"]),
            helper.make_node("Identity", ["state"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", T.INT64, []),
            helper.make_tensor_value_info("going", T.BOOL, []),
            helper.make_tensor_value_info("state", T.FLOAT, [None]),
        ],
        [
            helper.make_tensor_value_info("goes", T.BOOL, []),
            helper.make_tensor_value_info("next", T.FLOAT, [None]),
        ],
    )
    made, kept = node("LSTM")
    kept.append(numpy_helper.from_array(np.array(True), "start"))
    return model([helper.make_node("Loop", ["", "start", "X"], ["Z"], body=body), made], kept)


def _large() -> bytes:
    made, kept = node("LSTM")
    kept.append(numpy_helper.from_array(np.array([10**6, 10**6]), "shape"))
    return model([helper.make_node("ConstantOfShape", ["shape"], ["Z"]), made], kept)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\x08\x08nonsense onnx", "damaged, or not of ONNX"),
        (_outside(), "its weights lie in other files"),
        (_huge(), "more than can be opened"),
        (_endless(), "takes more than 20000 rounds"),
        (_large(), "would have 1000000000000 numbers"),
        (
            model([helper.make_node("Relu", ["X"], ["Y"])], [], rank=3),
            "holds no node LSTM, GRU or RNN .it holds Relu.",
        ),
    ],
)
def test_hostile_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        onnx_file.parsed(content, "bad.onnx").record(X)


def test_functions_that_are_not_known_end_the_branch() -> None:
    made, kept = node("LSTM", activations=["Affine", "Tanh", "Tanh"])
    with pytest.raises(
        CheckpointError, match="no recurrent node could be reached: one has the function Affine"
    ):
        onnx_file.parsed(model([made], kept), "odd.onnx").record(X)


def test_inputs_that_do_not_fit() -> None:
    network = onnx_file.parsed(model(*_both("GRU"), shape=(5, 1, 3)), "fixed.onnx")
    with pytest.raises(TextError, match=r"of the shape \(5, 1, 3\); axis 0 of the input has"):
        network.record(X)


def test_damaged_files_are_opened_or_refused() -> None:
    chance, content = random.Random(3), model(*_both("LSTM", peepholes=True))
    for _ in range(150):
        found = bytearray(content)
        for _ in range(chance.choice((1, 3, 10))):
            found[chance.randrange(len(found))] = chance.randrange(256)
        try:
            onnx_file.parsed(bytes(found), "m.onnx").record(X)
        except RnnvizError as error:
            assert len(str(error)) < 1_000  # noqa: PT017


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "named.bin").write_bytes(model(*_both("GRU")))
    assert open_network(tmp_path / "named.bin").width == 3
    assert onnx.__version__


def test_a_file_of_many_nodes_is_counted_apart(tmp_path: Path) -> None:
    """Two bytes a node: parsed here they would take a hundred times as much."""
    nodes = b"\x0a\x00" * 2_000_000
    length, size = b"", len(nodes)
    while size > 127:
        length, size = length + bytes([size % 128 + 128]), size // 128
    (tmp_path / "bomb.onnx").write_bytes(b"\x08\x08\x3a" + length + bytes([size]) + nodes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match=r"bomb.onnx: it has more than 10000 nodes, which is the limit"):
        open_network(tmp_path / "bomb.onnx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes
