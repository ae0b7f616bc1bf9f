"""All rows of a batch in one pass: the same numbers as one row at a time, at a fraction of the cost."""

import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnviz_core.cells.equations import definition
from rnnviz_core.errors import TraceError
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing import kernels
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

KINDS = [nn.RNN, nn.GRU, nn.LSTM]
LENGTHS = [12, 3, 0, 7, 1]


def made(kind: Any, **options: Any) -> Any:
    torch.manual_seed(3)
    return kind(7, 9, **options)


def agree(one: Trace, other: Trace) -> None:
    assert set(one) == set(other)
    for name in one:
        assert one[name].shape == other[name].shape, name
        assert one.axes[name] == other.axes[name]
        np.testing.assert_allclose(one[name], other[name], atol=2e-6, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True, "batch_first": True}])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_all_rows_are_what_each_row_is_alone(kind: Any, options: Any, lengths: Any) -> None:
    module = made(kind, **options)
    x = torch.randn(5, 12, 7) if module.batch_first else torch.randn(12, 5, 7)
    rows = record_module(module, x, lengths=lengths, item=None)
    assert len(rows) == 5
    for number, trace in enumerate(rows):
        agree(trace, record_module(module, x, lengths=lengths, item=number))
        assert trace.max_difference < 1e-6


@pytest.mark.parametrize("options", [{"proj_size": 4}, {"bias": False}])
def test_variants_states_and_packed_sequences(options: Any) -> None:
    module = made(nn.LSTM, **options)
    packed = pack_padded_sequence(torch.randn(9, 3, 7), torch.tensor([9, 2, 5]), enforce_sorted=False)
    state = (torch.randn(1, 3, module.proj_size or 9), torch.randn(1, 3, 9))
    for number, trace in enumerate(record_module(module, packed, state, item=None)):
        agree(trace, record_module(module, packed, state, item=number))


def test_a_row_of_no_steps_has_a_trace_of_no_steps(tmp_path: Path) -> None:
    module = made(nn.LSTM, proj_size=4)
    trace = record_module(module, torch.randn(12, 5, 7), lengths=LENGTHS, item=2)
    full = record_module(module, torch.randn(12, 5, 7), lengths=LENGTHS, item=0)
    assert set(trace) == set(full)
    for name in trace:
        assert trace[name].shape == ((0, *full[name].shape[1:]) if full[name].ndim > 1 else full[name].shape)
    assert set(Trace.load(trace.save(tmp_path / "none.npz"))) == set(trace)
    nothing = record_module(module, torch.randn(12, 2, 7), lengths=[0, 0], item=None)
    assert [len(one["encoder.0.hidden"]) for one in nothing] == [0, 0]


def test_one_bad_row_is_named_and_no_other() -> None:
    module, x = made(nn.GRU), torch.randn(6, 3, 7)
    x[4, 1, 2] = float("nan")
    with pytest.raises(TraceError, match="not finite"):
        record_module(module, x, item=None)
    assert record_module(module, x, item=0).max_difference < 1e-6


def test_cells_without_a_kernel_are_recorded_row_by_row() -> None:
    layers = CellLayers(definition("peephole"), 3, 4)
    rows = record_module(layers, torch.randn(5, 2, 3), item=None)
    assert [len(row["encoder.0.cell"]) for row in rows] == [5, 5]


def test_chosen_sites_and_labels(tmp_path: Path) -> None:
    module, x = made(nn.LSTM), torch.randn(4, 2, 7)
    sites, names = ["encoder.0.hidden", "encoder.0.forget"], [f"column {number}" for number in range(7)]
    labels = [list("abcd"), list("wxyz")]
    rows = record_module(module, x, item=None, sites=sites, tokens=labels, names=names)
    assert [set(row) for row in rows] == [set(sites)] * 2
    assert [[token.text for token in row.tokens["time"]] for row in rows] == labels
    assert rows[0].labels["dim"] == tuple(names)
    again = Trace.load(rows[1].save(tmp_path / "part.npz"))
    assert set(again) == set(sites)
    one = record_module(module, x, item=1, sites=sites, tokens=labels[1])
    np.testing.assert_allclose(one["encoder.0.forget"], rows[1]["encoder.0.forget"], atol=1e-6)


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"sites": ["encoder.0.fotget"]},
            "unknown site 'encoder.0.fotget'; choose one of encoder.0.candidate",
        ),
        ({"sites": "encoder.0.forget"}, "must be a list of names"),
        ({"tokens": ["a"]}, "tokens has 1 entries; the sequence has 4 steps"),
        ({"tokens": [["a"] * 4] * 3, "item": None}, "tokens has 3 lists; the batch has 2 rows"),
        ({"names": ["a"]}, "names has 1 entries; the module reads 7 numbers a step"),
    ],
)
def test_what_does_not_fit_is_refused(options: Any, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        record_module(made(nn.LSTM), torch.randn(4, 2, 7), **options)


def test_a_batch_costs_a_few_forward_passes() -> None:
    """The bar is 3 times; here 5 are allowed, because machines that run tests are busy: `bench/record.py`."""
    threads, mkldnn = torch.get_num_threads(), torch.backends.mkldnn.enabled
    module, x = nn.LSTM(100, 100, batch_first=True), torch.randn(256, 64, 100)
    try:
        kernels.use_exact_settings()
        record_module(module, x[:2], item=None)
        spent: dict[str, list[float]] = {"fused": [], "recorded": []}
        for _ in range(5):
            start = time.process_time()
            with torch.inference_mode():
                module(x)
            middle = time.process_time()
            record_module(module, x, item=None)
            spent["fused"].append(middle - start)
            spent["recorded"].append(time.process_time() - middle)
    finally:
        torch.set_num_threads(threads)
        torch.backends.mkldnn.set_flags(_enabled=mkldnn)
    ratio = statistics.median(spent["recorded"]) / statistics.median(spent["fused"])
    assert ratio < 5, f"{ratio:.2f} times the fused forward"
