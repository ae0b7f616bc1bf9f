"""The cell inspector's frames: orders, histograms, the terms of a sum, the drawn cell, conventions."""

import numpy as np
import pytest
import torch
from helpers_trace import sentiment_trace
from numpy.testing import assert_allclose

from rnnviz_core.cells.kinds import RECURRENT
from rnnviz_core.contracts import task as recorder
from rnnviz_core.frames import (
    columns,
    gate_order,
    gate_summary,
    gates,
    inspector,
    matrices,
)
from rnnviz_core.frames.layer import Layer

CELLS = ("rnn", "gru", "lstm")
PLACE = Layer()
TEXT = "the film was never bad."


@pytest.mark.parametrize("cell", CELLS)
def test_orders_hold_every_unit_once(cell):
    trace = sentiment_trace(cell)
    for kind in gate_order.ORDERS:
        order = gate_order.order(trace, PLACE, gates.names(trace), kind)
        assert sorted(order) == list(range(16)), kind
    keeps = {"lstm": "forget", "gru": "update", "rnn": "candidate"}
    keeper = trace[f"encoder.0.{keeps[cell]}"].mean(0)
    by_mean = gate_order.order(trace, PLACE, gates.names(trace), "mean")
    assert (np.diff(keeper[by_mean]) <= 0).all()
    found = gates.cells(trace, PLACE, by_mean)
    assert set(found["unit"][found["row"] == 0]) == {by_mean[0]}


def test_units_that_move_alike_stand_together():
    trace = sentiment_trace("rnn", hidden=4)
    values = np.zeros_like(trace["encoder.0.candidate"])
    values[:, [0, 2]] = 0.9  # 0 and 2 are alike, and so are 1 and 3
    arrays = {**trace.arrays, "encoder.0.candidate": values}
    changed = type(trace)(**{**vars(trace), "arrays": arrays})
    order = gate_order.order(changed, PLACE, ("candidate",), "similar")
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


def test_a_histogram_counts_every_value_once_and_agrees_with_the_shares():
    trace = sentiment_trace()
    every = columns.frame(gate_summary.histograms(trace, PLACE, ("input", "forget")))
    assert set(every["high"]) == {every["share"].max()}
    beside = columns.frame(gate_summary.histograms(trace, PLACE, ("input",), sentiment_trace("gru")))
    theirs = gate_summary.histograms(sentiment_trace("gru"), PLACE, ("reset", "update"))["share"]
    assert beside["high"][0] == pytest.approx(max(beside["share"].max(), theirs.max()))
    for gate in ("input", "forget"):
        frame, values = every[every["gate"] == gate], trace[f"encoder.0.{gate}"]
        assert frame["count"].sum() == values.size
        by_state = frame.groupby("state", observed=True)["share"].sum()
        assert by_state.get("closed", 0) == pytest.approx((values < 0.1).mean())
        assert by_state.get("open", 0) == pytest.approx((values >= 0.9).mean())


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("position, layer, reverse", [(0, 0, False), (3, 1, True)])
def test_contributions_add_up_to_the_recorded_sum(make_sentiment, cell, position, layer, reverse):
    model = make_sentiment(cell, bidirectional=True, layers=2)
    trace = recorder.record(model, TEXT)
    place = Layer("encoder", layer, reverse)
    for gate in gates.names(trace):
        frame = inspector.contributions(model, trace, place, gate, position, 2, top=4)
        recorded = trace[place.site(f"{gate}_preactivation")][position, 2]
        assert frame["value"].iloc[-1] == pytest.approx(recorded)
        assert frame["value"].iloc[:-1].sum() == pytest.approx(recorded, abs=1e-5)
        named = frame.iloc[:4]
        assert_allclose(named["weight"] * named["number"], named["value"], atol=1e-6)
        assert (named["value"].abs().diff().dropna() <= 1e-9).all()
        assert frame["tick"].is_unique
        assert "; sum " in inspector.contributions_in_words(frame)


def test_contributions_name_the_context_that_a_decoder_reads(make_translation):
    model = make_translation("gru", "bahdanau")
    trace = recorder.record(model, "la casa era aburrida.", reference="the film")
    frame = inspector.contributions(model, trace, Layer("decoder"), "update", 1, 0, top=20)
    assert {"embedding 0", "context 0", "unit 0 before", "bias b_i", "bias b_h", "sum"} <= set(frame["name"])
    assert frame["value"].iloc[:-1].sum() == pytest.approx(frame["value"].iloc[-1], abs=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
def test_conventions_of_a_gru(make_sentiment, reverse):
    model = make_sentiment("gru", bidirectional=True)
    for name, bias in model.encoder.named_parameters():
        if name.startswith("bias_hh"):
            bias.data = torch.linspace(-0.5, 0.5, len(bias))
    trace = recorder.record(model, TEXT)
    place = Layer("encoder", 0, reverse)
    frame = inspector.conventions(model, trace, place)
    assert frame["flipped"].max() < 1e-6  # h comes out the same
    first = len(frame) - 1 if reverse else 0  # read from a state of zeros: by hand
    update, new, hidden = (trace[place.site(name)][first] for name in ("update", "candidate", "hidden"))
    assert frame["same_weights"][first] == pytest.approx(np.abs(update * new - hidden).max(), abs=1e-6)
    past = trace[place.site("candidate_from_state")][first]  # U 0 + b_h, whole, whatever reset says
    other = (1 - update) * np.tanh(trace[place.site("candidate_from_input")][first] + past)
    assert frame["before"][first] == pytest.approx(np.abs(other - hidden).max(), abs=1e-6)
    assert frame["before"].max() > 1e-3


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("place", [Layer(), Layer("encoder", 1, reverse=True)])
def test_the_matrices_of_a_gate_make_its_recorded_sums(make_sentiment, cell, place):
    model = make_sentiment(cell, bidirectional=True, layers=2)
    trace = recorder.record(model, TEXT)
    x = trace[place.site("layer_input")]
    for gate in gates.names(trace):
        found = matrices.of_gate(model, trace, place, gate)
        into = x @ found["W"].values.T + found["W"].bias
        assert_allclose(into, trace[place.site(f"{gate}_from_input")], atol=1e-5)
        before = gates.previous(trace, place, "hidden", 2)
        if cell == "mingru":
            assert "U" not in found
        else:
            back = found["U"].values @ before + found["U"].bias
            assert_allclose(back, trace[place.site(f"{gate}_from_state")][2], atol=1e-5)
        drawn = columns.frame(matrices.rows(found["W"], 2))
        assert_allclose(drawn["value"], found["W"].values[drawn["unit"], drawn["column"]])
        assert drawn["shade"].abs().max() == pytest.approx(1)
        assert f"5 × {x.shape[1]}" in matrices.in_words("W", found["W"], 2)


@pytest.mark.parametrize("unit, first", [(0, 0), (100, 84), (255, 224)])
def test_of_a_large_matrix_the_rows_around_the_unit_are_drawn(unit, first):
    matrix = matrices.Matrix(np.arange(256 * 512.0).reshape(256, 512), None)
    assert matrix.window(unit) == (first, first + 32)
    drawn = columns.frame(matrices.rows(matrix, unit))
    assert (len(drawn), drawn["unit"].min(), drawn["unit"].max()) == (32 * 512, first, first + 31)
    assert f"Drawn: units {first} to {first + 31}" in matrices.in_words("U", matrix, unit)
