"""Figures on order and on the neutral class: what is counted, by hand."""

import numpy as np
import pytest
import torch

from rnnviz_core.tasks.sentiment.objective import second_side
from scripts import neutral, order


def test_a_judge_of_words_alone_loses_nothing_to_another_order():
    texts = ["good film , not bad", "bad film , not good", "good", "bad"]
    upper = np.array([True, False, True, False])
    found = order.figures(lambda some: np.array(["good" in text.split() for text in some]), (texts, upper))
    assert found["as written"] == found["backwards"] == found["shuffled"] == 75
    first = order.figures(lambda some: np.array([text.startswith("good") for text in some]), (texts, upper))
    assert (first["as written"], first["backwards"]) == (100, 50)


def test_a_pair_is_right_when_both_members_are():
    found = order.figures(lambda some: np.array([True for _ in some]), (["a b"], np.array([True])))
    assert found["pairs"] == 0  # one member of every pair is negative
    assert found["negation"] == 50


def test_a_constant_on_neutral_moves_no_side():
    logits = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    raised = neutral.raised(logits, 1.0)
    assert torch.equal(second_side(raised), second_side(logits))
    assert torch.equal((raised - logits).sum(0), torch.tensor([0.0, 0.0, 200.0, 0.0, 0.0]))
    truth = torch.arange(200) % 3
    before, after = neutral.recalls(logits, truth), neutral.recalls(raised, truth)
    assert after[1] > before[1]
    assert after[0] < before[0]
    assert neutral.accuracy(torch.eye(5), torch.tensor([0, 1, 2, 3, 0])) == pytest.approx(80)
