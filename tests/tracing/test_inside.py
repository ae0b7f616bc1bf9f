"""Recurrent modules found inside any model, recorded while it runs once."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnviz_core.errors import TraceError
from rnnviz_core.tracing import floats
from rnnviz_core.tracing.inside import record_model
from rnnviz_core.tracing.module import record_module


class Tagger(nn.Module):
    """Embedding, a two-way LSTM, a GRU on top, a readout."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(20, 6)
        self.encoder = nn.ModuleDict({"lstm": nn.LSTM(6, 5, 2, bidirectional=True, batch_first=True)})
        self.upper = nn.Sequential(nn.GRU(10, 4, batch_first=True))
        self.unused = nn.RNN(2, 2)
        self.output = nn.Linear(4, 3)

    def forward(self, ids: Tensor, *, scale: float = 1.0) -> Tensor:
        states, _ = self.encoder["lstm"](self.embedding(ids) * scale)
        states, _ = self.upper(states)
        found: Tensor = self.output(states[:, -1])
        return found


class Loop(nn.Module):
    """A cell called step by step; `between` has a say in the state."""

    def __init__(self, kind: Any, between: Any = None) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.cell, self.between = kind(3, 4), between

    def forward(self, x: Tensor, state: Any = None) -> list[Tensor]:
        found = []
        for step in x:
            state = self.cell(step, state)
            found.append(state[0] if isinstance(state, tuple) else state)
            if self.between is not None:
                state = self.between(state)
        return found


IDS = torch.arange(12).reshape(3, 4)


def test_all_modules_all_rows() -> None:
    model = Tagger().eval()
    recorded = record_model(model, IDS, scale=2.0)
    assert list(recorded) == ["encoder.lstm", "upper.0"]
    assert torch.equal(recorded.output, model(IDS, scale=2.0))
    assert recorded.notes == ("unused was not called.",)
    lstm = model.encoder["lstm"]
    assert isinstance(lstm, nn.LSTM)
    read = model.embedding(IDS).detach() * 2
    for row, trace in enumerate(recorded.rows["encoder.lstm"]):
        alone = record_module(lstm, read, item=row)
        for name in alone:
            np.testing.assert_allclose(trace[name], alone[name], atol=2e-6)
    top = recorded["upper.0"]["encoder.0.hidden"]
    np.testing.assert_allclose(
        top[-1] @ model.output.weight.detach().numpy().T + model.output.bias.detach().numpy(),
        recorded.output[0].detach().numpy(),
        atol=1e-5,
    )
    assert recorded.max_difference < 1e-6
    assert not any(part._forward_hooks for part in model.modules())


def test_named_modules_only() -> None:
    assert list(record_model(Tagger().eval(), IDS, modules=["upper.0"])) == ["upper.0"]
    with pytest.raises(TraceError, match="unknown module 'uper'; choose one of encoder"):
        record_model(Tagger(), IDS, modules="uper")
    with pytest.raises(TraceError, match="unused was not called"):
        record_model(Tagger(), IDS, modules="unused")


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
@pytest.mark.parametrize("batch", [None, 2])
def test_a_loop_over_a_cell_is_one_trace(kind: Any, batch: int | None) -> None:
    model = Loop(kind)
    x = torch.randn(6, 3) if batch is None else torch.randn(6, batch, 3)
    recorded = record_model(model, x)
    (name,) = recorded
    assert name == "cell"
    assert "6 calls" in recorded.notes[0]
    told = torch.stack(model(x)).detach().numpy()
    for row, trace in enumerate(recorded.rows["cell"]):
        own = told if batch is None else told[:, row]
        np.testing.assert_allclose(trace["encoder.0.hidden"], own, atol=1e-6)
    gate = recorded["cell"].definition().gate_names[0]
    assert recorded["cell"][f"encoder.0.{gate}"].shape == (6, 4)


def test_where_a_loop_changes_the_state_a_new_trace_begins() -> None:
    recorded = record_model(Loop(nn.GRUCell, between=lambda state: state * 0.5), torch.randn(3, 3))
    assert list(recorded) == ["cell", "cell#2", "cell#3"]
    np.testing.assert_allclose(
        recorded["cell#2"]["encoder.0.initial_hidden"],
        recorded["cell"]["encoder.0.hidden"][0] * 0.5,
        atol=1e-6,
    )


def test_layers_called_step_by_step_are_one_trace() -> None:
    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 4, 2)

        def forward(self, x: Tensor) -> None:
            state = None
            for step in x:
                _, state = self.lstm(step.unsqueeze(0), state)

    model, x = Decoder(), torch.randn(7, 2, 3)
    recorded = record_model(model, x)
    whole = record_module(model.lstm, x, item=1)
    trace = recorded.rows["lstm"][1]
    for name in whole:
        np.testing.assert_allclose(trace[name], whole[name], atol=2e-6, err_msg=name)


