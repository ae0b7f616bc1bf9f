"""Which attribution should one believe? Each method beside people's labels of words, and put to the test.

    python -m scripts.agreement --data FOLDER [--sentences N] [--write] [ID ...]

Without ids all sentiment models whose classes are ordered are measured, and compared with what their cards
say; ``--write`` puts the figures there, and those of all cards into ``docs/gradients.md``.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.agreement_card import HEADING, agreement_lines
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.derivatives.methods import TITLES
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tasks.sentiment import agreement

from .attention_audit import HEADING as ATTENTION
from .attention_audit import NEXT
from .models import find

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "gradients.md"
BEGIN, END = "<!-- agreement -->\n", "<!-- /agreement -->"
SENTENCES = 400  # of the test split: the standard error of an AUC is about 0.015


def with_agreement(card: str, lines: list[str]) -> str:
    """The card with the section on these figures, before that on attention, or on where it fails."""
    rest = re.sub(rf"{HEADING}\n.*?(?=^## )", "", card, flags=re.DOTALL | re.MULTILINE)
    place = rest.index(f"{ATTENTION}\n" if f"{ATTENTION}\n" in rest else f"{NEXT}\n")
    return rest[:place] + "\n".join(lines) + "\n" + rest[place:]


def write(entry: checkpoints.Entry, found: dict[str, Any]) -> None:
    """Put the figures into a checkpoint's ``metrics.json`` and card."""
    metrics = json.dumps({**entry.metrics, **found}, indent=2) + "\n"
    (entry.folder / checkpoints.METRICS).write_text(metrics, encoding="utf-8")
    card = with_agreement(entry.card, agreement_lines(found["agreement"], entry.id))
    (entry.folder / checkpoints.CARD).write_text(card, encoding="utf-8")


def table(entries: Iterable[checkpoints.Entry]) -> str:
    """Agreement and drop of every method for every model, from their ``metrics.json``."""
    found = {
        entry.id: entry.metrics["agreement"]["methods"] for entry in entries if "agreement" in entry.metrics
    }
    names = [name for name in TITLES if any(name in one for one in found.values())]
    lines = [f"| model | {' | '.join(TITLES[name] for name in names)} |", "|---" + "|--:" * len(names) + "|"]
    for id_, methods in found.items():
        cells = [_cell(methods.get(name)) for name in names]
        lines.append(f"| {id_} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cell(one: Mapping[str, float] | None) -> str:
    if one is None:
        return ""
    drop = f"{one['drop']:.0f}"
    return f"{one['auc']:.2f} / {drop}" if "auc" in one else drop


def with_table(document: str, rows: str) -> str:
    """The document with the table in its place."""
    before, rest = document.split(BEGIN, 1)
    return before + BEGIN + rows + END + rest.split(END, 1)[1]


def measured(model: object, data: Path, sentences: int) -> dict[str, Any]:
    """The figures of one model, from the trees in the folder `data`."""
    assert isinstance(model, SentimentModel)
    return agreement.measure(model, *find(data, ["DATA/sst_trees.tsv.gz"]), sentences=sentences)


@click.command(help=__doc__)
@click.argument("models", nargs=-1)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=places.shipped)
@click.option("--sentences", type=click.IntRange(1), default=SENTENCES, show_default=True)
@click.option("--write", "writes", is_flag=True, help="Put the figures into metrics.json and the card.")
def main(models: tuple[str, ...], data: Path, folder: Path, sentences: int, writes: bool) -> None:
    wrong = 0
    offered = [one for one in checkpoints.scan(folder).entries if task_of_spec(one.spec).probed]
    known = {entry.id: entry for entry in offered if getattr(entry.spec, "ordered", True)}
    if odd := [one for one in models if one not in known]:
        raise click.UsageError(f"unknown model {odd[0]!r}; choose among {', '.join(known)}")
    for entry in (known[one] for one in models or known):
        found = measured(checkpoints.load(entry.folder), data, sentences)
        plain = json.loads(json.dumps(found))
        same = entry.metrics.get("agreement") == plain["agreement"]
        click.echo(f"{entry.id}: {json.dumps(found)}" + ("" if same else "; its card says otherwise"))
        if writes:
            write(entry, found)
        wrong += not (same or writes)
    if writes and folder == places.shipped():
        document = DOCUMENT.read_text(encoding="utf-8")
        rows = table(checkpoints.scan(folder).entries)
        DOCUMENT.write_text(with_table(document, rows), encoding="utf-8")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
