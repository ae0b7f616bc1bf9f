"""How many texts of a split share a run of words with other texts: is more supervision clean?

A text counts when any 8 of its words in a row, case and punctuation aside, stand in a row among the
other texts; shorter texts cannot be told from chance and are left out::

    python -m scripts.overlap --texts DATA/sst_sentences.tsv.gz --split test --others DATA/imdb_train.tsv.gz

Of sentence pairs, `--column` is the language that is compared.
"""

import re
from collections.abc import Iterator

import click

from rnnviz_core.inputs import corpora

RUN = 8


def runs(text: str) -> Iterator[str]:
    """Every run of `RUN` words."""
    words = re.findall(r"\w+", text.lower())
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN])


def overlap(texts: list[str], others: list[str]) -> tuple[int, int]:
    """Texts that are long enough, and those of them that share a run with the others."""
    found = [set(runs(text)) for text in texts]
    wanted = set().union(*found)
    shared = {run for text in others for run in runs(text) if run in wanted}
    return sum(bool(one) for one in found), sum(bool(one & shared) for one in found)


@click.command(help=__doc__)
@click.option("--texts", required=True, help="Table of the texts that must be new to a model.")
@click.option("--split", default="test", show_default=True)
@click.option("--others", required=True, help="Table of what a model was trained on, besides its own texts.")
@click.option("--others-split", default="train", show_default=True)
@click.option("--column", default="text", show_default=True, help="Column of both tables that is compared.")
def main(texts: str, split: str, others: str, others_split: str, column: str) -> None:
    tables = ((texts, split), (others, others_split))
    found = (corpora.texts_of(corpora.load(source, part), column, source) for source, part in tables)
    long, shared = overlap(*found)
    click.echo(f"{shared} of {long} texts of at least {RUN} words share {RUN} words in a row")


if __name__ == "__main__":
    main()
