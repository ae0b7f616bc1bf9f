"""Cells that torch has no kernel for: recorded, verified by a loop in double precision, and trained."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import TraceError
from rnnviz_core.frames import gates, memory
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace, layer_site

OWN = ("peephole", "mingru")
DTYPES = [torch.float32, torch.float64]


def made(name: str, **options: Any) -> CellLayers:
    torch.manual_seed(5)
    module = CellLayers(cells.definition(name, **options.pop("cell", {})), 3, 4, **options)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape)
    return module


def by_hand(name: str, module: CellLayers, x: Tensor) -> dict[str, np.ndarray]:
    """One layer, from the papers, step by step; it owes nothing to the definitions."""
    w = {key: value.detach().double() for key, value in module.named_parameters()}
    h = c = torch.zeros(4, dtype=torch.float64)
    rows: list[dict[str, Tensor]] = []
    for step in x.double():
        a = w["weight_ih_l0"] @ step + w.get("bias_ih_l0", 0.0)
        if name == "mingru":
            z = torch.sigmoid(a[:4])
            h = (1 - z) * h + z * a[4:]
            rows.append({"update": z, "candidate": a[4:], "hidden": h})
            continue
        i, f, g, o = (a + w["weight_hh_l0"] @ h + w.get("bias_hh_l0", 0.0)).chunk(4)
        i, f = torch.sigmoid(i + w["p_i_l0"] * c), torch.sigmoid(f + w["p_f_l0"] * c)
        c = f * c + i * torch.tanh(g)
        o = torch.sigmoid(o + w["p_o_l0"] * c)
        h = o * torch.tanh(c)
        rows.append(
            {"input": i, "forget": f, "candidate": torch.tanh(g), "output": o, "cell": c, "hidden": h}
        )
    return {key: torch.stack([row[key] for row in rows]).numpy() for key in rows[0]}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_recording_is_the_paper_s(name: str, bias: bool, dtype: torch.dtype) -> None:
    module, x = made(name, cell={"bias": bias}).to(dtype), torch.randn(60, 3, dtype=dtype)
    trace = record_module(module, x)
    for word, expected in by_hand(name, module, x).items():
        bound = 1e-12 if dtype == torch.float64 else 1e-5
        np.testing.assert_allclose(trace[f"encoder.0.{word}"], expected, atol=bound, rtol=bound, err_msg=word)
    assert trace.max_difference < 1e-5
    assert trace.meta["cell"] == name
    assert trace.definition() is module.cell


@pytest.mark.parametrize("name", [*OWN, "rnn", "gru", "lstm"])
def test_layers_directions_and_batches(name: str) -> None:
    module = made(name, num_layers=2, bidirectional=True, batch_first=True)
    x = torch.randn(3, 7, 3)
    with torch.no_grad():
        output, _ = module(x)
    for item in range(3):
        trace = record_module(module, x, item=item)
        sides = [trace[layer_site("encoder", 1, "hidden", reverse=reverse)] for reverse in (False, True)]
        np.testing.assert_allclose(np.concatenate(sides, axis=1), output[item], atol=1e-5)
        alone = record_module(module, x[item])
        for site in trace:
            np.testing.assert_allclose(trace[site], alone[site], atol=1e-5)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_layers_are_torch_s_where_torch_has_them(kind: type[nn.RNNBase]) -> None:
    """The same weights under the same names: outputs and final states agree, and so do two recordings."""
    torch.manual_seed(6)
    fused = kind(3, 4, num_layers=2, bidirectional=True)
    module = CellLayers(cells.definition(kind.__name__.lower()), 3, 4, 2, bidirectional=True)
    module.load_state_dict(fused.state_dict())
    x = torch.randn(9, 2, 3)
    (mine, ends), (output, states) = module(x), fused(x)
    torch.testing.assert_close(mine, output)
    mine_last, last = (found if isinstance(found, tuple) else (found,) for found in (ends, states))
    for one, other in zip(mine_last, last, strict=True):
        torch.testing.assert_close(one, other)
    recorded, expected = record_module(module, x, item=1), record_module(fused, x, item=1)
    assert list(recorded) == list(expected)
    for site in expected:
        np.testing.assert_allclose(recorded[site], expected[site], atol=1e-6)


@pytest.mark.parametrize("name", OWN)
def test_a_state_before_the_first_step(name: str) -> None:
    module, x = made(name), torch.randn(8, 3)
    whole = record_module(module, x)
    with torch.no_grad():
        _, state = module(x[:3])
    rest = record_module(module, x[3:], state)
    for word in module.cell.names:
        np.testing.assert_allclose(rest[f"encoder.0.{word}"], whole[f"encoder.0.{word}"][3:], atol=1e-6)


@pytest.mark.parametrize("name, wrong", [("peephole", "output"), ("peephole", "cell"), ("mingru", "update")])
def test_a_forward_that_is_not_the_definition_s_is_found(name: str, wrong: str) -> None:
    """The module computes with another equation than the one that it says it has."""
    module = made(name)
    right = module.cell
    odd = [
        dataclasses.replace(one, expression=one.expression * 0.99) if one.name == wrong else one
        for one in right.elementwise
    ]
    module.cell = dataclasses.replace(right, elementwise=tuple(odd))
    output, state = module(torch.ones(5, 3))
    module.cell = right
    module.register_forward_hook(lambda *_: (output, state))
    with pytest.raises(TraceError, match=r"encoder\.0\.(hidden|cell) computed again .* differs by"):
        record_module(module, torch.ones(5, 3))


def test_a_file_keeps_an_own_cell(tmp_path: Path) -> None:
    for name in OWN:
        trace = record_module(made(name), torch.randn(5, 3))
        again = Trace.load(trace.save(tmp_path / f"{name}.npz"))
        assert again.definition() is trace.definition()


# --- what follows from the definitions --------------------------------------------------------


@pytest.mark.parametrize(
    "name, stepwise, reads_state, extra, keeper, kept",
    [
        ("rnn", False, True, (), None, None),
        ("gru", False, True, (), "update", "update"),
        ("lstm", False, True, (), "forget", "forget"),
        ("peephole", True, True, ("p_i", "p_f", "p_o"), "forget", "forget"),
        ("mingru", False, False, (), "update", "1 - update"),
    ],
)
def test_what_a_definition_says_of_itself(
    name: str, stepwise: bool, reads_state: bool, extra: tuple[str, ...], keeper: str | None, kept: str | None
) -> None:
    found = cells.definition(name)
    assert (found.stepwise, found.reads_state, found.extra) == (stepwise, reads_state, extra)
    assert found.keeper == keeper
    assert (found.memory.kept.code() if found.memory else None) == kept


def test_a_projection_is_an_extra_weight() -> None:
    assert cells.definition("lstm", projection=True).extra == ("W_hr",)
    assert not cells.definition("lstm", projection=True).stepwise


@pytest.mark.parametrize("name", OWN)
def test_a_ledger_of_an_own_cell_adds_up(name: str) -> None:
    trace = record_module(made(name), torch.randn(9, 3))
    assert memory.ledger(trace, Layer(), 8).difference < 1e-5


def test_the_peepholes_arithmetic_is_printed() -> None:
    trace = record_module(made("peephole"), torch.randn(5, 3))
    blocks = {block.name: block.latex for block in gates.worked(trace, Layer(), 2, 1)}
    assert r"p_{f} \odot c_{t-1}" in blocks["forget"]
    assert r"p_{o} \odot c_t" in blocks["output"]


# --- training ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_an_own_cell_learns(name: str) -> None:
    """Of ten numbers one is marked: it is to be told at the end, so the gate must follow the mark."""
    torch.manual_seed(1)
    module, readout = CellLayers(cells.definition(name), 2, 8, batch_first=True), nn.Linear(8, 1)
    parameters = [*module.parameters(), *readout.parameters()]
    optimiser, losses = torch.optim.Adam(parameters, 0.05), []
    for _ in range(200):
        numbers, marks = torch.randn(64, 10), torch.zeros(64, 10)
        place = torch.randint(0, 10, (64, 1))
        marks.scatter_(1, place, 1.0)
        told = readout(module(torch.stack((numbers, marks), dim=-1))[0][:, -1])
        loss = (told - numbers.gather(1, place)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in parameters)
    assert np.mean(losses[-20:]) < 0.3 * np.mean(losses[:20])
    assert record_module(module, torch.randn(1, 30, 2)).max_difference < 1e-5


@pytest.mark.parametrize("name", [*OWN, "lstm"])
@pytest.mark.parametrize("ordered", [True, False])
def test_rows_of_different_lengths_are_read_as_if_alone(name: str, ordered: bool) -> None:
    """Packed, in both directions and layers; the LSTM's loop as torch's own module reads them."""
    module, lengths = made(name, num_layers=2, bidirectional=True), [7, 5, 2] if ordered else [5, 2, 7]
    rows = [torch.randn(length, 3) for length in lengths]
    packed = nn.utils.rnn.pack_sequence(rows, enforce_sorted=ordered)
    with torch.no_grad():
        output, ends = module(packed)
    padded, found = nn.utils.rnn.pad_packed_sequence(output)
    assert found.tolist() == lengths
    ends = ends if isinstance(ends, tuple) else (ends,)
    for item, row in enumerate(rows):
        with torch.no_grad():
            alone, last = module(row)
        torch.testing.assert_close(padded[: lengths[item], item], alone)
        for one, other in zip(ends, last if isinstance(last, tuple) else (last,), strict=True):
            torch.testing.assert_close(one[:, item], other)
        trace = record_module(module, packed, item=item)
        sides = [trace[layer_site("encoder", 1, "hidden", reverse=reverse)] for reverse in (False, True)]
        np.testing.assert_allclose(np.concatenate(sides, axis=1), alone, atol=1e-5)
    if name == "lstm":
        fused = nn.LSTM(3, 4, 2, bidirectional=True)
        fused.load_state_dict(module.state_dict())
        with torch.no_grad():
            expected, states = fused(packed)
        torch.testing.assert_close(output.data, expected.data)
        torch.testing.assert_close(ends, states)


def test_dropout_acts_between_layers_while_training() -> None:
    module, x = made("peephole", num_layers=2, dropout=0.5), torch.randn(6, 3)
    assert not torch.equal(module(x)[0], module(x)[0])
    with pytest.raises(TraceError, match=r"training mode with dropout 0\.5"):
        record_module(module, x)
    module.eval()
    assert torch.equal(module(x)[0], module(x)[0])


# --- arguments --------------------------------------------------------------------------------


def test_what_own_layers_do_not_take() -> None:
    module, x = made("mingru"), torch.randn(5, 2, 3)
    with pytest.raises(TraceError, match="the module is torch"):
        record_module(made("mingru").double(), x)
    with pytest.raises(
        TraceError, match=r"the hidden state has the shape \(1, 2, 3\); it must be \(1, 2, 4\)"
    ):
        record_module(module, x, torch.zeros(1, 2, 3))


def test_a_stack_tells_of_torch_what_it_tells_of_own_cells() -> None:
    own, fused = stack_of(made("lstm", num_layers=2)), stack_of(nn.LSTM(3, 4, 2))
    assert (own.layers, own.directions) == (fused.layers, fused.directions) == (2, 1)
    assert own.definition() is fused.definition()
    assert own.weights(1).keys() == fused.weights(1).keys()
    assert [weight.shape for weight in own.weights(1).values()] == [
        weight.shape for weight in fused.weights(1).values()
    ]
