"""Attributions: sums that must hold, and each method against its definition."""

import itertools
import math

import numpy as np
import pytest
import torch
from helpers_recorder import sentiment_model, translation_model

from rnnviz_core import attribute, record
from rnnviz_core.derivatives.attribution import METHODS, words_of
from rnnviz_core.errors import SpecError, TraceError

TEXT = "the soup was warm"
MODELS = [
    {"cell": "rnn"},
    {"cell": "gru", "attention": "pooling"},
    {"cell": "lstm", "bidirectional": True, "layers": 2},
]


def margin(model, ids: list[int]) -> float:
    """By the network itself; of nothing it is what the bias says."""
    with torch.no_grad():
        found = model(torch.tensor([ids]), torch.tensor([len(ids)]))[0] if ids else model.output.bias
        return float(torch.logsumexp(found[3:], 0) - torch.logsumexp(found[:2], 0))


@pytest.mark.parametrize("more", MODELS)
def test_leaving_a_word_out(more: dict[str, object]) -> None:
    model = sentiment_model(**more)
    trace = record(model, TEXT)
    ids, groups = [token.id for token in trace.tokens["time"]], words_of(trace)
    found = attribute(model, TEXT, "delete", "margin")
    assert found.words == ("the", "soup", "was", "warm")
    for group, value in zip(groups, found.values, strict=True):
        left = [id_ for place, id_ in enumerate(ids) if place not in group]
        assert value == pytest.approx(margin(model, ids) - margin(model, left), abs=1e-5)
    unknown = attribute(model, TEXT, "unknown", "margin")
    one = [1 if place in groups[1] else id_ for place, id_ in enumerate(ids)]
    assert unknown.values[1] == pytest.approx(margin(model, ids) - margin(model, one), abs=1e-5)
    assert found.total is unknown.total is None


@pytest.mark.parametrize("more", MODELS)
def test_shapley_values_are_the_mean_over_all_orders(more: dict[str, object]) -> None:
    model = sentiment_model(**more)
    trace = record(model, TEXT)
    ids, groups = [token.id for token in trace.tokens["time"]], words_of(trace)
    found = attribute(model, TEXT, "shapley", "margin")
    expected = np.zeros(4)
    for order in itertools.permutations(range(4)):
        for at, word in enumerate(order):
            before, after = sorted(order[:at]), sorted(order[: at + 1])
            values = [margin(model, [ids[p] for w in set_ for p in groups[w]]) for set_ in (after, before)]
            expected[word] += (values[0] - values[1]) / math.factorial(4)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.total == pytest.approx(margin(model, ids) - margin(model, []), abs=1e-5)
    assert found.gap == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("more", MODELS)
def test_integrated_gradients_add_up(more: dict[str, object]) -> None:
    found = attribute(sentiment_model(**more), TEXT, "integrated", "margin")
    assert found.gap is not None
    assert abs(found.gap) < 1e-3 * max(1.0, abs(found.total or 0))
    assert found.pieces is not None
    assert found.pieces.sum() == pytest.approx(found.values.sum())


def test_sensitivity_is_the_gradient_times_the_input() -> None:
    from rnnviz_core import gradients

    model = sentiment_model(cell="gru")
    trace = gradients(model, TEXT, "margin")
    found = attribute(model, TEXT, "sensitivity", "margin")
    expected = (trace["encoder.embedding_gradient"] * trace["encoder.embedding"]).sum(1)
    np.testing.assert_allclose(found.pieces, expected)
    assert found.total is None


def shared_out(weight, read, relevance, total):
    """What a linear layer hands to each number that it read: its share of the sum."""
    return read * (weight.T @ (relevance / total))


