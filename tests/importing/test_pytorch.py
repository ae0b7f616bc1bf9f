"""State dicts of PyTorch, and the vocabulary, tables and texts that imported networks read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from rnnviz_core.errors import CheckpointError, SpecError, TextError
from rnnviz_core.importing.inputs import read_input, with_vocabulary
from rnnviz_core.importing.network import Imported
from rnnviz_core.importing.opening import load, open_network, save
from rnnviz_core.tracing.module import record_module


class Classifier(nn.Module):
    """Embedding, layers, a readout of the last step."""

    def __init__(self, kind: Any = nn.LSTM, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.emb = nn.Embedding(30, 6)
        self.rnn = kind(6, 5, batch_first=True, **options)
        self.fc = nn.Linear(5 * (2 if self.rnn.bidirectional else 1), 3)

    def forward(self, ids: Tensor) -> Tensor:
        found: Tensor = self.fc(self.rnn(self.emb(ids))[0][:, -1])
        return found


IDS = np.array([4, 8, 15, 16, 23, 29, 0])


def saved(path: Path, state: Any, how: str) -> Path:
    """A state dict as people write it."""
    match how:
        case "safetensors":
            save_file(state, path.with_suffix(".safetensors"))
            return path.with_suffix(".safetensors")
        case "old":
            torch.save(state, path, _use_new_zipfile_serialization=False)
        case "checkpoint":
            torch.save({"epoch": 3, "model_state_dict": state, "loss": 0.5}, path)
        case _:
            torch.save(state, path)
    return path


@pytest.mark.parametrize("how", ["safetensors", "pt", "old", "checkpoint"])
def test_a_classifier_is_run_from_ids_to_logits(tmp_path: Path, how: str) -> None:
    model = Classifier(num_layers=2, bidirectional=True).eval()
    network = open_network(saved(tmp_path / "weights.pt", model.state_dict(), how))
    recorded = network.record(IDS)
    np.testing.assert_allclose(recorded.output, model(torch.tensor(IDS[None]))[0].detach().numpy(), atol=1e-5)
    (trace,) = recorded.values()
    assert trace.layers() == 2
    assert trace.reverses()
    states = model.rnn(model.emb(torch.tensor(IDS[None])))[0][0].detach().numpy()
    both = np.hstack([trace["encoder.1.hidden"], trace["encoder.1.reverse.hidden"]])
    np.testing.assert_allclose(both, states, atol=1e-5)
    assert trace.definition().to_dict() == {"cell": "lstm", "projection": False, "bias": True}
    assert "a chain in the order of the file" in recorded.notes[0]


@pytest.mark.parametrize(
    "kind, options, given",
    [
        (nn.GRU, {"bias": False}, {}),
        (nn.RNN, {}, {}),
        (nn.RNN, {"nonlinearity": "relu"}, {"nonlinearity": "relu"}),
    ],
)
def test_other_cells(tmp_path: Path, kind: Any, options: Any, given: Any) -> None:
    model = Classifier(kind, **options).eval()
    network = open_network(saved(tmp_path / "weights.pth", model.state_dict(), "pt"), **given)
    expected = model(torch.tensor(IDS[None]))[0].detach().numpy()
    np.testing.assert_allclose(network.predict(IDS), expected, atol=1e-5)
    if kind is nn.RNN:
        assert any("do not tell tanh from relu" in note for note in network.notes)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True, "bias": False}])
def test_a_projected_lstm_runs_from_its_state_dict(tmp_path: Path, options: Any) -> None:
    """Its output is the module's, and its trace that of `record_module`, which torch's kernel verified."""
    torch.manual_seed(4)
    module, x = nn.LSTM(3, 5, proj_size=2, **options), torch.randn(7, 3)
    network = open_network(saved(tmp_path / "weights.pt", module.state_dict(), "pt"))
    assert not any("Left aside" in note for note in network.notes)
    recorded = network.record(x.numpy())
    output = module(x)[0].detach().numpy()
    np.testing.assert_allclose(recorded.output, output, atol=1e-6)
    (trace,) = recorded.values()
    expected = record_module(module, x)
    assert trace.definition().to_dict() == expected.definition().to_dict()
    assert {trace["encoder.0.hidden"].shape, trace["encoder.0.cell"].shape} == {(7, 2), (7, 5)}
    for site in expected:
        np.testing.assert_allclose(trace[site], expected[site], atol=1e-6, err_msg=site)
    again = load(save(network, tmp_path / "kept"))
    np.testing.assert_array_equal(again.predict(x.numpy()), recorded.output)


def test_nested_names_several_modules_and_prefixes(tmp_path: Path) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.ModuleDict({"one": nn.LSTM(3, 4), "two": nn.GRU(4, 5)})
            self.other = nn.GRU(7, 2)
            self.norm = nn.LayerNorm(5)

    path = saved(tmp_path / "two.pt", nn.DataParallel(Two()).state_dict(), "pt")
    network = open_network(path)
    assert [layer.name for layer in network.recurrent] == ["encoder.one", "encoder.two"]
    assert any(note.startswith("other reads 7 numbers and encoder.two passes on 5") for note in network.notes)
    assert any(note == "Left aside: norm.bias, norm.weight." for note in network.notes)
    assert list(network.record(np.ones((4, 3)))) == ["encoder.one", "encoder.two"]
    alone = open_network(path, prefix="module.other.")
    assert alone.width == 7


def test_cells_and_quantized_states(tmp_path: Path) -> None:
    cell = nn.GRUCell(3, 4)
    network = open_network(
        saved(tmp_path / "cell.pt", {f"step.{k}": v for k, v in cell.state_dict().items()}, "pt")
    )
    x, h = torch.randn(5, 3), torch.zeros(4)
    rows = []
    for step in x:
        h = cell(step, h)
        rows.append(h.detach().numpy())
    np.testing.assert_allclose(network.record(x.numpy())["step"]["encoder.0.hidden"], rows, atol=1e-5)


def test_half_precision_is_read_as_float32(tmp_path: Path) -> None:
    model = Classifier().half()
    network = open_network(saved(tmp_path / "half.pt", model.state_dict(), "safetensors"))
    assert network.recurrent[0].weights["weight_ih_l0"].dtype == np.float32


@pytest.mark.parametrize(
    "state, message",
    [
        ({"fc.weight": torch.zeros(2, 3)}, "holds no recurrent layer: nothing is called weight_ih_l0"),
        (
            {"a.weight_ih_l0": torch.zeros(10, 3), "a.weight_hh_l0": torch.zeros(10, 5)},
            "an RNN has 1, a GRU 3 and an LSTM 4",
        ),
        ({"a.weight_ih_l0": torch.zeros(5, 3)}, "lacks weight_ih_l0 or weight_hh_l0"),
        ({"n": 3}, "holds no weights"),
    ],
)
def test_states_without_a_recurrent_layer(tmp_path: Path, state: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        open_network(saved(tmp_path / "w.pt", state, "pt"))


def test_weights_that_do_not_fit_or_are_not_finite(tmp_path: Path) -> None:
    state = Classifier().state_dict()
    state["rnn.bias_ih_l0"] = torch.full((20,), float("nan"))
    with pytest.raises(CheckpointError, match="not finite"):
        open_network(saved(tmp_path / "nan.pt", state, "pt")).record(IDS)
    state["rnn.bias_ih_l0"] = torch.zeros(19)
    with pytest.raises(CheckpointError, match=r"bias_ih_l0 has the shape \(19,\); its cell needs \(20,\)"):
        open_network(saved(tmp_path / "odd.pt", state, "pt")).record(IDS)
    with pytest.raises(SpecError, match="unknown nonlinearity 'sin'; choose one of tanh, relu"):
        open_network(tmp_path / "odd.pt", nonlinearity="sin")


# --- what they read -------------------------------------------------------------------------------


@pytest.fixture
def words(tmp_path: Path) -> Imported:
    return open_network(saved(tmp_path / "w.pt", Classifier().state_dict(), "pt"))


@pytest.fixture
def numbers(tmp_path: Path) -> Imported:
    return open_network(saved(tmp_path / "n.pt", nn.LSTM(2, 4).state_dict(), "pt"))


@pytest.mark.parametrize(
    "name, content",
    [
        ("v.json", json.dumps({"<unk>": 1, "good": 2, "film": 5})),
        ("v.json", json.dumps(["", "<unk>", "good", "", "", "film"])),
        ("v.txt", "\n<unk>\ngood\n\n\nfilm\n"),
        (
            "v.json",
            json.dumps(
                {
                    "class_name": "Tokenizer",
                    "config": {"word_index": json.dumps({"<unk>": 1, "good": 2, "film": 5})},
                }
            ),
        ),
    ],
)
def test_vocabularies(tmp_path: Path, words: Imported, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    network = with_vocabulary(words, tmp_path / name)
    read = read_input("Good Films, good film!", network)
    assert read.data.tolist() == [2, 1, 1, 2, 5, 1]
    assert read.tokens == ("Good", "Films", ",", "good", "film", "!")
    trace = next(iter(network.record(read.data, read.tokens).values()))
    assert [token.text for token in trace.tokens["time"]] == list(read.tokens)
    assert read_input("2 5", network).tokens == ("good", "film")


@pytest.mark.parametrize("content", ['{"a": "b"}', '{"a": -1}', '{"a": 99999999}', "[", "7"])
def test_what_is_no_vocabulary(tmp_path: Path, words: Imported, content: str) -> None:
    (tmp_path / "v.json").write_text(content, encoding="utf-8")
    with pytest.raises(TextError, match=r"v.json is no vocabulary"):
        with_vocabulary(words, tmp_path / "v.json")


def test_tables(tmp_path: Path, numbers: Imported) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Open,Note,Close\n2024-01-01,1.5,7,2\n2024-01-02,3,8,4.25\n", encoding="utf-8")
    read = read_input(str(path), numbers, columns=["Close", "Open"])
    assert read.data.tolist() == [[2, 1.5], [4.25, 3]]
    assert read.tokens == ("2024-01-01", "2024-01-02")
    assert read.columns == ("Close", "Open")
    with pytest.raises(
        TextError, match=r"has 3 columns of numbers \(Open, Note, Close\) and the network reads 2: name"
    ):
        read_input(str(path), numbers)
    with pytest.raises(TextError, match="unknown column 'High'; choose one of Date, Open, Note, Close"):
        read_input(str(path), numbers, columns=["High", "Open"])
    assert read_input(str(path), numbers, ["Open", "Close"], label="Note").tokens == ("7", "8")
    path.write_text("Open,Close\n1,2\n3,oops\n", encoding="utf-8")
    with pytest.raises(TextError, match="row 2 has 'oops' in the column 'Close'"):
        read_input(str(path), numbers)


def test_arrays_and_typed_numbers(tmp_path: Path, numbers: Imported, words: Imported) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 5, 2)))
    assert read_input(str(tmp_path / "x.npy"), numbers).data.shape == (5, 2)
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(TextError, match="is no array"):
        read_input(str(tmp_path / "o.npy"), numbers)
    assert read_input("1, 2; 3 4.5", numbers).data.tolist() == [[1, 2], [3, 4.5]]
    for given, network, message in (
        ("1 2 3", numbers, "there are 3 numbers; the network reads 2 per step"),
        ("one", numbers, "the network reads numbers"),
        ("missing.csv", numbers, "there is no file 'missing.csv'"),
        ("good film", words, "pass --vocabulary FILE"),
    ):
        with pytest.raises(TextError, match=message):
            read_input(given, network)
