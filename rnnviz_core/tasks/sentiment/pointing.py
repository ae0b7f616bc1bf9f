"""Where attention pooling points, compared with people's labels of single words.

The treebank labels each word of a sentence alone. A word's weight is the sum of its pieces' weights; compared
are words with a letter in them. The area under the curve (AUC) of a sentence is the share of its pairs of a
word that matters and one that does not in which the first has more weight, ties counted half: 0.5 is chance.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.models.classifier import SentimentModel

from .prepared import NEGATORS

NEUTRAL = 2  # of five classes
ROWS = 64  # sentences read at once
MANY = 3  # pieces that make a rare word
_LEAF = re.compile(r"\((\d) ([^() ]+)\)")
_SPAN = re.compile(r"(\d+)-(\d+):[PNU]")
_LETTER = re.compile(r"[^\W\d_]")
_ESCAPES = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", r"\/": "/", r"\*": "*"}


class Read(NamedTuple):
    """One sentence as a model reads it, word by word."""

    weights: np.ndarray  # (word), of attention; they sum to 1
    pieces: np.ndarray  # (word), how many pieces each is cut into
    changed: bool  # whether equal weights change the class it is given


@dataclass(frozen=True)
class Sentence:
    """Words, and people's label of each."""

    words: tuple[str, ...]
    polar: np.ndarray  # (word), bool: it matters

    @property
    def text(self) -> str:
        """The words with a blank in between."""
        return " ".join(self.words)

    def owners(self, ends: Sequence[int]) -> np.ndarray:
        """The word that each piece of `text` belongs to, from where the pieces end.

        A lone blank goes with the word behind it.
        """
        borders = np.cumsum([len(word) + 1 for word in self.words]) - 1
        return np.minimum(np.searchsorted(borders, ends), len(self.words) - 1)

    @property
    def known(self) -> np.ndarray:
        """Which of the words have a letter: those that are compared."""
        return np.array([bool(_LETTER.search(word)) for word in self.words], bool)

    @property
    def negators(self) -> np.ndarray:
        """Which of the words turn others around."""
        return np.array([word.lower() in NEGATORS for word in self.words], bool)


def measure(model: SentimentModel, trees: str, opinions: str | None = None) -> dict[str, Any]:
    """How attention's weights agree with people's labels, rounded as a card shows them.

    Parameters
    ----------
    model
        One with attention pooling.
    trees
        A table of trees in the Penn Treebank's brackets, columns ``tree`` and ``split``; the split ``test``
        is read, and the words of ``train`` are those that have a label in training.
    opinions
        A table of tokenized sentences, columns ``text``, ``opinions`` (``3-4:P;9-9:N``: spans of opinion
        words) and ``split``, of which ``dev`` is read; rows with a reason in ``drop`` are left out.

    Raises
    ------
    SpecError
        When the model has no attention.
    """
    if model.attention is None:
        raise SpecError(f"{model.name} has no attention to compare with people's labels")
    rows = list(parsed(trees))
    sentences = [sentence for split, sentence in rows if split == "test"]
    seen = {word.lower() for split, sentence in rows if split == "train" for word in sentence.words}
    if not sentences or not seen:
        raise DataError(f"{trees}: trees of the splits train and test are needed")
    read = list(_read(model, sentences))
    found: dict[str, Any] = {"trees": f"{Path(trees).name}, split test"}
    found |= _agreement(sentences, read)
    found["negators"] = _negators(sentences, read)
    found["unseen"] = _unseen(sentences, read, seen)
    found["uniform"] = {"rows": len(read), "changed": _percent([one.changed for one in read])}
    if opinions is not None:
        labelled = list(_labelled(opinions))
        areas = [*_areas(labelled, _read(model, labelled))]
        found["opinions"] = {
            "data": f"{Path(opinions).name}, split dev",
            "rows": len(areas),
            "auc": round(float(np.mean(areas)), 3),
        }
    return {"pointing": found}


def at_the_end(model: SentimentModel, trees: str) -> float:
    """How much of the attention a test sentence's last word or mark has: the mean of all sentences, in %."""
    sentences = [sentence for split, sentence in parsed(trees) if split == "test"]
    return 100 * float(np.mean([read.weights[-1] for read in _read(model, sentences)]))


def parsed(trees: str) -> Iterator[tuple[str, Sentence]]:
    """Split and sentence of every row of a table of trees."""
    rows = corpora.load(trees)
    corpora.require(rows, ["tree", "split"], trees)
    for split, tree in zip(rows["split"], rows["tree"], strict=True):
        leaves = _LEAF.findall(tree)
        words = tuple(_unescaped(word) for _, word in leaves)
        yield split, Sentence(words, np.array([int(label) != NEUTRAL for label, _ in leaves], bool))


