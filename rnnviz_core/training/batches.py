"""Encoded examples, cut into batches of similar length."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, Integer
from torch import Tensor

from rnnviz_core.inputs.tokenizer import PAD

POOL = 50  # batches' worth of shuffled examples that are sorted by length together


class Batch(NamedTuple):
    """Padded ids; `targets` are classes, or the padded ids of translations with ``<s>`` first."""

    ids: Int[Tensor, "batch source"]
    lengths: Int[Tensor, " batch"]
    targets: Int[Tensor, " batch"] | Int[Tensor, "batch target"]
    answers: Float[Tensor, "batch class"] | None = None  # a teacher's probabilities, NaN where there are none
    worth: Integer[Tensor, "batch source"] | None = None  # what attention should look at (see `flat.Flat`)

    def to(self, device: torch.device) -> "Batch":
        """The same batch where the model is; lengths stay on the CPU, where packing needs them."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))._replace(lengths=self.lengths)

    def twice(self) -> "Batch":
        """Every row again below the last."""
        return self._each(lambda tensor: torch.cat((tensor, tensor)))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        answers = None if self.answers is None else change(self.answers)
        worth = None if self.worth is None else change(self.worth)
        return Batch(change(self.ids), change(self.lengths), change(self.targets), answers, worth)


class Example(NamedTuple):
    """One text as the training loop reads it: its ids, and the class or the ids of its translation."""

    ids: list[int]
    target: int | list[int]
    answer: list[float] | None = None  # a teacher's probability of every class

    @property
    def length(self) -> int:
        """Number of pieces, by which batches are formed."""
        return len(self.ids) + (len(self.target) if isinstance(self.target, list) else 0)


def collate(examples: Sequence[Example]) -> Batch:
    """Pad a batch of examples."""
    ids = _padded([e.ids for e in examples])
    lengths = torch.tensor([len(e.ids) for e in examples])
    if isinstance(examples[0].target, int):
        answers = None if examples[0].answer is None else torch.tensor([e.answer for e in examples])
        return Batch(ids, lengths, torch.tensor([e.target for e in examples]), answers)
    return Batch(ids, lengths, _padded([e.target for e in examples if isinstance(e.target, list)]))


def _padded(rows: Sequence[list[int]]) -> Int[Tensor, "row piece"]:
    """Rows of ids as one tensor; one call for all of them, where a tensor per row took longer than a step."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows], dtype=torch.long)


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
