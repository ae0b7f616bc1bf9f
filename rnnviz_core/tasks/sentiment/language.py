"""Reading before the labels: embedding and first recurrent layer learn a language (Dai and Le 2015).

The layer predicts the next piece of running text and, where it reads both ways, the previous one too. What it
learned is where the training of a sentiment model then starts.
"""

import random
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz_core.errors import DataError
from rnnviz_core.inputs.tokenizer import PAD, Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.components import initialise, layers_of
from rnnviz_core.training.batches import Batch, Example, bucketed
from rnnviz_core.training.flat import Flat
from rnnviz_core.training.objectives import EVALUATION_ROWS, device_of

PASSAGE = 49  # pieces read in one go
HELD_OUT = 50  # one text in this many is not trained on, and gives the loss that is reported
DROPOUT = 0.2  # there is more running text than labelled text: less than the model's own is enough


class LanguageModel(nn.Module):
    """The embedding and the first recurrent layer of a model, and a softmax tied to the embedding.

    The softmax runs over the pieces of the batch at hand instead of the whole vocabulary, which would cost
    several times as much.
    """

    published = False  # it is never a checkpoint: it gives its layers to a model

    def __init__(self, model: SentimentModel) -> None:
        super().__init__()
        spec = self.spec = model.spec
        self.name = f"{model.name}-language"
        self.embedding = nn.Embedding(len(model.tokenizer), spec.embedding, padding_idx=PAD)
        self.encoder = layers_of(spec.cell, spec.embedding, spec.hidden, bidirectional=spec.bidirectional)
        self.output = nn.Linear(spec.hidden, spec.embedding)
        self.bias = nn.Parameter(torch.zeros(len(model.tokenizer)))
        self.dropout = nn.Dropout(DROPOUT)
        initialise(self)

    def forward(self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
        """The mean negative log-probability of the pieces to predict, among the pieces of the batch."""
        pieces, places = torch.unique(ids, return_inverse=True)
        packed = pack_padded_sequence(
            self.dropout(self.embedding(ids)), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True)
        there = ids[:, 1:] != PAD  # a neighbour to predict from the left, or to predict from
        hidden = self.spec.hidden
        looks = [(states[:, :-1, :hidden][there], places[:, 1:][there])]
        if self.spec.bidirectional:
            looks.append((states[:, 1:, hidden:][there], places[:, :-1][there]))
        table, bias = self.embedding.weight[pieces], self.bias[pieces]
        losses = [
            functional.cross_entropy(self.dropout(self.output(state)) @ table.T + bias, wanted)
            for state, wanted in looks
        ]
        return torch.stack(losses).mean()

    def give(self, model: SentimentModel) -> None:
        """Put what was learned into the model; layers above the first keep their fresh weights."""
        model.embedding.load_state_dict(self.embedding.state_dict())
        assert model.encoder is not None, "a bag of words has nothing to pretrain"
        model.encoder.load_state_dict({**model.encoder.state_dict(), **self.encoder.state_dict()})


class LanguageObjective:
    """Running text for a `LanguageModel`, cut into passages, in every epoch at other places."""

    metric, larger_is_better = "loss", False

    def __init__(self, tokenizer: Tokenizer, train: Sequence[str], held_out: Sequence[str]) -> None:
        self._texts: list[list[int]] | Flat = [tokenizer.ids(text) for text in train]
        self._held_out: list[Example] | Flat = _passages([tokenizer.ids(text) for text in held_out], None)
        if not self._held_out:
            raise DataError(
                f"every {HELD_OUT}th of the texts that are read first is held out, and none of these has two "
                "pieces: the next one cannot be predicted; add texts"
            )

    @classmethod
    def of(cls, texts: Flat, rank: int = 0, size: int = 1) -> Self:
        """The objective on texts that are encoded already; this process's part of them."""
        objective = cls.__new__(cls)
        rows = np.arange(len(texts))
        read = rows[rows % HELD_OUT > 0]
        objective._texts = texts.take(read[rank::size])
        objective._held_out = flat_passages(texts.take(rows[::HELD_OUT]), None)
        return objective

    def training(self, generator: random.Random) -> list[Example] | Flat:
        """One epoch's passages, cut anew."""
        if isinstance(self._texts, Flat):
            return flat_passages(self._texts, generator)
        return _passages(self._texts, generator)

    def loss(
        self, model: nn.Module, batch: Batch, smoothing: float = 0.0, consistency: float = 0.0
    ) -> Float[Tensor, ""]:
        """The mean cross-entropy of the next piece, in nats; `smoothing` and `consistency` are not used."""
        batch = batch.to(device_of(model))
        return model(batch.ids, batch.lengths)

    @torch.inference_mode()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """The mean cross-entropy per piece of the texts held out, in nats, and its perplexity."""
        total, rows = 0.0, 0
        held_out = self._held_out
        batches = (
            held_out.batches(EVALUATION_ROWS, None)
            if isinstance(held_out, Flat)
            else bucketed(held_out, EVALUATION_ROWS, None)
        )
        for batch in batches:
            total += self.loss(model, batch).item() * len(batch.ids)
            rows += len(batch.ids)
        return {"loss": total / rows}


def _passages(texts: Sequence[list[int]], generator: random.Random | None) -> list[Example]:
    """Passages of two pieces or more; with a generator the first one of a text has any length."""
    found = []
    for ids in texts:
        first = generator.randrange(PASSAGE) if generator and len(ids) > PASSAGE else 0
        ends = [*range(first, len(ids), PASSAGE), len(ids)]
        found += [
            Example(ids[start:end], 0)
            for start, end in zip([0, *ends], ends, strict=False)
            if end - start > 1
        ]
    return found


def flat_passages(texts: Flat, generator: random.Random | None) -> Flat:
    """The same of texts in flat arrays."""
    first = np.zeros(len(texts), np.int64)
    if generator is not None:
        draws = np.random.default_rng(generator.getrandbits(64))
        first = draws.integers(0, PASSAGE, len(texts)) * (texts.lengths > PASSAGE)
    rest = -(-(texts.lengths - first) // PASSAGE)  # passages after the first, short one
    row = np.repeat(np.arange(len(texts)), rest)
    number = np.arange(len(row)) - np.repeat(np.cumsum(rest) - rest, rest)
    begins = first[row] + number * PASSAGE
    ends = np.minimum(begins + PASSAGE, texts.lengths[row])
    row = np.concatenate((np.arange(len(texts)), row))
    begins, ends = np.concatenate((np.zeros_like(first), begins)), np.concatenate((first, ends))
    kept = ends - begins > 1
    row, begins, ends = row[kept], begins[kept], ends[kept]
    return Flat(texts.ids, texts.starts[row] + begins, ends - begins, np.zeros(len(row), np.int64))