def _unescaped(word: str) -> str:
    for escape, character in _ESCAPES.items():
        word = word.replace(escape, character)
    return word


def _labelled(opinions: str) -> Iterator[Sentence]:
    rows = corpora.load(opinions)
    corpora.require(rows, ["text", "opinions", "split", "drop"], opinions)
    columns = (rows["text"], rows["opinions"], rows["split"], rows["drop"])
    for text, spans, split, reason in zip(*columns, strict=True):
        if split == "dev" and not reason:
            words = tuple(text.split(" "))
            polar = np.zeros(len(words), bool)
            for start, end in _SPAN.findall(spans):
                polar[int(start) : int(end) + 1] = True
            yield Sentence(words, polar)


@torch.inference_mode()
def _read(model: SentimentModel, sentences: Sequence[Sentence]) -> Iterator[Read]:
    for start in range(0, len(sentences), ROWS):
        part = sentences[start : start + ROWS]
        cut = [model.tokenizer.encode(one.text, limit=10_000) for one in part]
        ids = pad_sequence([torch.tensor(one.ids) for one in cut], batch_first=True)
        encoded = model.encode(ids, torch.tensor([len(one.ids) for one in cut]))
        vector, attended = model.read(encoded)
        assert attended is not None
        mask = encoded.mask.unsqueeze(-1)
        even = (encoded.states * mask).sum(1) / mask.sum(1)
        changed = model.output(vector).argmax(-1) != model.output(even).argmax(-1)
        for row, (sentence, encoding) in enumerate(zip(part, cut, strict=True)):
            owner = sentence.owners([token.end for token in encoding.tokens])
            weights, count = attended.weights[row, : len(owner)].double().numpy(), len(sentence.words)
            yield Read(
                np.bincount(owner, weights, count), np.bincount(owner, minlength=count), bool(changed[row])
            )


def area(weights: np.ndarray, polar: np.ndarray) -> float:
    """The share of pairs of a word that matters and one that does not in which the first has more weight."""
    apart = weights[polar][:, None] - weights[~polar]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _areas(sentences: Sequence[Sentence], read: Iterator[Read]) -> Iterator[float]:
    for sentence, one in zip(sentences, read, strict=True):
        known = sentence.known
        polar = sentence.polar[known]
        if polar.any() and not polar.all():
            yield area(one.weights[known], polar)


def _agreement(sentences: Sequence[Sentence], read: Sequence[Read]) -> dict[str, Any]:
    """Over the sentences that have words of both kinds; once more with negators among those that matter."""
    areas, heaviest, with_negators, heads, rare = [], [], [], [], []
    for sentence, one in zip(sentences, read, strict=True):
        known = sentence.known
        weights, polar, turns = one.weights[known], sentence.polar[known], sentence.negators[known]
        if not polar.any() or polar.all():
            continue
        top = int(weights.argmax())
        areas.append(area(weights, polar))
        heaviest.append(polar[top])
        matters = polar | turns
        heads.append(matters[top])
        rare.append(not matters[top] and one.pieces[known][top] >= MANY)
        with_negators.append(1.0 if matters.all() else area(weights, matters))
    return {
        "sentences": len(areas),
        "auc": round(float(np.mean(areas)), 3),
        "heaviest": _percent(heaviest),
        "auc_negators": round(float(np.mean(with_negators)), 3),
        "heaviest_negators": _percent(heads),
        "rare": _percent(rare),
    }


def _negators(sentences: Sequence[Sentence], read: Sequence[Read]) -> dict[str, Any]:
    """How often they stand there, and their mean weight counted in equal shares of the sentence's words."""
    shares = [
        float(one.weights[place] * len(sentence.words))
        for sentence, one in zip(sentences, read, strict=True)
        for place in np.flatnonzero(sentence.negators)
    ]
    return {"words": len(shares), "shares": round(float(np.mean(shares)), 2) if shares else 0.0}


def _unseen(sentences: Sequence[Sentence], read: Sequence[Read], seen: set[str]) -> dict[str, Any]:
    """Words that matter and have no label in training: the neutral words around them that weigh less."""
    outranked = []
    for sentence, one in zip(sentences, read, strict=True):
        known = sentence.known
        new = np.array([word.lower() not in seen for word in sentence.words]) & sentence.polar & known
        neutral = known & ~sentence.polar & ~sentence.negators
        if neutral.any():
            outranked += [(one.weights[neutral] < one.weights[at]).mean() for at in np.flatnonzero(new)]
    return {
        "words": len(outranked),
        "outrank": round(100 * float(np.mean(outranked)), 1) if outranked else 0.0,
    }


def _percent(values: Sequence[bool]) -> float:
    return round(100 * sum(map(bool, values)) / max(len(values), 1), 1)
