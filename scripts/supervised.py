"""What supervising attention costs and brings: runs that differ in nothing else, side by side.

    python -m scripts.supervised --data FOLDER --free RUN --free RUN ... --supervised RUN --supervised RUN ...

Every run's best epoch is measured on the treebank's validation and test sentences, on our own sentences, and
by what its weights point at; a table gives the mean of each group, its range, and the difference.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.scoring import publishing
from rnnviz_core.tasks.sentiment import pointing

from .models import find
from .verify import EVERYDAY

FILES = ("DATA/sst_sentences.tsv.gz", "DATA/sst_trees.tsv.gz", "DATA/absa_sentences.tsv.gz")
# What stands in a line of the table, and how it is found among the figures of a card.
LINES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("SST validation, five classes (%)", ("validation", "accuracy5"), 1),
    ("SST validation, binary (%)", ("validation", "accuracy2"), 1),
    ("SST test, five classes (%)", ("scores", "accuracy5"), 1),
    ("SST test, binary (%)", ("scores", "accuracy2"), 1),
    ("everyday sentences (%)", ("everyday", "accuracy2"), 1),
    ("minimal pairs, both right (%)", ("pairs", "both"), 1),
    ("facts called neutral (%)", ("facts", "neutral"), 1),
    ("weights against the labels of words, AUC", ("pointing", "auc"), 3),
    ("sentences whose heaviest word is not neutral (%)", ("pointing", "heaviest"), 1),
    ("opinion words of reviews, AUC", ("pointing", "opinions", "auc"), 3),
    ("weight of a sentence's last word or mark (%)", ("at_the_end",), 1),
    ("weight of negators, relative to equal weights", ("pointing", "negators", "shares"), 2),
    ("five-class answers that change with equal weights (%)", ("pointing", "uniform", "changed"), 1),
)


def measured(run: Path, data: Path) -> dict[str, Any]:
    """All figures of a run's best epoch, as a card would hold them."""
    [folder] = [path.parent for path in run.glob(f"*/{checkpoints.METRICS}")]
    model = checkpoints.load(folder)
    if not isinstance(model, SentimentModel) or model.spec.attention != "pooling":
        raise click.ClickException(f"{run} holds no sentiment model with attention")
    sentences, trees, opinions = find(data, FILES)
    test = publishing.Test(sentences, "test", everyday=str(EVERYDAY), trees=trees, opinions=opinions)
    found = publishing.measure(model, model.name, test)
    validation = publishing.evaluate(model, sentences, "validation", quiet=True)
    return {**found, "validation": validation, "at_the_end": pointing.at_the_end(model, trees)}


def at(figures: Any, path: Sequence[str]) -> float:
    """The figure at a path of names."""
    for name in path:
        figures = figures[name]
    return float(figures)


def row(title: str, groups: Sequence[Sequence[float]], digits: int) -> str:
    """A line of the table: mean and range of both groups, and by how much the second is higher."""
    means = [sum(group) / len(group) for group in groups]
    cells = [
        f"{mean:.{digits}f} ({min(group):.{digits}f} to {max(group):.{digits}f})"
        for mean, group in zip(means, groups, strict=True)
    ]
    return f"| {title} | {cells[0]} | {cells[1]} | {means[1] - means[0]:+.{digits}f} |"


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--free", multiple=True, type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--supervised", multiple=True, type=click.Path(exists=True, path_type=Path), required=True)
def main(data: Path, free: tuple[Path, ...], supervised: tuple[Path, ...]) -> None:
    groups = [[measured(run, data) for run in runs] for runs in (free, supervised)]
    click.echo("| figure | free | supervised | difference |\n|---|--:|--:|--:|")
    for title, path, digits in LINES:
        click.echo(row(title, [[at(figures, path) for figures in group] for group in groups], digits))


if __name__ == "__main__":
    main()
