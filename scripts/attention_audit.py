"""Attention's weights beside people's labels of single words, and the answers under equal weights.

    python -m scripts.attention_audit --data FOLDER [--write] [ID or folder ...]

Without ids all checkpoints that have attention pooling are measured, and compared with what their cards say;
``--write`` puts the figures there. A run's checkpoint is named by its folder: its figures are printed.
"""

import json
import sys
from pathlib import Path

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.pointing_card import pointing_lines
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tasks.sentiment import pointing

from .models import find

HEADING, NEXT = "## What attention points at", "## Where it fails"
FILES = ("DATA/sst_trees.tsv.gz", "DATA/absa_sentences.tsv.gz")


def with_pointing(card: str, lines: list[str]) -> str:
    """The card with the section on these figures, before the one on where it fails."""
    before, rest = card.split(f"{NEXT}\n", 1)
    return before.split(HEADING)[0] + "\n".join([*lines, NEXT, ""]) + rest


def write(entry: checkpoints.Entry, found: dict[str, object]) -> None:
    """Put the figures into a checkpoint's ``metrics.json`` and card."""
    metrics = json.dumps({**entry.metrics, "pointing": found}, indent=2) + "\n"
    (entry.folder / checkpoints.METRICS).write_text(metrics, encoding="utf-8")
    card = with_pointing(entry.card, pointing_lines(found, entry.id))
    (entry.folder / checkpoints.CARD).write_text(card, encoding="utf-8")


def _measured(model: object, data: Path) -> dict[str, object]:
    assert isinstance(model, SentimentModel)
    trees, opinions = find(data, FILES)
    found: dict[str, object] = pointing.measure(model, trees, opinions)["pointing"]
    return found


@click.command(help=__doc__)
@click.argument("models", nargs=-1)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=places.shipped)
@click.option("--write", "writes", is_flag=True, help="Put the figures into metrics.json and the card.")
def main(models: tuple[str, ...], data: Path, folder: Path, writes: bool) -> None:
    wrong = 0
    for path in (one for one in models if Path(one).is_dir()):
        click.echo(f"{path}: {json.dumps(_measured(checkpoints.load(path), data))}")
    known = {entry.id: entry for entry in checkpoints.scan(folder).entries}
    if odd := [one for one in models if one not in known and not Path(one).is_dir()]:
        raise click.UsageError(f"unknown model {odd[0]!r}; choose among {', '.join(known)}")
    for entry in known.values():
        if entry.spec.attention == "pooling" and (entry.id in models or not models):
            found = _measured(checkpoints.load(entry.folder), data)
            same = entry.metrics.get("pointing") == found
            click.echo(f"{entry.id}: {json.dumps(found)}" + ("" if same else "; its card says otherwise"))
            if writes:
                write(entry, found)
            wrong += not (same or writes)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
