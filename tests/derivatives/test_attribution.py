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


def test_what_is_refused() -> None:
    model = sentiment_model()
    with pytest.raises(SpecError, match=f"unknown method 'lime'; choose one of {', '.join(METHODS)}"):
        attribute(model, TEXT, "lime")
    with pytest.raises(SpecError, match="the text has 12 words; exact Shapley values are for at most 10"):
        attribute(model, "the soup was warm and the bread was fresh at noon today", "shapley")
    with pytest.raises(TraceError, match="nothing to attribute"):
        attribute(translation_model(), "la sopa", "delete")
