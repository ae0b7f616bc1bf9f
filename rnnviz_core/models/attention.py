"""Attention: scores -> weights -> context. Stateless: nothing is kept between calls.

Luong et al. 2015 ("general") and Bahdanau et al. 2015 (additive) compare a decoder's state, the
query, with every state of the encoder, the keys; attention pooling (Yang et al. 2016) compares
the keys with one learned query. Padding gets a weight of exactly zero.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class Attended(NamedTuple):
    """What one look at the keys gives."""

    scores: Float[Tensor, "batch *target source"]
    weights: Float[Tensor, "batch *target source"]
    context: Float[Tensor, "batch *target unit"]


def masked_softmax(
    scores: Float[Tensor, "batch *target source"], mask: Bool[Tensor, "batch *target source"]
) -> Float[Tensor, "batch *target source"]:
    """Softmax over the last axis where `mask` is true, exactly zero elsewhere."""
    return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1)


def attend(
    scores: Float[Tensor, "batch target source"],
    keys: Float[Tensor, "batch source unit"],
    mask: Bool[Tensor, "batch source"],
) -> Attended:
    """Weights by softmax, context as the weighted sum of the keys."""
    weights = masked_softmax(scores, mask.unsqueeze(1).expand_as(scores))
    return Attended(scores, weights, weights @ keys)


class LuongAttention(nn.Module):
    """Luong's "general" score: ``score(h_t, k_s) = h_t . (W_a k_s)``."""

    def __init__(self, query: int, key: int) -> None:
        super().__init__()
        self.weight = nn.Linear(key, query, bias=False)

    def project(self, keys: Float[Tensor, "batch source unit"]) -> Float[Tensor, "batch source query"]:
        """``W_a k_s`` for every key: the same at every step of the decoder."""
        return self.weight(keys)

    def forward(
        self,
        queries: Float[Tensor, "batch target query"],
        keys: Float[Tensor, "batch source unit"],
        projected: Float[Tensor, "batch source query"],
        mask: Bool[Tensor, "batch source"],
    ) -> Attended:
        """Scores, weights and contexts of all queries at once; `projected` comes from `project`."""
        return attend(queries @ projected.transpose(1, 2), keys, mask)


class BahdanauAttention(nn.Module):
    """Bahdanau's additive score: ``score(h, k_s) = v . tanh(W_q h + W_k k_s)``."""

    def __init__(self, query: int, key: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query, width, bias=False)
        self.key = nn.Linear(key, width)
        self.score = nn.Linear(width, 1, bias=False)

    def project(self, keys: Float[Tensor, "batch source unit"]) -> Float[Tensor, "batch source width"]:
        """``W_k k_s`` for every key: the same at every step of the decoder."""
        return self.key(keys)

    def forward(
        self,
        queries: Float[Tensor, "batch target query"],
        keys: Float[Tensor, "batch source unit"],
        projected: Float[Tensor, "batch source width"],
        mask: Bool[Tensor, "batch source"],
    ) -> Attended:
        """Scores, weights and contexts of all queries at once; `projected` comes from `project`."""
        energy = torch.tanh(self.query(queries).unsqueeze(2) + projected.unsqueeze(1))
        return attend(self.score(energy).squeeze(-1), keys, mask)


class AttentionPooling(nn.Module):
    """One learned query over all states: ``score(k_s) = v . tanh(W k_s)`` (Yang et al. 2016)."""

    def __init__(self, key: int, width: int) -> None:
        super().__init__()
        self.key = nn.Linear(key, width)
        self.score = nn.Linear(width, 1, bias=False)

    def scores(self, keys: Float[Tensor, "batch source unit"]) -> Float[Tensor, "batch source"]:
        """One score per key, whatever the other keys are."""
        return self.score(torch.tanh(self.key(keys))).squeeze(-1)

    def forward(
        self, keys: Float[Tensor, "batch source unit"], mask: Bool[Tensor, "batch source"]
    ) -> Attended:
        """Scores, weights and the context of one learned query; `mask` is false at padding."""
        scores = self.scores(keys)
        scores, weights, context = attend(scores.unsqueeze(1), keys, mask)
        return Attended(scores.squeeze(1), weights.squeeze(1), context.squeeze(1))
