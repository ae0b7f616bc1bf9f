"""The pages' numbers for cells that torch has no kernel for: peephole LSTM and minGRU."""

import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from rnnviz_core.cells.kinds import RECURRENT, Cell
from rnnviz_core.contracts.task import record
from rnnviz_core.frames import gates, inspector, memory, proof, states
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.components import KERNELS

OWN = [cell for cell in RECURRENT if cell not in KERNELS]
TEXT = "the film was never bad."
PLACE = Layer("encoder", 1)


@pytest.fixture(params=OWN)
def read(request, make_sentiment):
    """A network whose weights are all far from zero, and what it computes."""
    model = make_sentiment(request.param, layers=2)
    torch.manual_seed(3)
    for parameter in model.encoder.parameters():
        parameter.copy_(torch.randn(parameter.shape))
    return model, record(model, TEXT)


def test_there_are_such_cells():
    assert OWN == [Cell.PEEPHOLE, Cell.MINGRU]


def test_the_terms_of_a_cell_add_up(read):
    _, trace = read
    names = gates.names(trace)
    frame = gates.terms(trace, PLACE, names, 3, 2)
    peepholes = trace.definition().peepholes
    parts = [name for name in ("from_input", "from_state", "from_cell") if name in frame]
    assert parts == (["from_input", "from_state", "from_cell"] if peepholes else ["from_input"])
    assert_allclose(frame[parts].sum(axis=1), frame["sum"], atol=1e-5)
    bars = gates.term_bars(frame)
    assert tuple(dict.fromkeys(bars["term"])) == gates.term_names(trace)
    if peepholes:
        looked = frame.set_index("gate")["from_cell"]
        assert looked["candidate"] == 0
        assert (looked.drop("candidate").abs() > 1e-3).all()


def test_the_weights_of_a_unit_stand_in_its_formulas(read):
    model, trace = read
    weights = inspector.of_unit(model, PLACE, 2)
    peepholes = trace.definition().peepholes
    assert len(weights) == len(peepholes)
    blocks = {block.name: block for block in gates.worked(trace, PLACE, 3, 2, weights)}
    assert set(blocks) == {*gates.names(trace), *trace.definition().states}
    for name, block in blocks.items():
        assert block.value == pytest.approx(float(trace[PLACE.site(name)][3, 2]))
        assert "_from_state" not in block.latex
    for gate in peepholes:
        parameter = getattr(model.encoder, f"p_{gate[0]}_l1")
        assert f"{float(parameter[2]):.3f}" in blocks[gate].latex


def test_a_cell_in_brief_comes_out_at_the_recorded_numbers(read):
    model, trace = read
    lines = gates.in_brief(trace, PLACE, 3, 2, inspector.of_unit(model, PLACE, 2))
    for words, formula, _ in lines:
        name = words.removesuffix(" gate").removesuffix(" state")
        done = eval(
            re.sub("[−·]", lambda sign: {"−": "-", "·": "*"}[sign.group()], formula),
            {"σ": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh},
        )
        assert done == pytest.approx(float(trace[PLACE.site(name)][3, 2]), abs=1e-2), words


def test_what_a_gate_means_is_what_its_cell_says(read):
    _, trace = read
    said = dict(zip(gates.names(trace), gates.meanings(trace), strict=True))
    if trace.definition().name == "mingru":
        assert said["update"] == "How much of the new content is taken"  # a GRU's keeps the old state
        assert gates.functions(trace) == ("sigmoid", "")
    else:
        assert said["forget"] == "How much of the old cell state is kept"
        assert gates.functions(trace) == ("sigmoid", "sigmoid", "tanh", "sigmoid")


def test_the_ledger_names_what_is_kept(read):
    _, trace = read
    assert memory.ledger(trace, PLACE, 4).difference < 1e-5
    expected = {"mingru": "1 − the update gates", "peephole": "the forget gates"}
    assert memory.kept_in_words(trace) == expected[trace.definition().name]


def test_the_colours_of_a_state_reach_as_far_as_its_words(read):
    _, trace = read
    for name in states.names(trace, PLACE):
        values = trace[PLACE.site(name)]
        limit = states.limit(trace, PLACE, name)
        assert limit == (3 if name == "cell" or np.abs(values).max() > 1 else 1)
        count = int((np.abs(values) > limit).sum())
        assert (
            f" {count} of {values.size} numbers of the {name} state" in states.clipped_in_words(trace, PLACE)
        ) == (count > 0)
    if trace.definition().name == "mingru":
        assert states.limit(trace, PLACE, "hidden") == 3
        assert "a minGRU keeps all it remembers" in states.no_cell_in_words(trace, PLACE)


def test_the_proof_says_who_computed_again(read, make_sentiment):
    _, trace = read
    assert "step by step in double precision" in proof.proof(trace)
    assert "torch’s own h" in proof.proof(record(make_sentiment("gru"), TEXT))
