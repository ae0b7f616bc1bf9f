"""Minimal pairs of families that a run did not see: what carries over to new frames.

    python -m scripts.held_out runs/fold-0 runs/fold-1 ...

Every run was trained with ``--leave-out FAMILY``. Of our own pairs (`tests/material/own/pairs.tsv`) those of
the families left out are counted: a pair is right when both of its members are.
"""

import json
from pathlib import Path

import click

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tasks.sentiment import everyday

from .verify import EVERYDAY


@click.command(help=__doc__)
@click.argument(
    "runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def main(runs: tuple[Path, ...]) -> None:
    totals = [0, 0]
    for run in runs:
        left_out = json.loads((run / "run.json").read_text())["leave_out"]
        (entry,) = checkpoints.scan(run).entries
        model = checkpoints.load(entry.folder)
        assert isinstance(model, SentimentModel)
        families = everyday.measure(model, str(EVERYDAY))["pairs"]["families"]
        for family in left_out:
            right, pairs = families.get(family, (0, 0))
            totals = [totals[0] + right, totals[1] + pairs]
            click.echo(f"{family:<20}{right} of {pairs}")
    click.echo(
        f"{'all left out':<20}{totals[0]} of {totals[1]} ({100 * totals[0] / max(totals[1], 1):.1f} %)"
    )


if __name__ == "__main__":
    main()