def relevance_by_hand(model, trace, slopes: np.ndarray) -> np.ndarray:
    """The rules of Arras et al. (2017), step by step, in the gates of the recording: (time,)."""
    site = {name.removeprefix("encoder.0."): trace[name].astype(np.float64) for name in trace}
    weights = {
        name.removesuffix("_l0"): one.detach().numpy() for name, one in model.encoder.named_parameters()
    }
    gates, width = {"rnn": 1, "gru": 3, "lstm": 4}[trace.meta["cell"]], site["hidden"].shape[1]
    place = {"rnn": 0, "gru": 2, "lstm": 2}[trace.meta["cell"]]  # of the candidate's rows
    rows = slice(place * width, (place + 1) * width)
    w_x, w_h = weights["weight_ih"][rows], weights["weight_hh"][rows]
    x, h = trace["encoder.embedding"].astype(np.float64), site["hidden"]
    by_hidden = h[-1] * (slopes @ model.output.weight.detach().numpy())
    by_cell, found = np.zeros(width), []
    for t in range(len(x) - 1, -1, -1):
        before = h[t - 1] if t else np.zeros(width)
        total, passed = site["candidate_preactivation"][t], np.zeros(width)
        if gates == 4:
            by_cell = by_cell + by_hidden  # the output gate gets nothing
            signal = by_cell * site["input"][t] * site["candidate"][t] / site["cell"][t]
            by_cell = by_cell - signal
        elif gates == 3:
            signal = by_hidden * (1 - site["update"][t]) * site["candidate"][t] / h[t]
            passed = by_hidden - signal
        else:
            signal = by_hidden
        reset = site["reset"][t][:, None] if gates == 3 else 1.0
        found.append(shared_out(w_x, x[t], signal, total).sum())
        by_hidden = shared_out(reset * w_h, before, signal, total) + passed
    return np.asarray(found[::-1])


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_relevance_by_hand(cell: str) -> None:
    model = sentiment_model(cell=cell)
    trace = record(model, TEXT)
    place = trace.labels["class"].index("positive")
    found = attribute(model, TEXT, "relevance", "logit:positive")
    expected = relevance_by_hand(model, trace, np.eye(len(trace.labels["class"]))[place])
    np.testing.assert_allclose(found.pieces, expected, rtol=1e-3, atol=1e-5)
    assert found.total == pytest.approx(float(trace["readout.logits"][place]), abs=1e-5)


@pytest.mark.parametrize("more", [*MODELS, {"cell": "peephole"}, {"cell": "mingru", "attention": "pooling"}])
@pytest.mark.parametrize("of", ["margin", "log_probability:negative"])
def test_no_relevance_is_lost(more: dict[str, object], of: str) -> None:
    model = sentiment_model(**more)
    for name, one in model.named_parameters():
        if "bias" in name:  # of a fresh network they are zero, and would hold nothing
            torch.nn.init.normal_(one.data, std=0.3)
    found = attribute(model, TEXT, "relevance", of)
    assert found.gap == pytest.approx(0, abs=1e-9 * float(np.abs(found.values).sum()))
    assert abs(found.held) > 1e-3


def test_pieces_alone() -> None:
    from rnnviz_core.derivatives.attribution import attributions, pieces_of

    model = sentiment_model(cell="gru")
    trace = record(model, "the soup was unfathomable")
    pieces = pieces_of(trace)
    found = attributions(model, trace, ["delete", "relevance"], "margin", pieces)
    words = attributions(model, trace, ["delete", "relevance"], "margin")
    assert len(found["delete"].values) == len(pieces) > len(words["delete"].values)
    for group, value in zip(words_of(trace), words["relevance"].values, strict=True):
        assert found["relevance"].values[group].sum() == pytest.approx(value)


def test_what_is_refused() -> None:
    model = sentiment_model()
    with pytest.raises(SpecError, match=f"unknown method 'lime'; choose one of {', '.join(METHODS)}"):
        attribute(model, TEXT, "lime")
    with pytest.raises(SpecError, match="the text has 12 words; exact Shapley values are for at most 10"):
        attribute(model, "the soup was warm and the bread was fresh at noon today", "shapley")
    with pytest.raises(TraceError, match="nothing to attribute"):
        attribute(translation_model(), "la sopa", "delete")
