"""A trace carries the cell that ran: what is printed from it gives the numbers, in files old and new."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers_recorder import sentiment_model
from torch import nn

from rnnviz_core.cells import equations as cells
from rnnviz_core.checkpoints import registry
from rnnviz_core.contracts.program import program
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.frames import gate_order, gates, memory
from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing import files
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")

MODULES = {
    "rnn": lambda: nn.RNN(3, 4),
    "relu": lambda: nn.RNN(3, 4, nonlinearity="relu"),
    "relu without bias": lambda: nn.RNN(3, 4, nonlinearity="relu", bias=False),
    "gru": lambda: nn.GRU(3, 4),
    "gru without bias": lambda: nn.GRU(3, 4, bias=False),
    "lstm": lambda: nn.LSTM(3, 4),
    "lstm without bias": lambda: nn.LSTM(3, 4, bias=False),
    "projected": lambda: nn.LSTM(3, 4, proj_size=2),
    "projected, both ways": lambda: nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True),
}
OPTIONS = {
    "rnn": {"cell": "rnn", "relu": False, "bias": True},
    "relu": {"cell": "rnn", "relu": True, "bias": True},
    "relu without bias": {"cell": "rnn", "relu": True, "bias": False},
    "gru": {"cell": "gru", "bias": True},
    "gru without bias": {"cell": "gru", "bias": False},
    "lstm": {"cell": "lstm", "projection": False, "bias": True},
    "lstm without bias": {"cell": "lstm", "projection": False, "bias": False},
    "projected": {"cell": "lstm", "projection": True, "bias": True},
    "projected, both ways": {"cell": "lstm", "projection": True, "bias": True},
}
FUNCTIONS: dict[str, Any] = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "relu": lambda a: max(a, 0.0),
}


def trace_of(name: str) -> Trace:
    torch.manual_seed(7)
    module = MODULES[name]()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape)
    return record_module(module, torch.randn(6, 3))


def numbers_of(latex: str) -> float:
    """A printed line of numbers, computed by rules that know nothing of the package."""
    for sign, python in (
        (r"\\times 10\^\{(-?\d+)\}", r"e\1"),
        (r"\\operatorname\{relu\}", "relu"),
        (r"\\sigma", "sigmoid"),
        (r"\\tanh", "tanh"),
        (r"\\left|\\right|\\quad|&|\\\\", ""),
        (r"\\cdot", "*"),
        (r" e", "e"),
    ):
        latex = re.sub(sign, python, latex)
    return float(eval(latex, {**FUNCTIONS}))


def printed_lines(block: str) -> list[tuple[str, str]]:
    """The computed lines of an ``aligned`` block: what is on the left of its result, and the result."""
    body = block.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    body = re.sub(r" *\\\\ *&\\quad", " ", body)  # a sum that goes on in the next line
    body = re.sub(r" *\\\\ *&\\approx", r" \\approx", body)
    found = []
    for line in body.split(r"\\"):
        left, _, right = line.partition("&=")
        if not left.strip():
            numbers, _, result = right.partition(r"\approx")
            found.append((numbers, result or numbers))
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_printed_line_gives_its_own_result(name: str) -> None:
    trace = trace_of(name)
    ways = (False, True) if trace.reverses() else (False,)
    checked = 0
    for place in (Layer("encoder", layer, way) for layer in range(trace.layers()) for way in ways):
        for position in (0, 3, 5):
            for unit in range(4):
                for block in gates.worked(trace, place, position, unit):
                    lines = printed_lines(block.latex)
                    assert lines, block.latex
                    for numbers, result in lines:
                        # Each number has three decimals, and at most four of them meet in a line.
                        assert numbers_of(numbers) == pytest.approx(numbers_of(result), abs=6e-3, rel=6e-3)
                        checked += 1
                    recorded = trace[place.site(block.name)][position, unit]
                    assert numbers_of(lines[-1][1]) == pytest.approx(recorded, abs=6e-4, rel=6e-3)
    assert checked > 24


@pytest.mark.parametrize("name", MODULES)
def test_letters_are_those_of_the_module(name: str) -> None:
    trace, options = trace_of(name), OPTIONS[name]
    latex = " ".join(block.latex for block in gates.worked(trace, Layer(), 2, 1))
    brief = " ".join(line[1] for line in gates.in_brief(trace, Layer(), 2, 1))
    assert ("b_{" in latex) == options["bias"]
    assert (r"\operatorname{relu}" in latex) == bool(options.get("relu")) == ("relu" in brief)
    assert (r"\tanh" in latex) != bool(options.get("relu"))
    assert ("u_t" in latex) == bool(options.get("projection"))
    assert trace.definition().to_dict() == options


@pytest.mark.parametrize("name", MODULES)
def test_a_definition_gives_the_recorded_arrays(name: str) -> None:
    """Its elementwise equations, computed on what they read, are the arrays."""
    trace = trace_of(name)
    sites = [site for site in trace if ".0." in site and "reverse" not in site]
    values = {site.split(".")[-1]: trace[site].astype(np.float64) for site in sites}
    for state in ("hidden", "cell"):
        if state in values:
            first = values[f"initial_{state}"][None]
            values[f"previous_{state}"] = np.concatenate((first, values[state][:-1]))
    for equation in trace.definition().elementwise:
        if "W_hr" not in equation.symbols():
            np.testing.assert_allclose(equation.evaluate(values), values[equation.name], atol=1e-5)


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
@pytest.mark.parametrize("name", MODULES)
def test_a_file_keeps_the_cell(name: str, ending: str, tmp_path: Path) -> None:
    trace = trace_of(name)
    again = Trace.load(trace.save(tmp_path / f"trace{ending}"))
    assert again.definition() is trace.definition()
    assert again.header() == trace.header()
    blocks = [gates.worked(found, Layer(), 3, 1) for found in (trace, again)]
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("name", MODULES)
def test_a_file_of_an_earlier_version_is_read_by_its_numbers(name: str, tmp_path: Path) -> None:
    trace = trace_of(name)
    header = trace.header()
    del header["cells"]
    (tmp_path / "old.npz").write_bytes(files.npz_bytes(header, dict(trace.arrays)))
    assert Trace.load(tmp_path / "old.npz").definition().to_dict() == OPTIONS[name]


@pytest.mark.parametrize(
    "cell, message",
    [
        ({"cell": "gur"}, "unknown cell 'gur'; choose one of rnn, gru, lstm"),
        ({"cell": "gru", "relu": True}, "gru has no option 'relu'; choose one of bias"),
        ({"cell": "gru", "bias": "yes"}, "bias is 'yes'; it must be true or false"),
        ({"cell": "lstm"}, "its encoder is said to run the cell lstm, but has no 'input_from_input'"),
        ({"bias": True}, "unknown cell None"),
        (["gru"], "damaged, or not a trace"),
    ],
)
def test_a_cell_that_is_not_the_trace_s_is_refused(cell: Any, message: str, tmp_path: Path) -> None:
    trace = trace_of("gru")
    header = {**trace.header(), "cells": {"encoder": cell}}
    (tmp_path / "odd.npz").write_bytes(files.npz_bytes(header, dict(trace.arrays)))
    with pytest.raises(TraceError, match=re.escape(message)):
        Trace.load(tmp_path / "odd.npz")


def test_a_header_is_plain_json() -> None:
    header = trace_of("projected").header()
    assert json.loads(json.dumps(header)) == header


def test_parts_without_a_cell() -> None:
    with pytest.raises(TraceError, match="no recurrent part 'decoder'"):
        trace_of("gru").definition("decoder")


def test_an_option_is_known_or_refused() -> None:
    assert cells.definition("rnn") is cells.definition("rnn", relu=False, bias=True)
    with pytest.raises(SpecError, match="lstm has no option 'relu'; choose one of projection, bias"):
        cells.definition("lstm", relu=True)


# --- what follows from a definition -----------------------------------------------------------


@pytest.mark.parametrize(
    "cell, state, keeper, kept, written",
    [
        ("lstm", "cell", "forget", "forget", "input * candidate"),
        ("gru", "hidden", "update", "update", "(1 - update) * candidate"),
    ],
)
def test_what_keeps_and_what_is_written(cell: str, state: str, keeper: str, kept: str, written: str) -> None:
    found = cells.definition(cell)
    assert found.memory is not None
    assert (found.memory.state, found.keeper) == (state, keeper)
    assert (found.memory.kept.code(), found.memory.written.code()) == (kept, written)


def test_a_plain_rnn_keeps_nothing() -> None:
    trace = trace_of("relu")
    assert trace.definition().memory is None
    assert memory.state_name(trace) is None
    assert gate_order.keeper(trace) == "candidate"


# --- the program ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function, words",
    [
        ("relu", 'torch.nn.RNN(6, 5, 1, bidirectional=False, nonlinearity="relu")'),
        ("tanh", "torch.nn.RNN(6, 5, 1, bidirectional=False)"),
    ],
)
def test_a_program_builds_the_cell_that_ran(function: str, words: str, tmp_path: Path) -> None:
    model = sentiment_model(cell="rnn")
    model.encoder = nn.RNN(6, 5, nonlinearity=function, batch_first=True).eval()
    for parameter in model.encoder.parameters():
        parameter.data = torch.rand(parameter.shape) / 4
    registry.save(model, tmp_path / model.name)
    for name, parameter in registry.load(tmp_path / model.name).named_parameters():
        model.get_parameter(name).data = parameter.data  # as the file keeps them
    trace = record(model, "the warm soup was not old")
    code = program(model.spec, trace, folder=str(tmp_path / model.name))
    assert words in code
    found: dict[str, Any] = {}
    with torch.inference_mode():
        exec(compile(code, "program", "exec"), found)
    np.testing.assert_allclose(found["hidden"], trace["encoder.0.hidden"], atol=1e-5)
    np.testing.assert_allclose(found["logits"], trace["readout.logits"], atol=1e-5)
