"""A sentiment model's objective on a prepared mixture: what an epoch reads, and what is validated.

Reviews hold negations in negative texts nearly always, so everyday texts are drawn evenly over the labels:
among the texts with a negation, and among those without one.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from rnnviz_core.checkpoints.registry import replace as put
from rnnviz_core.errors import SpecError
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.training.flat import Flat, joined
from rnnviz_core.training.objectives import device_of

from .objective import SentimentObjective, flat_logits, second_side, sentiment_scores
from .prepared import NEGATORS, Prepared, side_target
from .templates import templated

REPEATS = 2  # times that an epoch may draw one everyday text, where a label is rare
DEV_ROWS = 600  # of a source's development texts at most
TEACHER_ROWS = 512  # texts per batch that a teacher answers


@dataclass(frozen=True)
class Amounts:
    """What an epoch reads, besides every phrase once."""

    everyday: int = 150_000  # everyday texts
    templates: int = 20_000  # texts from templates
    reviews: int = 0  # passages of reviews
    passage: int = 60  # pieces of a longer text that are read, in every epoch others
    typed: float = 0.5  # share of the phrases that are read as people type instead of in tokens
    leave_out: tuple[str, ...] = ()  # families of templates that are not used


class MixedObjective(SentimentObjective):
    """The objective on a prepared mixture.

    Parameters
    ----------
    model
        Must read with the mixture's vocabulary.
    prepared, amounts
        The texts, and how many of them an epoch reads.
    teachers, teacher_share
        As in `SentimentObjective`. Their answers are stored beside the mixture, so each is computed once.
    looking
        Weight of attention's own loss: its cross-entropy against the words' own labels.
    seed
        Of the templates.
    """

    def __init__(
        self,
        model: SentimentModel,
        prepared: Prepared,
        amounts: Amounts,
        *,
        teachers: Sequence[SentimentModel] = (),
        teacher_share: float = 0.5,
        looking: float = 0.0,
        seed: int = 0,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        if len(model.spec.classes) != 5:
            raise SpecError("a prepared mixture has five classes; leave out --classes")
        self._prepared, self._amounts = prepared, amounts
        self._teacher_share, self._looking, self._shard = teacher_share, looking, share
        made = templated(amounts.templates, seed, amounts.leave_out)
        self._templates = prepared.encode(
            [one.text for one in made], [side_target(one.label) for one in made]
        )
        self._everyday = {name: prepared.groups[name] for name in prepared.names("everyday")}
        self._groups = {name: prepared.groups[name] for name in ("phrases", "typed")} | self._everyday
        if not looking:  # attention is free, or there is none: nothing to carry along
            self._groups = {name: replace(flat, worth=None) for name, flat in self._groups.items()}
            self._templates = replace(self._templates, worth=None)
        self._answer(teachers)
        self._cells = {name: cells(flat, self._negators) for name, flat in self._everyday.items()}

    def _answer(self, teachers: Sequence[SentimentModel]) -> None:
        if not teachers:
            return
        key = hashlib.sha256(self._prepared.digest.encode())
        for teacher in teachers:
            if teacher.tokenizer.serialized != self._prepared.tokenizer.serialized:
                raise SpecError(f"{teacher.name} cannot teach: it was not trained on {self._prepared.folder}")
            for value in teacher.state_dict().values():
                key.update(value.detach().half().cpu().numpy().tobytes())
        path = self._prepared.folder / f"answers-{key.hexdigest()[:16]}.npz"
        if path.exists():
            with np.load(path) as file:
                found = {name: file[name] for name in file.files}
        else:
            found = {name.replace("/", "|"): answers(teachers, flat) for name, flat in self._groups.items()}
            put(path, lambda temporary: _write(temporary, found))
        self._groups = {
            name: replace(flat, answers=found[name.replace("/", "|")]) for name, flat in self._groups.items()
        }
        self._templates = replace(self._templates, answers=answers(teachers, self._templates))

    @cached_property
    def _negators(self) -> np.ndarray:
        """Whether a piece is a negation."""
        return np.array([piece.removeprefix("▁") in NEGATORS for piece in self._prepared.tokenizer.pieces])

    def training(self, generator: random.Random) -> Flat:
        """One epoch's texts: every phrase, and a fresh draw of the others."""
        draws = np.random.default_rng(generator.getrandbits(64))
        amounts = self._amounts
        phrases, typed = self._groups["phrases"], self._groups["typed"]
        as_people_type = draws.random(len(phrases)) < amounts.typed
        parts = [phrases.take(np.flatnonzero(~as_people_type)), typed.take(np.flatnonzero(as_people_type))]
        for name, number in shares(self._everyday, amounts.everyday).items():
            rows = drawn(self._cells[name], number, draws)
            parts.append(passages(self._groups[name].take(rows), amounts.passage, draws))
        for name in self._prepared.names("reviews"):
            reviews = self._prepared.groups[name]
            number = amounts.reviews // len(self._prepared.names("reviews"))
            parts.append(self._like(reviews.take(draws.permutation(len(reviews))[:number]), draws))
        parts.append(self._templates)
        epoch = joined(parts)
        rank, size = self._shard
        return epoch if size == 1 else epoch.take(np.arange(rank, len(epoch), size))

    def _like(self, reviews: Flat, draws: np.random.Generator) -> Flat:
        """Passages of reviews, of which no teacher was asked."""
        reviews = passages(reviews, self._amounts.passage, draws)
        if self._templates.answers is not None:
            nothing = np.full((len(reviews), 5), np.nan, np.float16)
            reviews = replace(reviews, answers=nothing)
        return reviews if self._looking else replace(reviews, worth=None)

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """Accuracy on the treebank's sentences, and mean recall over the sources of everyday texts."""
        assert isinstance(model, SentimentModel)
        sentences = self._prepared.groups["validation"]
        logits = flat_logits(model, sentences)
        scores = sentiment_scores(logits, sentences.targets.tolist())
        scores |= everyday_scores(model, {n: self._prepared.groups[n] for n in self._prepared.names("dev")})
        loss = functional.cross_entropy(logits, torch.from_numpy(sentences.targets)).item()
        return {"accuracy": sum(scores.values()) / len(scores), **scores, "loss": loss}


