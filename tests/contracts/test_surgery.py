"""Replaced attention weights: the model's own give its own answer back; others by hand."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from rnnviz_core.contracts import surgery
from rnnviz_core.contracts import task as recorder
from rnnviz_core.errors import TraceError
from rnnviz_core.frames import replaced
from rnnviz_core.search import beam as decoding
from rnnviz_core.search import stepping

TEXT, TEXTO = "the film was never bad.", "la casa era aburrida."


@pytest.mark.parametrize("cell, two_way", [("rnn", False), ("gru", True), ("lstm", True)])
def test_its_own_weights_give_its_own_verdict(make_sentiment, cell, two_way):
    model = make_sentiment(cell, "pooling", bidirectional=two_way)
    trace = recorder.record(model, TEXT)
    again = surgery.with_weights(model, trace, trace["attention.weights"])
    assert_allclose(again, trace["readout.probabilities"], atol=1e-6)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_its_own_weights_give_its_own_translation(make_translation, attention, cell):
    model = make_translation(cell, attention, layers=2, bidirectional=True)
    trace = recorder.record(model, TEXTO, reference="the old house")
    again = surgery.with_weights(model, trace, trace["attention.weights"])
    assert_allclose(again, trace["readout.probabilities"], atol=1e-6)


def test_all_weight_on_one_token_reads_that_state_alone(make_sentiment):
    model = make_sentiment("gru", "pooling")
    trace = recorder.record(model, TEXT)
    one = np.zeros_like(trace["attention.weights"])
    one[2] = 1
    logits = model.output(torch.from_numpy(trace["encoder.0.hidden"][2].copy()))
    assert_allclose(surgery.with_weights(model, trace, one), torch.softmax(logits, -1).numpy(), atol=1e-6)


def test_equal_weights_read_the_mean_state(make_sentiment):
    model = make_sentiment("gru", "pooling")
    trace = recorder.record(model, TEXT)
    equal = surgery.uniform(trace["attention.weights"])
    assert equal.sum() == pytest.approx(1)
    logits = model.output(torch.from_numpy(trace["encoder.0.hidden"].mean(0)))
    assert_allclose(surgery.with_weights(model, trace, equal), torch.softmax(logits, -1).numpy(), atol=1e-6)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_written_evenly_is_greedy_search_with_an_even_attention(
    make_translation, monkeypatch, attention, cell
):
    model = make_translation(cell, attention, layers=2, bidirectional=True)
    trace = recorder.record(model, TEXTO)
    found = surgery.write_evenly(model, trace, limit=12)

    def even(stepper, queries):
        return np.repeat(stepper._keys.mean(axis=0, keepdims=True), len(queries), axis=0)

    monkeypatch.setattr(stepping.Stepper, "_look", even)
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    memory = model.encode(ids, torch.tensor([ids.shape[1]]))
    best = decoding.beam_search(model, memory, 1, 12).hypotheses[0]
    assert found == model.target_tokenizer.decode(best.ids)


def test_shuffling_moves_every_weight_and_keeps_the_row():
    weights = np.arange(24, dtype=np.float32).reshape(4, 6)
    found = surgery.shuffled(weights, seed=3)
    assert_allclose(np.sort(found, axis=1), weights)
    assert not (found == weights).any()
    assert_allclose(found, surgery.shuffled(weights, seed=3))
    assert (found != surgery.shuffled(weights, seed=4)).any()
    assert_allclose(surgery.shuffled(np.ones(1), 0), 1)


def test_what_cannot_be_replaced_is_said(make_sentiment, make_translation):
    plain, attending = make_sentiment("gru"), make_sentiment("gru", "pooling")
    with pytest.raises(TraceError, match="no attention"):
        surgery.with_weights(plain, recorder.record(plain, TEXT), np.ones(1))
    fixed = make_translation("gru", "none")
    with pytest.raises(TraceError, match="no attention"):
        surgery.write_evenly(fixed, recorder.record(fixed, TEXTO))
    with pytest.raises(TraceError, match=r"shape \(1,\)"):
        surgery.with_weights(attending, recorder.record(attending, TEXT), np.ones(1))


def test_the_frames_count_what_changed(make_sentiment, make_translation):
    trace = recorder.record(make_sentiment("gru", "pooling"), TEXT)
    other = np.roll(trace["readout.probabilities"], 1)
    frame = replaced.classes(trace, {"all equal": other})
    moved = np.abs(other - trace["readout.probabilities"]).sum() / 2
    assert f"{100 * moved:.1f}\N{NO-BREAK SPACE}%" in replaced.classes_in_words(frame)
    assert len(frame) == 10
    trace = recorder.record(make_translation(), TEXTO, reference="the film")
    own = trace["readout.probabilities"]
    other = own.copy()
    other[0] = np.roll(own[0], 1)  # another piece wins at the first step alone
    frame = replaced.pieces(trace, {"shuffled": other})
    assert f"at 1 of {len(own)} steps" in replaced.pieces_in_words(frame)
    mine = frame[frame["kind"] == replaced.OWN]
    ids = [token.id for token in trace.tokens["target"]]
    assert_allclose(mine["probability"], own[range(len(ids)), ids])
    assert_allclose(mine["moved"], 0)
