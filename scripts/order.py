"""What order adds: the same words as written, backwards and shuffled, for every model that judges.

    python -m scripts.order --data FOLDER [--mixture runs/everyday] [ID ...]

On the test sentences of the treebank: binary accuracy as written, backwards and shuffled, and the
share of five-class answers that shuffling changes. On our own sentences: everyday ones, minimal pairs (both
members right), and the small set on negation. With ``--mixture`` a linear model on the pieces and pairs of
neighbouring pieces of one epoch stands beside them (that of `scripts.floor`): the texts that `prepare` wrote.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.inputs import corpora, tables
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.tasks.sentiment import prepared
from rnnviz_core.tasks.sentiment.mixing import Amounts, MixedObjective
from rnnviz_core.tasks.sentiment.objective import second_side, sentiment_logits
from rnnviz_core.tasks.sentiment.scoring import known_ids
from rnnviz_core.training.flat import Flat

from .floor import decide
from .models import find
from .verify import EVERYDAY, PROBE

SEED = 0
FIGURES = ("as written", "backwards", "shuffled", "changed", "everyday", "pairs", "negation")
Sides = Callable[[Sequence[str]], np.ndarray]  # texts -> whether each is on the upper side


def shuffled(text: str, generator: random.Random) -> str:
    """The words of a text, split at blanks, in another order."""
    words = text.split()
    generator.shuffle(words)
    return " ".join(words)


def percent(values: Sequence[bool] | np.ndarray) -> float:
    """The share that is true."""
    return 100 * float(np.mean(values))


def figures(sides: Sides, test: tuple[list[str], np.ndarray]) -> dict[str, float]:
    """Those of `FIGURES` that follow from the sides alone."""
    texts, upper = test
    generator = random.Random(SEED)
    dealt = [shuffled(text, generator) for text in texts]
    found = {
        "as written": percent(sides(texts) == upper),
        "backwards": percent(sides([" ".join(reversed(text.split())) for text in texts]) == upper),
        "shuffled": percent(sides(dealt) == upper),
    }
    everyday, pairs = (tables.read(EVERYDAY / name) for name in ("everyday.tsv", "pairs.tsv"))
    probe = tables.read(PROBE)
    found["everyday"] = percent(_right(sides, everyday))
    both: dict[tuple[str, str], bool] = {}
    for key, fits in zip(zip(pairs["split"], pairs["pair"], strict=True), _right(sides, pairs), strict=True):
        both[key] = both.get(key, True) and bool(fits)
    found["pairs"] = percent(list(both.values()))
    negated = np.array([split == "negation" for split in probe["split"]])
    found["negation"] = percent(_right(sides, probe)[negated])
    return found


def _right(sides: Sides, table: dict[str, list[str]]) -> np.ndarray:
    return sides(table["text"]) == np.array([label == "1" for label in table["label2"]])


def changed(model: SentimentModel, texts: Sequence[str]) -> float:
    """How many answers shuffling the words changes, in percent."""
    generator = random.Random(SEED)
    before, after = (
        sentiment_logits(model, [known_ids(model, text) for text in some]).argmax(-1)
        for some in (texts, [shuffled(text, generator) for text in texts])
    )
    return percent((before != after).numpy())


def linear(folder: Path) -> Sides:
    """A linear model on pieces and pairs of pieces, of one epoch of a mixture."""
    mixture = prepared.read(str(folder))
    shape = SentimentModel(SentimentSpec("none", embedding=1), mixture.tokenizer)  # type: ignore[arg-type]
    epoch = MixedObjective(shape, mixture, Amounts()).training(random.Random(SEED))
    taken = epoch.take(np.flatnonzero(np.isin(epoch.targets, (0, 1, 3, 4, 5, 6))))
    upper = np.isin(taken.targets, (3, 4, 6))
    vectorizer = CountVectorizer(ngram_range=(1, 2), binary=True, token_pattern=r"\S+", min_df=2)
    fitted: csr_matrix = vectorizer.fit_transform(_rows(taken))
    click.echo(f"linear model: {len(upper):,} texts, {fitted.shape[1]:,} weights")

    def sides(texts: Sequence[str]) -> np.ndarray:
        seen: Any = vectorizer.transform([" ".join(map(str, mixture.tokenizer.ids(text))) for text in texts])
        return decide(fitted, upper, seen) > 0

    return sides


def _rows(texts: Flat) -> list[str]:
    """Ids as words."""
    words = texts.ids.astype(str)
    return [
        " ".join(words[start : start + size])
        for start, size in zip(texts.starts.tolist(), texts.lengths.tolist(), strict=True)
    ]


def _network(model: SentimentModel) -> Sides:
    return lambda texts: second_side(
        sentiment_logits(model, [known_ids(model, text) for text in texts])
    ).numpy()


@click.command(help=__doc__)
@click.argument("models", nargs=-1)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--mixture", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(models: tuple[str, ...], data: Path, mixture: Path | None) -> None:
    (path,) = find(data, ["DATA/sst_sentences.tsv.gz"])
    known = corpora.labelled(path, "test", 5)
    kept = [(text, label > 2) for text, label in zip(known.texts, known.labels, strict=True) if label != 2]
    test = [text for text, _ in kept], np.array([upper for _, upper in kept])
    entries = [
        entry
        for entry in checkpoints.scan(places.shipped()).entries
        if task_of_spec(entry.spec).probed and (entry.id in models or not models)
    ]
    click.echo("  ".join(["model", *FIGURES]))
    if mixture is not None:
        _print("linear", figures(linear(mixture), test))
    for entry in entries:
        model = checkpoints.load(entry.folder)
        assert isinstance(model, SentimentModel)
        _print(entry.id, {**figures(_network(model), test), "changed": changed(model, known.texts)})


def _print(name: str, found: dict[str, float]) -> None:
    shown = [f"{found[figure]:.1f}" if figure in found else "" for figure in FIGURES]
    click.echo("  ".join([name, *shown]))


if __name__ == "__main__":
    main()
