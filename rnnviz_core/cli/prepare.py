"""`python -m rnnviz_core prepare`: many sources, read and encoded once for all models trained on them."""

from pathlib import Path
from typing import Any

import click


@click.command(short_help="Encode a mixture of sentiment texts once, for `train sentiment --data FOLDER`.")
@click.option("--data", required=True, help="Penn Treebank phrases with `label5`.")
@click.option("--validation", required=True, help="Sentences with `label5` and a column `split`.")
@click.option(
    "--everyday",
    multiple=True,
    help="Table with `label3` (0, 1, 2), `split`, and `drop` (a reason to leave the row out).",
)
@click.option("--reviews", multiple=True, help="Table of longer texts with binary labels.")
@click.option("--reading", multiple=True, help="Table of texts used without labels.")
@click.option("--exclude", multiple=True, help="COLUMN=VALUE: leave out such rows of --data.")
@click.option(
    "--vocabulary", default=14_000, show_default=True, help="Maximum size of the vocabulary, in pieces."
)
@click.option(
    "--templates",
    default=20_000,
    show_default=True,
    help="Texts from templates from which the vocabulary is learned, too.",
)
@click.option(
    "--vocabulary-of",
    default="",
    metavar="CHECKPOINT",
    help="Encode with the vocabulary of this sentiment model; none is learned.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the mixture.")
def prepare(out: Path, **given: Any) -> None:
    """Learn one vocabulary from many sources and write all of them encoded into --out.

    With --vocabulary-of, the vocabulary is that of a trained model, which can then be a teacher.

    `train sentiment --data FOLDER` then draws its epochs from there: every phrase, and everyday texts
    balanced by source and label, separately for those with a negation. --everyday, --reviews, --reading and
    --exclude may be repeated.

    \b
    Examples:
      python -m rnnviz_core prepare --data phrases.tsv.gz --validation sentences.tsv.gz \\
          --everyday hotels.tsv --everyday dialogue.tsv --out runs/everyday
      python -m rnnviz_core train sentiment --cell gru --data runs/everyday --out runs/gru
    """
    from rnnviz_core.tasks.sentiment import prepared

    folder = prepared.prepare(prepared.Preparation(**given), out)
    mixture = prepared.read(str(folder))
    for name, flat in mixture.groups.items():
        click.echo(f"{len(flat):>8,}  {name}")
    click.echo(f"written to {folder}, {len(mixture.tokenizer):,} pieces")
