"""What training a translator means: its examples, its loss, its validation figures."""

import random
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from rnnviz_core.inputs.corpora import Pairs, joined
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.search.beam import translations
from rnnviz_core.training.batches import Batch, Example, bucketed
from rnnviz_core.training.objectives import (
    EVALUATION_ROWS,
    device_of,
    disagreement,
    readable,
)

TEACHER_BEAM = 5  # of the search for a teacher's translation


def likeliest(candidates: Sequence[str], given: str) -> str:
    """The first of a teacher's translations, which come best first."""
    return candidates[0]


def nearest(candidates: Sequence[str], given: str) -> str:
    """The candidate with the highest sentence-level BLEU to the given translation, case aside."""
    from sacrebleu.metrics import BLEU

    metric = BLEU(lowercase=True, effective_order=True)
    return max(candidates, key=lambda text: metric.sentence_score(text, [given]).score)


class TranslationObjective:
    """Sentence pairs for a `TranslationModel`.

    Parameters
    ----------
    model
        Gives the tokenizers.
    train, validation
        The two splits.
    beside, beside_validation
        Pairs of another kind, learned together with these; on their validation pairs a loss of its own is
        measured, and what picks the best epoch is the mean of the two, whichever has more pairs.
    repeat
        How often an epoch reads a pair of `train`; it reads those of `beside` once.
    sampling
        Share of source texts cut into a random segmentation (subword regularisation).
    limit
        Pairs with more pieces than this in either language are left out of training.
    teachers
        Trained models of the same languages. Their translations of the training texts are learned beside
        the given ones (sequence-level distillation, Kim and Rush 2016).
    teacher_nearest
        Of a teacher's beam, take the translation that is nearest to the given one (sequence-level
        interpolation, the same) instead of the likeliest.
    teacher_share
        Share of texts that an epoch reads with a teacher's translation, drawn anew in every epoch.
    """

    metric, larger_is_better = "loss", False

    def __init__(
        self,
        model: TranslationModel,
        train: Pairs,
        validation: Pairs,
        *,
        beside: Pairs | None = None,
        beside_validation: Pairs | None = None,
        repeat: int = 1,
        sampling: float = 0.0,
        limit: int = 60,
        teachers: Sequence[TranslationModel] = (),
        teacher_nearest: bool = False,
        teacher_share: float = 0.5,
    ) -> None:
        self._source, self._target = model.source_tokenizer, model.target_tokenizer
        own = len(train.sources)
        train = train if beside is None else joined([train, beside]) or train
        self._sources, self._sampling, self._limit = train.sources, sampling, limit
        self._rows = [*range(own)] * repeat + [*range(own, len(train.sources))]
        self._validation = self._encode(validation)
        self._beside = None if beside_validation is None else self._encode(beside_validation)
        self._teacher_share = teacher_share
        choose = nearest if teacher_nearest else likeliest
        distilled = [
            [
                choose(translations(teacher, text, beam=TEACHER_BEAM), given)
                for text, given in zip(train.sources, train.targets, strict=True)
            ]
            for teacher in teachers
        ]
        # Cut into pieces once: every epoch reads them again.
        self._ids = [self._source.ids(text) for text in train.sources]
        self._targets = [[self._wanted(text) for text in texts] for texts in (train.targets, *distilled)]

    def _wanted(self, target: str) -> list[int]:
        return [BOS, *self._target.ids(target), EOS]

    def _encode(self, pairs: Pairs) -> list[Example]:
        ids = [self._source.ids(text) for text in pairs.sources]
        readable(ids, pairs.sources)
        return [Example(*pair) for pair in zip(ids, map(self._wanted, pairs.targets), strict=True)]

    def training(self, generator: random.Random) -> list[Example]:
        """One epoch's pairs, with a teacher's translation in place of the given one where that is drawn."""
        given, *distilled = self._targets
        targets = [given[row] for row in self._rows]
        if distilled:
            targets = [
                generator.choice([answers[row] for answers in distilled])
                if generator.random() < self._teacher_share
                else target
                for row, target in zip(self._rows, targets, strict=True)
            ]
        examples = []
        for row, target in zip(self._rows, targets, strict=True):
            sampled = generator.random() < self._sampling
            ids = self._source.sample(self._sources[row]) if sampled else self._ids[row]
            if ids and max(len(ids), len(target) - 2) <= self._limit:
                examples.append(Example(ids, target))
        return examples

    def loss(
        self, model: torch.nn.Module, batch: Batch, smoothing: float, consistency: float = 0.0
    ) -> Float[Tensor, ""]:
        """The mean cross-entropy per target piece, in nats, with the part of R-Drop where it has a weight."""
        batch = batch.to(device_of(model))
        if consistency:
            batch = batch.twice()
        wanted = batch.targets[:, 1:]
        keep = wanted != PAD
        logits = model(batch.ids, batch.lengths, batch.targets[:, :-1], keep)
        loss = functional.cross_entropy(logits.float(), wanted[keep], label_smoothing=smoothing)
        return loss + consistency * disagreement(logits) if consistency else loss

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """The mean cross-entropy per target piece, in nats; R-Drop adds its part where it has a weight."""
        assert isinstance(model, TranslationModel)
        loss, each = loss_per_piece(model, self._validation), {}
        if self._beside is not None:
            each = {"loss_data": loss, "loss_beside": loss_per_piece(model, self._beside)}
            loss = sum(each.values()) / len(each)
        return {"loss": loss, "perplexity": float(torch.tensor(loss).exp()), **each}


def loss_per_piece(model: TranslationModel, examples: list[Example]) -> float:
    """The mean negative log-probability of the references' pieces."""
    loss, pieces = translation_loss(model, examples)
    return loss / pieces


@torch.inference_mode()
def translation_loss(model: TranslationModel, examples: list[Example]) -> tuple[float, int]:
    """Summed negative log-probability of the references' pieces, and how many pieces."""
    total, pieces = 0.0, 0
    for batch in bucketed(examples, EVALUATION_ROWS, None):
        batch = batch.to(device_of(model))
        wanted = batch.targets[:, 1:]
        keep = wanted != PAD
        logits = model(batch.ids, batch.lengths, batch.targets[:, :-1], keep)
        total += functional.cross_entropy(logits, wanted[keep], reduction="sum").item()
        pieces += int(keep.sum())
    return total, pieces
