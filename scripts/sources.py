"""Every everyday source's own test split: networks compared with a linear model trained on that source alone.

    python -m scripts.sources --data FOLDER sentiment-gru sentiment-bilstm-attention

Sources are the tables named in `scripts.models.EVERYDAY`; rows with a reason in `drop` are left out. The
linear model is that of `scripts.floor` (words and pairs of words), trained on the source's own training rows;
the figure is the mean recall of both sides, because many sources are mostly one side.
"""

from pathlib import Path
from typing import Any

import click
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.inputs import tables
from rnnviz_core.inputs.treebank import as_typed
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tasks.sentiment.objective import second_side, sentiment_logits
from rnnviz_core.tasks.sentiment.scoring import known_ids

from .floor import decide
from .models import EVERYDAY

AT_MOST = 30_000  # rows of a split that are read: the largest source has five times as many


def sided(table: dict[str, list[str]], split: str) -> tuple[list[str], np.ndarray]:
    """Texts of a split that take a side, and whether it is the upper one."""
    columns = (table["text"], table["label3"], table["split"], table["drop"])
    rows = [
        (as_typed(text), label == "2")
        for text, label, where, reason in zip(*columns, strict=True)
        if where == split and label in ("0", "2") and not reason
    ]
    rows = [rows[i] for i in np.linspace(0, len(rows) - 1, min(len(rows), AT_MOST)).astype(int)]
    return [text for text, _ in rows], np.array([upper for _, upper in rows], bool)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean recall of negative and positive texts, in percent."""
    return 100 * float(np.mean([(found[truth == side] == side).mean() for side in (False, True)]))


def linear(train: tuple[list[str], np.ndarray], texts: list[str]) -> np.ndarray:
    """The binary predictions of the linear model."""
    vectorizer = CountVectorizer(ngram_range=(1, 2), binary=True)
    fitted: Any = vectorizer.fit_transform(train[0])
    seen: Any = vectorizer.transform(texts)
    return decide(fitted, train[1], seen) > 0


@click.command(help=__doc__)
@click.argument("models", nargs=-1, required=True)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--checkpoints", "folder", type=click.Path(path_type=Path), default=places.shipped)
def main(models: tuple[str, ...], data: Path, folder: Path) -> None:
    networks = {name: checkpoints.load(folder / name) for name in models}
    click.echo("  ".join(["source", "test rows", "linear", *models]))
    for source in EVERYDAY:
        table = tables.read(next(data.rglob(f"{source}.tsv.gz")))
        texts, truth = sided(table, "test")
        if not texts:
            click.echo(f"{source}: no test split")
            continue
        figures = [recall(linear(sided(table, "train"), texts), truth)]
        for model in networks.values():
            assert isinstance(model, SentimentModel)
            logits = sentiment_logits(model, [known_ids(model, text) for text in texts])
            figures.append(recall(second_side(logits).numpy().astype(bool), truth))
        click.echo("  ".join([source, str(len(texts)), *(f"{figure:.1f}" for figure in figures)]))


if __name__ == "__main__":
    main()
