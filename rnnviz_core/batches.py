"""Encoded examples, cut into batches of similar length."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .tokenizer import PAD

POOL = 50  # batches' worth of shuffled examples that are sorted by length together


class Batch(NamedTuple):
    """Padded ids; `targets` are classes, or the padded ids of translations with ``<s>`` first."""

    ids: Int[Tensor, "batch source"]
    lengths: Int[Tensor, " batch"]
    targets: Int[Tensor, " batch"] | Int[Tensor, "batch target"]

    def to(self, device: torch.device) -> "Batch":
        """The same batch where the model is."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))

    def twice(self) -> "Batch":
        """Every row again below the last."""
        return Batch(*(torch.cat((tensor, tensor)) for tensor in self))


class Example(NamedTuple):
    ids: list[int]
    target: int | list[int]

    @property
    def length(self) -> int:
        return len(self.ids) + (len(self.target) if isinstance(self.target, list) else 0)


def collate(examples: Sequence[Example]) -> Batch:
    """Pad a batch of examples."""
    ids = pad_sequence([torch.tensor(e.ids) for e in examples], batch_first=True, padding_value=PAD)
    lengths = torch.tensor([len(e.ids) for e in examples])
    if isinstance(examples[0].target, int):
        return Batch(ids, lengths, torch.tensor([e.target for e in examples]))
    targets = [torch.tensor(e.target) for e in examples]
    return Batch(ids, lengths, pad_sequence(targets, batch_first=True, padding_value=PAD))


def bucketed(examples: Sequence[Example], rows: int, generator: random.Random | None) -> Iterator[Batch]:
    """Batches of `rows` examples of similar length: shuffled with a generator, else longest last."""
    order = list(range(len(examples)))
    if generator is None:
        order.sort(key=lambda i: examples[i].length)
        chunks = [order[i : i + rows] for i in range(0, len(order), rows)]
    else:
        generator.shuffle(order)
        chunks = []
        for start in range(0, len(order), rows * POOL):
            pool = sorted(order[start : start + rows * POOL], key=lambda i: examples[i].length)
            chunks += [pool[i : i + rows] for i in range(0, len(pool), rows)]
        generator.shuffle(chunks)
    for chunk in chunks:
        yield collate([examples[i] for i in chunk])
