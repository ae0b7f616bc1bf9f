"""What training a sentiment model means: its examples, its loss, its validation figures."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int, Integer
from torch import Tensor
from torch.nn import functional

from rnnviz_core.inputs.corpora import Labelled
from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.inputs.treebank import as_typed
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.training.batches import Batch, Example
from rnnviz_core.training.flat import UNKNOWN, Flat
from rnnviz_core.training.objectives import (
    EVALUATION_ROWS,
    device_of,
    disagreement,
    readable,
)


def sentiment_scores(
    logits: Float[Tensor, "row class"], labels: list[int], *, ordered: bool = True
) -> dict[str, float]:
    """Accuracy in percent over all classes, and binary accuracy where a label is not neutral.

    A model's side is that of the larger probability mass; the middle class belongs to neither. Classes
    that are not `ordered` have no sides.
    """
    truth = torch.tensor(labels)
    classes = logits.shape[-1]
    exact = (logits.argmax(-1) == truth).double().mean().item()
    scores = {f"accuracy{classes}": 100 * exact}
    sides = truth != (classes - 1) / 2
    if ordered and classes > 2 and sides.any():
        predicted = second_side(logits)
        actual = truth > (classes - 1) / 2
        scores["accuracy2"] = 100 * (predicted == actual)[sides].double().mean().item()
    return scores


def second_side(logits: Float[Tensor, "row class"]) -> torch.Tensor:
    """Whether the upper classes hold more probability than the lower ones, per row."""
    probabilities = logits.double().softmax(-1)
    half = logits.shape[-1] // 2
    return probabilities[:, -half:].sum(-1) > probabilities[:, :half].sum(-1)


def polarity_losses(
    logits: Float[Tensor, "row class"], targets: Int[Tensor, " row"], smoothing: float = 0.0
) -> Float[Tensor, " row"]:
    """Cross-entropy of every row; a target beyond the classes stands for all classes of a side.

    With n classes, target n is the lower side and n + 1 the upper one: their loss is the negative
    logarithm of the summed probability of that side's classes, the middle one belonging to neither.
    """
    classes = logits.shape[-1]
    half = classes // 2
    logs = logits.log_softmax(-1)
    meant = torch.eye(classes, dtype=torch.bool, device=logits.device)
    sides = torch.zeros(2, classes, dtype=torch.bool, device=logits.device)
    sides[0, :half] = sides[1, -half:] = True
    losses = -logs.masked_fill(~torch.cat((meant, sides))[targets], -torch.inf).logsumexp(-1)
    if smoothing:
        share = smoothing * (targets < classes).to(losses.dtype)
        losses = torch.lerp(losses, -logs.mean(-1), share)
    return losses


def polarity_loss(
    logits: Float[Tensor, "row class"], targets: Int[Tensor, " row"], smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """The mean of `polarity_losses`."""
    return polarity_losses(logits, targets, smoothing).mean()


def looking_loss(
    scores: Float[Tensor, "row time"], worth: Integer[Tensor, "row time"], unknown: int
) -> Float[Tensor, ""]:
    """Mean cross-entropy of attention against the worth of the words, over the rows that have any.

    Pieces whose word has no known worth (`unknown`) are left out on both sides: attention is compared
    among the others as if they were alone.
    """
    known = worth != unknown
    wanted = (worth * known).float()
    total = wanted.sum(-1, keepdim=True)
    logs = scores.float().masked_fill(~known, -1e4).log_softmax(-1)
    losses = -(wanted / total.clamp(min=1) * logs).sum(-1)
    return losses.sum() / (total > 0).sum().clamp(min=1)


@torch.inference_mode()
def sentiment_logits(model: SentimentModel, ids: list[list[int]]) -> Float[Tensor, "row class"]:
    """Logits of every text, in the order given."""
    return flat_logits(model, Flat.of(ids, range(len(ids))))


@torch.inference_mode()
def flat_logits(model: SentimentModel, texts: Flat) -> Float[Tensor, "row class"]:
    """Logits of every text, in the order given."""
    texts = replace(texts, targets=np.arange(len(texts)), worth=None, answers=None)
    logits = torch.empty(len(texts), len(model.spec.classes))
    for batch in texts.batches(EVALUATION_ROWS, None):
        there = batch.to(device_of(model))
        logits[batch.targets] = model(there.ids, there.lengths).cpu()
    return logits


def mean_answers(teachers: Sequence[SentimentModel], texts: Sequence[str]) -> Float[Tensor, "row class"]:
    """What trained models answer to every text, each with its own tokenizer: the mean probabilities."""
    answers = []
    for teacher in teachers:
        ids = [teacher.tokenizer.ids(text) or [UNK] for text in texts]
        answers.append(sentiment_logits(teacher, ids).softmax(-1))
    return torch.stack(answers).mean(0)


class SentimentObjective:
    """Labelled texts for a `SentimentModel`.

    Parameters
    ----------
    model
        Gives the tokenizer.
    train, validation
        The two splits.
    treebank
        The texts are Penn Treebank tokens: read half of them as people type, in every epoch anew.
    sampling
        Share of texts cut into a random segmentation (subword regularisation).
    polarity
        More texts with binary labels, negative (0) or positive (1): their loss uses the summed probability
        of the classes on that side.
    words
        Of a longer text every epoch reads another passage of this many words.
    teachers
        Trained models of the same classes: the mean of their outputs for every text is a second target
        besides its label (Hinton et al. 2015).
    teacher_share
        The weight of that in the loss; the label has the rest.
    """

    metric, larger_is_better = "accuracy", True
    _looking = 0.0  # weight of attention's own loss

    def __init__(
        self,
        model: SentimentModel,
        train: Labelled,
        validation: Labelled,
        *,
        treebank: bool = False,
        sampling: float = 0.0,
        polarity: Labelled | None = None,
        words: int = 50,
        teachers: Sequence[SentimentModel] = (),
        teacher_share: float = 0.5,
    ) -> None:
        self._tokenizer, self._train = model.tokenizer, train
        self._teachers, self._teacher_share = teachers, teacher_share
        self._treebank, self._sampling = treebank, sampling
        self._polarity, self._words = polarity or Labelled([], []), words
        self._classes, self._ordered = len(model.spec.classes), model.spec.ordered
        self._validation_ids = [self._tokenizer.ids(text) for text in validation.texts]
        self._validation_labels = validation.labels
        readable(self._validation_ids, validation.texts)

    def training(self, generator: random.Random) -> list[Example] | Flat:
        """One epoch's texts, segmented again where that is sampled, with the teachers' outputs."""
        texts, examples = [], []
        for text, target in self._texts(generator):
            if ids := self._ids(text, generator):
                texts.append(text)
                examples.append(Example(ids, target))
        if not self._teachers:
            return examples
        answers = mean_answers(self._teachers, texts).tolist()
        return [example._replace(answer=answer) for example, answer in zip(examples, answers, strict=True)]

    def _texts(self, generator: random.Random) -> Iterator[tuple[str, int]]:
        """One epoch's texts, as they are read, and their targets."""
        for text, label in zip(self._train.texts, self._train.labels, strict=True):
            yield as_typed(text) if self._treebank and generator.random() < 0.5 else text, label
        for text, side in zip(self._polarity.texts, self._polarity.labels, strict=True):
            words = text.split()
            start = generator.randrange(max(1, len(words) - self._words + 1))
            yield " ".join(words[start : start + self._words]), self._classes + side

    def _ids(self, text: str, generator: random.Random) -> list[int]:
        sampled = generator.random() < self._sampling
        return self._tokenizer.sample(text) if sampled else self._tokenizer.ids(text)

    def loss(
        self, model: torch.nn.Module, batch: Batch, smoothing: float, consistency: float = 0.0
    ) -> Float[Tensor, ""]:
        """The mean loss of a batch, in nats: cross-entropy, and what teachers, attention and R-Drop add."""
        batch = batch.to(device_of(model))
        if consistency:
            batch = batch.twice()
        logits, attended = model(batch.ids, batch.lengths, attended=True)
        losses = polarity_losses(logits.float(), batch.targets, smoothing)
        if batch.answers is not None:
            there = batch.answers.isfinite().all(-1)  # a teacher was asked
            answers = batch.answers.nan_to_num()
            distilled = -(answers * logits.float().log_softmax(-1)).sum(-1)
            losses = torch.lerp(losses, distilled, self._teacher_share * there)
        loss = losses.mean()
        if self._looking and attended is not None and batch.worth is not None:
            loss = loss + self._looking * looking_loss(attended.scores, batch.worth, UNKNOWN)
        return loss + consistency * disagreement(logits) if consistency else loss

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """``accuracy`` (mean over the sets of classes, %), each of these, and ``loss`` (nats per text)."""
        assert isinstance(model, SentimentModel)
        logits = sentiment_logits(model, self._validation_ids)
        scores = sentiment_scores(logits, self._validation_labels, ordered=self._ordered)
        loss = functional.cross_entropy(logits, torch.tensor(self._validation_labels)).item()
        return {"accuracy": sum(scores.values()) / len(scores), **scores, "loss": loss}
