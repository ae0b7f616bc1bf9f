"""How the texts that a model was scored on are cut into pieces, and which other texts are unlike them.

    python -m scripts.usual --data FOLDER [--write] [--others FILE,SPLIT,COLUMN ...]

For every model: what 99 in 100 of its test texts stay within (`rnnviz_core.inputs.likeness`), compared with
what its ``metrics.json`` says (``--write`` puts it there and into the card), and the share of the texts of
other tables that are beyond it.
"""

import json
import sys
from pathlib import Path

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.checkpoints.cards import usual_lines
from rnnviz_core.inputs import corpora, likeness
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.scoring import publishing

from .verify import test_of

HEADING, NEXT = "## Texts like the test texts", "## Data"


def with_usual(card: str, usual: dict[str, int]) -> str:
    """The card with the section on these numbers, before the one on the data."""
    before, data = card.split(f"{NEXT}\n", 1)
    before = before.split(HEADING)[0]
    return before + "\n".join([*usual_lines(usual), NEXT, ""]) + data


def share_beyond(tokenizer: Tokenizer, texts: list[str], usual: dict[str, int]) -> float:
    """Per cent of the texts that are marked."""
    cut = [[(tokenizer.pieces[id_], id_) for id_ in tokenizer.ids(text)] for text in texts if text.strip()]
    marked = sum(bool(likeness.beyond(likeness.measure(pieces), usual)) for pieces in cut)
    return 100 * marked / len(cut)


def write(entry: checkpoints.Entry, usual: dict[str, int]) -> None:
    """Put the numbers into a checkpoint's ``metrics.json`` and card."""
    metrics = json.dumps({**entry.metrics, "usual": usual}, indent=2) + "\n"
    (entry.folder / checkpoints.METRICS).write_text(metrics, encoding="utf-8")
    (entry.folder / checkpoints.CARD).write_text(with_usual(entry.card, usual), encoding="utf-8")


def _texts(data: Path, file: str, split: str, column: str) -> list[str]:
    return corpora.texts_of(corpora.load(str(next(data.rglob(file))), split), column, file)


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=places.shipped)
@click.option("--others", multiple=True, help="Texts to compare: a file in DATA, its split, its column.")
@click.option("--write", "writes", is_flag=True, help="Put the numbers into metrics.json and the card.")
def main(data: Path, folder: Path, others: tuple[str, ...], writes: bool) -> None:
    wrong = 0
    tables = {other: _texts(data, *other.rsplit(",", 2)) for other in others}
    for entry in checkpoints.scan(folder).entries:
        test = test_of(entry.metrics, data)
        tokenizer = vocabularies.load(entry.folder, "source")
        usual = publishing.usual_of(entry.spec, tokenizer, test)
        same = entry.metrics.get("usual") == usual and with_usual(entry.card, usual) == entry.card
        click.echo(f"{entry.id}: {usual}" + ("" if same else f"; metrics.json: {entry.metrics.get('usual')}"))
        if writes and not same:
            write(entry, usual)
        wrong += not (same or writes)
        for name, texts in tables.items():
            share = share_beyond(tokenizer, texts, usual)
            click.echo(f"    {share:5.1f} % of {len(texts):,} beyond it: {name}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
