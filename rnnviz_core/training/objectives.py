"""What the training loop needs to know of each task: examples, loss, validation figures."""

import random
from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from rnnviz_core.errors import DataError
from rnnviz_core.inputs.tokenizer import Tokenizer

from .batches import Batch, Example
from .flat import Flat

EVALUATION_ROWS = 256  # examples per batch where no gradient is kept


class Objective(Protocol):
    """One task's side of the training loop."""

    metric: str  # the validation figure that picks the best epoch
    larger_is_better: bool

    def training(self, generator: random.Random) -> list[Example] | Flat:
        """One epoch's examples, freshly drawn."""
        ...

    def loss(
        self, model: torch.nn.Module, batch: Batch, smoothing: float, consistency: float
    ) -> Float[Tensor, ""]:
        """The mean loss of a batch."""
        ...

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """Figures on the validation split."""
        ...


def device_of(model: torch.nn.Module) -> torch.device:
    """Where a model's weights are."""
    return next(model.parameters()).device


def disagreement(logits: Float[Tensor, "row class"]) -> Float[Tensor, ""]:
    """How far the lower half of the rows is from the upper one, dropout being all that differs.

    The mean over rows of the Kullback-Leibler divergences in both directions, halved (R-Drop, Liang et
    al. 2021).
    """
    first, second = logits.float().log_softmax(-1).chunk(2)
    return ((first.exp() - second.exp()) * (first - second)).sum(-1).mean() / 2


def readable(ids: Sequence[Sequence[int]], texts: Sequence[str], split: str = "validation") -> None:
    """Refuse a split that is empty, or holds a text without a single piece: nothing can be scored on it.

    Raises
    ------
    DataError
        Before any training; it names the first such text.
    """
    if not ids:
        raise DataError(f"the {split} split is empty; it needs at least one text")
    empty = [number for number, row in enumerate(ids) if not row]
    if empty:
        more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        raise DataError(
            f"the {split} split: text {empty[0] + 1} ({ascii(texts[empty[0]])[:60]}){more} holds no piece, "
            "only characters that are not read; give it words, or leave the row out"
        )


def trainable(tokenizer: Tokenizer, texts: Sequence[str]) -> None:
    """Refuse a training split without a single piece."""
    if not any(tokenizer.ids(text) for text in texts):
        raise DataError("the training split holds no text with a known piece")
