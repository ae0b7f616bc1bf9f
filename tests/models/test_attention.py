"""Attention against values derived by hand, and against the published formulas."""

import math

import pytest
import torch
from torch.testing import assert_close

from rnnviz_core.models.attention import (
    AttentionPooling,
    BahdanauAttention,
    LuongAttention,
    attend,
    masked_softmax,
)

E = math.e


def test_scores_one_and_zero_give_e_to_one():
    mask = torch.ones(1, 1, 2, dtype=torch.bool)
    weights = masked_softmax(torch.tensor([[[1.0, 0.0]]]), mask)
    assert_close(weights, torch.tensor([[[E / (1 + E), 1 / (1 + E)]]]))


def test_context_is_the_weighted_sum_of_the_keys():
    keys = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    look = attend(torch.tensor([[[1.0, 0.0]]]), keys, torch.ones(1, 2, dtype=torch.bool))
    assert_close(look.context, look.weights)  # the keys are the unit vectors


@pytest.mark.parametrize("name", ["luong", "bahdanau", "pooling"])
def test_padding_gets_exactly_zero(name):
    torch.manual_seed(0)
    keys, queries = torch.randn(2, 5, 3), torch.randn(2, 4, 6)
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    if name == "pooling":
        look = AttentionPooling(3, 7)(keys, mask)
    else:
        attention = LuongAttention(6, 3) if name == "luong" else BahdanauAttention(6, 3, 7)
        look = attention(queries, keys, attention.project(keys), mask)
    assert (look.weights[1][..., 2:] == 0).all()
    assert_close(look.weights.sum(-1), torch.ones(look.weights.shape[:-1]))
    changed = keys.clone()
    changed[1, 2:] = 99.0
    if name != "pooling":
        again = attention(queries, changed, attention.project(changed), mask)
        assert torch.equal(again.context[1], look.context[1])


def test_luong_is_the_general_score():
    torch.manual_seed(0)
    attention, keys, queries = LuongAttention(6, 3), torch.randn(1, 5, 3), torch.randn(1, 4, 6)
    look = attention(queries, keys, attention.project(keys), torch.ones(1, 5, dtype=torch.bool))
    for t in range(4):
        for s in range(5):
            expected = queries[0, t] @ (attention.weight.weight @ keys[0, s])
            assert_close(look.scores[0, t, s], expected)


def test_bahdanau_is_the_additive_score():
    torch.manual_seed(0)
    attention, keys, queries = BahdanauAttention(6, 3, 7), torch.randn(1, 5, 3), torch.randn(1, 4, 6)
    look = attention(queries, keys, attention.project(keys), torch.ones(1, 5, dtype=torch.bool))
    for t in range(4):
        for s in range(5):
            inner = attention.query.weight @ queries[0, t] + attention.key.weight @ keys[0, s]
            expected = attention.score.weight[0] @ torch.tanh(inner + attention.key.bias)
            assert_close(look.scores[0, t, s], expected)
