"""A mixture of texts, encoded once for all models that are trained on it: what ``prepare`` writes.

The folder holds ``source.model`` (the vocabulary), ``texts.safetensors`` (arrays, a group per source) and
``prepared.json`` (the sources with their digests, counts, and the words' own labels).
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from rnnviz_core.checkpoints.registry import load, replace
from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.inputs.treebank import as_typed
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.training.flat import UNKNOWN, Flat, joined

from .templates import templated

ARRAYS, ABOUT, VOCABULARY = "texts.safetensors", "prepared.json", "source.model"
NEUTRAL = 1  # of label3
NO_LABEL = -1
# Words that turn others around: they matter, although the treebank calls them neutral.
NEGATORS = (
    *("not", "n't", "never", "no", "nothing", "nobody", "none", "neither"),
    *("nor", "without", "hardly", "barely", "cannot", "cant", "dont", "isnt"),
    *("wasnt", "doesnt", "didnt", "wont", "nowhere", "rarely", "seldom", "scarcely"),
)
EMOJI = (
    *("😊", "😍", "😭", "😢", "😂", "❤️", "❤", "♥", "👍", "👎", "😡", "😠"),
    *("😀", "😃", "😄", "😁", "🙂", "😉", "😘", "🥰", "🤣", "😅", "🙄", "😒"),
    *("😞", "😔", "😩", "😱", "💔", "🎉", "🔥", "🙏", "🤮", "💩", "👏", "😎"),
    *("🤗", "🤔", "😴", "☹", "🙁", "😋", "😬", "🤩", "😤", "😥", "😕", "✨"),
)
SYMBOLS = (
    *("n't", "'s", "'m", "'re", "'ve", "'ll", "!!!", "!!", "???", "??", "?!", "..."),
    *(":)", ":-)", ":(", ":-(", ":D", ";)", ":/", "<3"),
    *EMOJI,
)
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True)
class Preparation:
    """What goes into a mixture. Sources are tables, as `rnnviz_core.inputs.corpora` reads them."""

    data: str  # Penn Treebank phrases with label5
    validation: str  # sentences with label5 and a column `split`
    everyday: tuple[str, ...] = ()  # tables with label3 (0, 1, 2), `split` and `drop` (a reason, or empty)
    reviews: tuple[str, ...] = ()  # long texts known only as negative or positive (`label`)
    reading: tuple[str, ...] = ()  # texts to read without labels
    exclude: tuple[str, ...] = ()  # COLUMN=VALUE: rows of `data` to drop
    vocabulary: int = 14_000  # pieces at most
    templates: int = 20_000  # texts from templates that the vocabulary is learned from, besides all others
    vocabulary_of: str = ""  # a checkpoint whose vocabulary is used; none is learned then


@dataclass(frozen=True)
class Prepared:
    """A mixture as it is read back. Targets are classes of five, or 5 + side, or `NO_LABEL`."""

    folder: Path
    tokenizer: Tokenizer
    groups: Mapping[str, Flat]  # by name: "phrases", "typed", "validation", "everyday/NAME", "dev/NAME" ...
    worth: Mapping[str, int]  # of a word: how far its own label is from neutral
    digest: str

    def worth_of(self, ids: Sequence[int]) -> list[int]:
        """The worth of every piece of a text."""
        return worth_of([self.tokenizer.pieces[id_] for id_ in ids], self.worth)

    def encode(self, texts: Iterable[str], targets: Iterable[int]) -> Flat:
        """More texts in the mixture's vocabulary."""
        rows = [self.tokenizer.ids(text) for text in texts]
        return Flat.of(rows, targets, [self.worth_of(row) for row in rows])

    def running(self) -> Flat:
        """All texts of some length, for reading without their labels."""
        names = [name for group in ("reviews", "reading", "everyday") for name in self.names(group)]
        return joined([dataclasses.replace(self.groups[name], worth=None) for name in names])

    def names(self, group: str) -> list[str]:
        """The sources that have a part in a group such as ``everyday``."""
        return [name for name in self.groups if name.startswith(f"{group}/")]


def worth_of(pieces: Sequence[str], worth: Mapping[str, int]) -> list[int]:
    """How far from neutral the word of every piece is by its own label; `UNKNOWN` where it has none."""
    found: list[int] = []
    word = ""
    count = 0

    def close() -> None:
        found.extend([worth.get(word, UNKNOWN)] * count)

    for piece in pieces:
        text = piece.removeprefix("▁")
        joins = (
            text and piece == text and text not in SYMBOLS and _LETTERS.match(text) and _LETTERS.search(word)
        )
        if not joins:
            close()
            word, count = "", 0
        word += text
        count += 1
    close()
    return found


