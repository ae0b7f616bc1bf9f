"""How often classifiers are right at the probability that they give their answer.

    python -m scripts.calibration --data FOLDER [--write]

Every model that answers with a class reads its test texts again; the table is compared with that of its
``metrics.json`` (``--write`` puts it there and into the card).
"""

import json
import sys
from pathlib import Path
from typing import Any

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.cards import probability_lines
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.scoring import publishing

from .verify import test_of

HEADING = "## Calibration"
NEXTS = ("## Texts like the test texts", "## Data")


def with_table(card: str, bands: list[dict[str, Any]]) -> str:
    """The card with the section on these numbers, before the one on usual texts or on the data."""
    following = next(heading for heading in NEXTS if heading in card)
    before, after = card.split(f"{following}\n", 1)
    before = before.split(HEADING)[0]
    return before + "\n".join([*probability_lines(bands), following, ""]) + after


def write(entry: checkpoints.Entry, bands: list[dict[str, Any]]) -> None:
    """Put the numbers into a checkpoint's ``metrics.json`` and card."""
    metrics = json.dumps({**entry.metrics, "by_probability": bands}, indent=2) + "\n"
    (entry.folder / checkpoints.METRICS).write_text(metrics, encoding="utf-8")
    (entry.folder / checkpoints.CARD).write_text(with_table(entry.card, bands), encoding="utf-8")


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=places.shipped)
@click.option("--write", "writes", is_flag=True, help="Put the numbers into metrics.json and the card.")
def main(data: Path, folder: Path, writes: bool) -> None:
    wrong = 0
    for entry in checkpoints.scan(folder).entries:
        if task_of_spec(entry.spec).probed is None:  # its answer is not a class
            continue
        test = test_of(entry.metrics, data)
        scores = publishing.evaluate(checkpoints.load(entry.folder), test.data, test.split, by_length=True)
        bands = publishing.probabilities(scores)
        same = entry.metrics.get("by_probability") == bands and with_table(entry.card, bands) == entry.card
        told = ", ".join(f"{band['name']}: {band['right']}/{band['rows']}" for band in bands)
        click.echo(f"{entry.id}: {told}" + ("" if same or writes else "; the card says otherwise"))
        if writes and not same:
            write(entry, bands)
        wrong += not (same or writes)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