def everyday_scores(model: SentimentModel, groups: Mapping[str, Flat]) -> dict[str, float]:
    """Means over the sources: recall of both sides; recall of three classes where one is neutral."""
    two, three = [], []
    for flat in groups.values():
        rows = np.linspace(0, len(flat) - 1, min(len(flat), DEV_ROWS)).astype(int)  # tables may be sorted
        flat = flat.take(rows)
        logits = flat_logits(model, flat)
        truth = torch.from_numpy(np.select([flat.targets == 5, flat.targets == 2], [0, 1], 2))
        upper = second_side(logits)
        sides = [side for side in (0, 2) if (truth == side).any()]
        two.append(np.mean([(upper[truth == side] == (side == 2)).double().mean().item() for side in sides]))
        if (truth == 1).sum() >= 20:
            p = logits.softmax(-1)
            third = torch.stack((p[:, :2].sum(-1), p[:, 2], p[:, 3:].sum(-1)), -1).argmax(-1)
            recalls = [(third[truth == label] == label).double().mean().item() for label in range(3)]
            three.append(np.mean(recalls))
    means = {"everyday2": two, "everyday3": three}
    return {name: 100 * float(np.mean(found)) for name, found in means.items() if found}


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with path.open("wb") as file:  # given a name, numpy would add an ending to it
        np.savez(file, allow_pickle=False, **arrays)


@torch.inference_mode()
def answers(teachers: Sequence[SentimentModel], flat: Flat) -> np.ndarray:
    """The mean probabilities that models give to every text, (text, class), in half precision."""
    total = np.zeros((len(flat), 5), np.float32)
    bare = replace(flat, targets=np.arange(len(flat)), worth=None, answers=None)
    for teacher in teachers:
        for batch in bare.batches(TEACHER_ROWS, None):
            there = batch.to(device_of(teacher))
            total[batch.targets.numpy()] += teacher(there.ids, there.lengths).softmax(-1).cpu().numpy()
    return (total / len(teachers)).astype(np.float16)


def cells(flat: Flat, negators: np.ndarray) -> dict[tuple[int, bool], np.ndarray]:
    """The rows of every label, those with a negation apart."""
    hits = np.concatenate(([0], np.cumsum(negators[flat.ids])))
    negated = hits[flat.starts + flat.lengths] > hits[flat.starts]
    return {
        (int(label), with_it): np.flatnonzero((flat.targets == label) & (negated == with_it))
        for label in np.unique(flat.targets)
        for with_it in (False, True)
    }


def shares(groups: Mapping[str, Flat], number: int) -> dict[str, int]:
    """How many texts of every source: as the root of its size, so that no source drowns the others."""
    roots = {name: len(flat) ** 0.5 for name, flat in groups.items()}
    return {name: round(number * root / sum(roots.values())) for name, root in roots.items()}


def drawn(
    cells: Mapping[tuple[int, bool], np.ndarray], number: int, draws: np.random.Generator
) -> np.ndarray:
    """About `number` rows, balanced by label among the texts with a negation and among those without."""
    labels = sorted({label for label, _ in cells})
    sizes = {kind: sum(len(cells[label, kind]) for label in labels) for kind in (False, True)}
    found = []
    for kind, size in sizes.items():
        wanted = round(number * size / sum(sizes.values()) / len(labels))
        for label in labels:
            rows = cells[label, kind]
            order = np.concatenate([draws.permutation(rows) for _ in range(REPEATS)])
            found.append(order[:wanted])
    return np.concatenate(found)


def passages(flat: Flat, pieces: int, draws: np.random.Generator) -> Flat:
    """Of longer texts a passage of `pieces` pieces, cut at random."""
    room = np.maximum(flat.lengths - pieces, 0)
    starts = flat.starts + (draws.random(len(flat)) * (room + 1)).astype(np.int64)
    return replace(flat, starts=starts, lengths=np.minimum(flat.lengths, pieces))