def side_target(label3: int) -> int:
    """Of five classes: neutral is the middle one, the others a side."""
    return {0: 5, NEUTRAL: 2, 2: 6}[label3]


def is_prepared(source: str) -> bool:
    """Whether a source is a folder that `prepare` wrote."""
    return (Path(source) / ARRAYS).is_file()


def prepare(plan: Preparation, out: str | Path) -> Path:
    """Read all tables, learn a vocabulary from them or take a checkpoint's, and write all of it encoded."""
    out = Path(out)
    train = corpora.labelled(plan.data, "train", 5, exclude=plan.exclude)
    check = corpora.labelled(plan.validation, "validation", 5)
    everyday = {_name(source): _everyday(source) for source in plan.everyday}
    reviews = {source: corpora.polarity(source, "train") for source in plan.reviews}
    reading = {source: corpora.unlabelled(source, None).texts for source in plan.reading}
    typed = [as_typed(text) for text in train.texts]
    tokenizer = (
        _tokenizer_of(plan.vocabulary_of)
        if plan.vocabulary_of
        else _learned(plan, [text for part, _ in everyday.values() for text in part.texts])
    )
    worth = _worth(train)
    groups = {
        "phrases": _encode(tokenizer, train.texts, train.labels),
        "typed": _encode(tokenizer, typed, train.labels),
        "validation": _encode(tokenizer, check.texts, check.labels),
    }
    for name, parts in everyday.items():
        for group, part in zip(("everyday", "dev"), parts, strict=True):
            targets = [side_target(label) for label in part.labels]
            if part.texts:
                groups[f"{group}/{name}"] = _encode(tokenizer, part.texts, targets)
    for source, found in reviews.items():
        sides = [5 + side for side in found.labels]
        groups[f"reviews/{_name(source)}"] = _encode(tokenizer, found.texts, sides)
    for source, some in reading.items():
        groups[f"reading/{_name(source)}"] = _encode(tokenizer, some, [NO_LABEL] * len(some))
    return _write(out, plan, tokenizer, groups, worth)


def _tokenizer_of(checkpoint: str) -> Tokenizer:
    """The vocabulary that a sentiment model reads with, so that others can be compared with it by piece."""
    found = load(checkpoint)
    if not isinstance(found, SentimentModel):
        raise DataError(f"{checkpoint} is not a sentiment model: its vocabulary cannot encode these texts")
    return found.tokenizer


def _learned(plan: Preparation, everyday: Sequence[str]) -> Tokenizer:
    """A vocabulary learned from the treebank's sentences, everyday texts and templates."""
    whole = corpora.labelled(plan.validation, "train", 5).texts
    texts = [*(as_typed(text) for text in whole), *whole, *everyday]
    texts += [text for text, *_ in templated(plan.templates)]
    return Tokenizer.train(texts, plan.vocabulary, lowercase=True, symbols=SYMBOLS, fallback=True)


def _name(source: str) -> str:
    return Path(corpora.own_split(source)[0]).name.split(".")[0]


def _everyday(source: str) -> tuple[corpora.Labelled, corpora.Labelled]:
    """The usable rows of a table with `label3`, for training and for validation.

    Rows with a reason to drop them are dropped; tokens are written as people type.
    """
    rows = corpora.load(source)
    corpora.require(rows, ("text", "label3", "split"), source)
    reasons = rows["drop"] if "drop" in rows.column_names else [""] * len(rows)
    kept: dict[str, tuple[list[str], list[int]]] = {"train": ([], []), "dev": ([], [])}
    for text, label, reason, split in zip(rows["text"], rows["label3"], reasons, rows["split"], strict=True):
        if label and not reason and split in kept:
            kept[split][0].append(as_typed(text))
            kept[split][1].append(int(label))
    if not kept["train"][0]:
        raise DataError(f"{source}: no row of the split 'train' has a label3")
    return corpora.Labelled(*kept["train"]), corpora.Labelled(*kept["dev"])


def _worth(train: corpora.Labelled) -> dict[str, int]:
    """Of every single word among the phrases, how far its label is from neutral; negators count as strong."""
    leaves = {
        text.lower(): abs(label - 2)
        for text, label in zip(train.texts, train.labels, strict=True)
        if " " not in text
    }
    return {**leaves, **dict.fromkeys(NEGATORS, 2)}


def _encode(tokenizer: Tokenizer, texts: Sequence[str], targets: Sequence[int]) -> Flat:
    rows = [tokenizer.ids(text) for text in texts]
    kept = [index for index, row in enumerate(rows) if row]
    return Flat.of([rows[index] for index in kept], [targets[index] for index in kept])


