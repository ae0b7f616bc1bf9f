"""Cells of other libraries: what is computed, printed and drawn is one definition."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz_core.cells.equations import definition, from_dict
from rnnviz_core.cells.expressions import MEANT, ON_ARRAYS, Call, Symbol
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.frames import gates
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

CASES: list[tuple[str, dict[str, Any]]] = [
    ("lstm_variant", {"bias": "one", "gates": "hard_sigmoid", "shown": "softsign"}),
    ("lstm_variant", {"bias": "none", "peephole": True, "coupled": True}),
    ("lstm_variant", {"clip": 0.5, "content": "relu"}),
    ("gru_variant", {"bias": "one", "before": True}),
    ("gru_variant", {"bias": "two", "before": True, "content": "linear"}),
    ("gru_variant", {"bias": "two", "gates": "hard_sigmoid_sixth"}),
    ("rnn_variant", {"bias": "one", "content": "elu"}),
]


def recorded(name: str, options: dict[str, Any]) -> Trace:
    torch.manual_seed(4)
    module = CellLayers(definition(name, **options), 3, 4)
    for weight in module.parameters():
        weight.data.mul_(3)
    trace = record_module(module, torch.randn(7, 3))
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize("name", sorted(set(ON_ARRAYS)))
def test_numpy_and_torch_agree_on_every_function(name: str) -> None:
    a = np.linspace(-8, 8, 101)
    call = Call(name, Symbol("a", "a"))
    np.testing.assert_allclose(
        call.evaluate({"a": a}), call.evaluate({"a": torch.from_numpy(a)}).numpy(), atol=1e-12
    )
    assert name in MEANT or name in ("sigmoid", "tanh", "relu")


@pytest.mark.parametrize("name, options", CASES)
def test_definitions_survive_a_file_and_print_their_own_numbers(
    name: str, options: Any, tmp_path: Any
) -> None:
    trace = recorded(name, options)
    again = Trace.load(trace.save(tmp_path / "one.npz"))
    assert again.definition() is trace.definition()
    cell, values = (
        trace.definition(),
        {word: trace[f"encoder.0.{word}"].astype(float) for word in trace.definition().names},
    )
    for state in cell.states:
        past = np.vstack([trace[f"encoder.0.initial_{state}"], values[state][:-1]])
        values[f"previous_{state}"] = past
    for equation in cell.elementwise:
        if not any(symbol.startswith(("W_", "p_", "b_")) for symbol in equation.symbols()):
            np.testing.assert_allclose(
                equation.evaluate(values), values[equation.name], atol=1e-5, err_msg=equation.code()
            )
    assert all(equation.latex() and equation.meaning for equation in cell.equations)


@pytest.mark.parametrize("name, options", CASES)
def test_the_arithmetic_of_one_cell_adds_up(name: str, options: Any) -> None:
    trace = recorded(name, options)
    for worked in gates.worked(trace, Layer(), 3, 2):
        assert worked.value == pytest.approx(float(trace[f"encoder.0.{worked.name}"][3, 2]))
    if "clip" in options or "peephole" in options:
        return  # their sums are more than two terms
    rows = gates.terms(trace, Layer(), trace.definition().gate_names, 3, 2)
    np.testing.assert_allclose(rows["from_input"] + rows["from_state"], rows["sum"], atol=1e-5)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"cell": "lstm_variant", "gates": "__import__"}, "unknown function '__import__'; choose one of"),
        ({"cell": "lstm_variant", "bias": "three"}, "unknown bias 'three'; choose one of two, one, none"),
        ({"cell": "lstm_variant", "clip": -1.0}, "clip is -1.0; it must be a number from 0"),
        ({"cell": "lstm_variant", "clip": True}, "clip is True; it must be a number"),
        ({"cell": "gru_variant", "before": "yes"}, "before is 'yes'; it must be true or false"),
        ({"cell": "gru_variant", "peephole": True}, "gru_variant has no option 'peephole'"),
    ],
)
def test_what_a_file_may_not_say(values: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        from_dict(values)


def test_every_choice_can_be_run() -> None:
    for bias, before, gate in product(("two", "one", "none"), (True, False), ("sigmoid", "linear")):
        cell = definition("gru_variant", bias=bias, before=before, gates=gate)
        assert cell.biased == {"two": {"b_i", "b_h"}, "one": {"b_i"}, "none": set()}[bias]
        assert len(cell.state_gates) == (2 if before else 3)
    module = CellLayers(definition("gru_variant", gates="linear"), 3, 4)
    for weight in module.parameters():
        weight.data.fill_(9)
    with pytest.raises(TraceError):  # a linear gate has no end: nothing keeps the state small
        record_module(module, torch.ones(60, 3))