def test_packed_sequences_inside() -> None:
    class Packs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(3, 4)

        def forward(self, x: Tensor, counts: Tensor) -> Any:
            return self.gru(pack_padded_sequence(x, counts, enforce_sorted=False))[1]

    rows = record_model(Packs(), torch.randn(5, 3, 3), torch.tensor([2, 5, 1])).rows["gru"]
    assert [len(trace["encoder.0.hidden"]) for trace in rows] == [2, 5, 1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_recorded_as_a_copy_and_says_so(dtype: torch.dtype) -> None:
    model = nn.Sequential(nn.LSTM(3, 4)).to(dtype)
    recorded = record_model(model, torch.randn(5, 2, 3, dtype=dtype))
    (note,) = recorded.notes
    assert f"it computes in {str(dtype)[6:]}" in note
    said = float(note.rsplit(" ", 1)[1].rstrip("."))
    assert 0 < said < 0.02  # rounding, not another network
    assert recorded["0"].meta["notes"] == (note,)
    assert recorded["0"]["encoder.0.forget"].dtype == np.float32
    assert next(model.parameters()).dtype == dtype


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_quantized_layers_are_recorded_as_a_copy_and_say_so(kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.ao.quantization.quantize_dynamic(
            nn.Sequential(kind(3, 4, 2, bidirectional=True)), {kind}, dtype=torch.qint8
        )
        recorded = record_model(model, torch.randn(5, 2, 3))
    assert "quantized" in recorded.notes[0]
    assert float(recorded.notes[0].rsplit(" ", 1)[1].rstrip(".")) < 0.1
    assert "encoder.1.reverse.hidden" in recorded["0"]


def test_a_module_elsewhere_is_recorded_as_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no GPU here: what is tested is the way that a module takes which says that it is on one."""
    monkeypatch.setattr(floats, "why", lambda module: "it computes on cuda")
    recorded = record_model(nn.Sequential(nn.GRU(3, 4)), torch.randn(5, 2, 3))
    assert recorded.notes[0].startswith(
        "0: it computes on cuda. Recorded is a copy in float32 on the processor"
    )
    assert len(recorded.rows["0"]) == 2


class Stacked(nn.Module):
    """Two recurrent layers in a row, the second in the other order of axes."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 4)
        self.first = nn.LSTM(4, 5, num_layers=2, batch_first=True, bidirectional=True, **options)
        self.second = nn.GRU(10 if not options.get("proj_size") else 2 * options["proj_size"], 3, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        read, _ = self.first(self.embedding(ids))
        found: Tensor = self.second(read)[0]
        return found


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("options", [{}, {"proj_size": 3}])
@pytest.mark.parametrize("how", ["script", "trace"])
def test_a_model_compiled_by_jit_is_overheard(how: str, options: Any) -> None:
    torch.manual_seed(2)
    model, ids = Stacked(**options).eval(), torch.randint(0, 20, (2, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.jit.script(model) if how == "script" else torch.jit.trace(model, ids)
    recorded, own = record_model(compiled, ids), record_model(model, ids)
    assert list(recorded) == ["first", "second"]
    assert "compiled by torch.jit" in recorded.notes[0]
    torch.testing.assert_close(recorded.output, own.output)  # in inference mode the sums have another order
    for name in own:
        for one, other in zip(recorded.rows[name], own.rows[name], strict=True):
            assert set(one) == set(other)
            for site in one:
                np.testing.assert_allclose(one[site], other[site], atol=1e-6)
    with pytest.raises(TraceError, match="unknown module 'third'"):
        record_model(compiled, ids, modules="third")


def test_a_compiled_cell_is_refused_with_the_reason() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(nn.Sequential(nn.GRUCell(3, 4)))
    with pytest.raises(TraceError, match=r"torch.jit has compiled .* pass the module that it was made from"):
        record_model(scripted, torch.randn(2, 3))


def test_wrappers_are_named() -> None:
    model = Tagger().eval()
    recorded = record_model(nn.DataParallel(model), IDS, modules="upper.0")
    assert list(recorded) == ["module.upper.0"]
    assert "wrapped by DataParallel" in recorded.notes[0]
    compiled = record_model(torch.compile(model, backend="eager"), IDS, modules=["_orig_mod.upper.0"])
    assert list(compiled) == ["_orig_mod.upper.0"]
    assert "compiled by torch.compile" in compiled.notes[0]
    np.testing.assert_array_equal(
        compiled["_orig_mod.upper.0"]["encoder.0.hidden"], recorded["module.upper.0"]["encoder.0.hidden"]
    )


def test_parts_that_are_compiled_are_heard() -> None:
    model = Tagger().eval()
    model.upper = torch.compile(model.upper, backend="eager")  # type: ignore[assignment]
    recorded = record_model(model, IDS)
    assert "upper._orig_mod.0" in recorded
    assert record_model(model, IDS, modules="upper.0").keys() == {"upper._orig_mod.0"}


@pytest.mark.parametrize(
    "model, message",
    [
        (nn.Sequential(nn.Linear(3, 3)), "Sequential holds no nn.RNN, nn.GRU, nn.LSTM .*; it holds Linear"),
        (nn.LSTM, "LSTM is none"),
        (nn.Sequential(nn.LSTM(3, 4, 2, dropout=0.5)), r"0: the module is in training mode with dropout 0.5"),
    ],
)
def test_what_cannot_be_recorded_is_said(model: Any, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        record_model(model, torch.randn(4, 2, 3))


def test_a_lying_module_is_found_out() -> None:
    class Lies(nn.LSTM):
        def forward(self, x: Tensor, state: Any = None) -> Any:
            output, final = super().forward(x, state)
            return output + 0.01, final

    with pytest.raises(TraceError, match=r"0: encoder.0.hidden computed again .* Lies overrides forward"):
        record_model(nn.Sequential(Lies(3, 4)), torch.randn(4, 2, 3))