def _write(
    out: Path, plan: Preparation, tokenizer: Tokenizer, groups: Mapping[str, Flat], worth: Mapping[str, int]
) -> Path:
    arrays = {}
    for name, flat in groups.items():
        arrays[f"{name}:ids"] = flat.ids.astype(np.uint16)
        arrays[f"{name}:lengths"] = flat.lengths.astype(np.uint16 if flat.lengths.max() < 65536 else np.int64)
        arrays[f"{name}:targets"] = flat.targets.astype(np.int8)
    sources = (plan.data, plan.validation, *plan.everyday, *plan.reviews, *plan.reading)
    about: dict[str, Any] = {
        "plan": dataclasses.asdict(plan),
        "sha256": {
            Path(name).name: hashlib.sha256(Path(name).read_bytes()).hexdigest()
            for name in dict.fromkeys(corpora.own_split(source)[0] for source in sources)
            if not name.startswith(corpora.HUB)
        },
        "texts": {name: len(flat) for name, flat in groups.items()},
        "pieces": {name: len(flat.ids) for name, flat in groups.items()},
        "worth": dict(worth),
    }
    out.mkdir(parents=True, exist_ok=True)
    replace(out / VOCABULARY, lambda path: path.write_bytes(tokenizer.serialized))
    replace(
        out / ABOUT, lambda path: path.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    )
    replace(out / ARRAYS, lambda path: save_file(arrays, path))
    return out


@lru_cache(maxsize=1)
def read(folder: str) -> Prepared:
    """A mixture that `prepare` wrote; the last one read is kept.

    Raises
    ------
    DataError
        When the folder does not hold one.
    """
    path = Path(folder)
    try:
        arrays = load_file(path / ARRAYS)
        about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        tokenizer = Tokenizer.cached((path / VOCABULARY).read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} holds no prepared texts ({error}); make them with `prepare`") from None
    worth = about["worth"]
    by_piece = np.array([UNKNOWN] * len(tokenizer), np.uint8)
    for id_, piece in enumerate(
        tokenizer.pieces
    ):  # most words are one piece: the rest is looked at one by one
        by_piece[id_] = worth.get(piece.removeprefix("▁"), UNKNOWN)
    groups = {}
    for name in (key.removesuffix(":ids") for key in arrays if key.endswith(":ids")):
        ids, lengths = arrays[f"{name}:ids"].astype(np.int32), arrays[f"{name}:lengths"].astype(np.int64)
        starts = np.cumsum(lengths) - lengths
        groups[name] = Flat(ids, starts, lengths, arrays[f"{name}:targets"].astype(np.int64))
    joins = np.array([_joins(piece) for piece in tokenizer.pieces])
    for name, flat in groups.items():
        if not name.startswith(("reading", "dev", "validation")):
            groups[name] = dataclasses.replace(flat, worth=_worths(flat, by_piece, joins, tokenizer, worth))
    digest = hashlib.sha256((path / ARRAYS).read_bytes()).hexdigest()
    return Prepared(path, tokenizer, groups, worth, digest)


def _joins(piece: str) -> bool:
    """Whether a piece goes on with the word before it."""
    return not piece.startswith("▁") and piece not in SYMBOLS and bool(_LETTERS.match(piece))


def _worths(
    flat: Flat, by_piece: np.ndarray, joins: np.ndarray, tokenizer: Tokenizer, worth: Mapping[str, int]
) -> np.ndarray:
    """The worth of every piece of many texts: a word of one piece by a look-up, the others word by word."""
    first = np.zeros(len(flat.ids), bool)
    first[flat.starts] = True
    on = joins[flat.ids] & ~first
    if len(on):  # after a piece without a letter nothing goes on
        lettered = np.array([bool(_LETTERS.search(piece.removeprefix("▁"))) for piece in tokenizer.pieces])
        on[1:] &= lettered[flat.ids[:-1]]
    found = by_piece[flat.ids].copy()
    begins = np.flatnonzero(~on)
    ends = np.append(begins[1:], len(flat.ids))
    known: dict[tuple[int, ...], int] = {}
    for start, end in zip(begins[ends - begins > 1], ends[ends - begins > 1], strict=True):
        key = tuple(flat.ids[start:end].tolist())
        if key not in known:
            word = "".join(tokenizer.pieces[id_].removeprefix("▁") for id_ in key)
            known[key] = worth.get(word, UNKNOWN)
        found[start:end] = known[key]
    return found
