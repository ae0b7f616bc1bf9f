"""Encoded texts in flat arrays: hundreds of thousands of them are batched without a Python list in sight."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rnnviz_core.inputs.tokenizer import PAD

from .batches import POOL, Batch

UNKNOWN = 255  # the worth of a piece whose word has no label


@dataclass(frozen=True)
class Flat:
    """Texts one after the other.

    Parameters
    ----------
    ids
        The pieces of all texts, text after text.
    starts, lengths
        Where in `ids` each text begins, and how many pieces it has.
    targets
        The class of every text, or classes + side (see `objectives.polarity_loss`).
    worth
        For every piece of `ids`, how far its word's own label is from neutral (0, 1, 2), or `UNKNOWN`.
    answers
        (text, class): a teacher's probabilities, NaN where it was not asked.
    """

    ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    worth: np.ndarray | None = None
    answers: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of(
        cls,
        rows: Sequence[Sequence[int]],
        targets: Iterable[int],
        worth: Iterable[Sequence[int]] | None = None,
    ) -> "Flat":
        """Flat arrays of encoded texts."""
        lengths = np.array([len(row) for row in rows], np.int64)
        ids = np.fromiter((one for row in rows for one in row), np.int32, int(lengths.sum()))
        flat = None
        if worth is not None:
            flat = np.fromiter((one for row in worth for one in row), np.uint8, len(ids))
        return cls(
            ids, np.cumsum(lengths) - lengths, lengths, np.fromiter(targets, np.int64, len(rows)), flat
        )

    def take(self, rows: np.ndarray) -> "Flat":
        """Some of the texts, in the order given; the pieces are shared."""
        answers = None if self.answers is None else self.answers[rows]
        starts, lengths, targets = self.starts[rows], self.lengths[rows], self.targets[rows]
        return Flat(self.ids, starts, lengths, targets, self.worth, answers)

    def batch(self, rows: np.ndarray) -> Batch:
        """Some of the texts, padded."""
        lengths = self.lengths[rows]
        steps = np.arange(lengths.max())
        there = steps < lengths[:, None]
        places = np.where(there, self.starts[rows][:, None] + steps, 0)
        ids = np.where(there, self.ids[places], PAD).astype(np.int64)
        worth = None
        if self.worth is not None:
            worth = torch.from_numpy(np.where(there, self.worth[places], UNKNOWN))
        answers = None
        if self.answers is not None:
            answers = torch.from_numpy(self.answers[rows].astype(np.float32))
        targets = torch.from_numpy(self.targets[rows].astype(np.int64))
        return Batch(torch.from_numpy(ids), torch.from_numpy(lengths), targets, answers, worth)

    def batches(self, rows: int, generator: np.random.Generator | None) -> Iterator[Batch]:
        """Batches of similar lengths: in random order with a generator, else the longest last."""
        if generator is None:
            order = np.argsort(self.lengths, kind="stable")
            chunks = [order[i : i + rows] for i in range(0, len(order), rows)]
        else:
            order, chunks = generator.permutation(len(self)), []
            for start in range(0, len(order), rows * POOL):
                pool = order[start : start + rows * POOL]
                pool = pool[np.argsort(self.lengths[pool], kind="stable")]
                chunks += [pool[i : i + rows] for i in range(0, len(pool), rows)]
            chunks = [chunks[i] for i in generator.permutation(len(chunks))]
        for chunk in chunks:
            yield self.batch(chunk)


def joined(parts: Iterable[Flat]) -> Flat:
    """The texts of several arrays in one; arrays that share their pieces keep sharing them."""
    parts = list(parts)
    offsets: dict[int, int] = {}
    ids, worth, at = [], [], 0
    for part in parts:
        if id(part.ids) not in offsets:
            offsets[id(part.ids)] = at
            ids.append(part.ids)
            worth.append(part.worth)
            at += len(part.ids)
    answers = [part.answers for part in parts if part.answers is not None]
    worths = [one for one in worth if one is not None]
    return Flat(
        np.concatenate(ids),
        np.concatenate([part.starts + offsets[id(part.ids)] for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate(worths) if len(worths) == len(worth) else None,
        np.concatenate(answers) if len(answers) == len(parts) else None,
    )
