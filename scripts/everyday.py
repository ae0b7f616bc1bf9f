"""Our own everyday sentences, translated and compared with the translations that are right::

    python -m scripts.everyday de-en-gru-bahdanau --sentences tests/material/everyday_de.tsv

A line is right when the model writes one of the listed answers, case and punctuation aside. The lists cannot
hold every right answer, so the others are printed with what was expected: look at them one by one.
"""

import re
from pathlib import Path

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.inputs import tables
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.search.beam import translate

ROOT = Path(__file__).resolve().parent.parent
BETWEEN = " | "  # the answers of a sentence


def words(text: str) -> list[str]:
    """What is compared: the words in lower case, with straight apostrophes and without punctuation."""
    return re.findall(r"[\w']+", text.lower().replace("’", "'").replace("-", " "))


def read(path: Path) -> dict[str, list[str]]:
    """Sentences and their right answers."""
    found = tables.read(path)
    return {text: cell.split(BETWEEN) for text, cell in zip(found["text"], found["answers"], strict=True)}


def is_right(written: str, answers: list[str]) -> bool:
    """Whether one of the answers was written."""
    return any(words(written) == words(answer) for answer in answers)


@click.command(help=__doc__)
@click.argument("model")
@click.option("--sentences", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--beam", default=USUAL_BEAM, show_default=True)
def main(model: str, sentences: Path, beam: int) -> None:
    folder = Path(model) if Path(model).is_dir() else places.shipped() / model
    translator = checkpoints.load(folder)
    if not isinstance(translator, TranslationModel):
        raise click.UsageError(f"{model} does not translate")
    asked, right = read(sentences), 0
    for text, answers in asked.items():
        written = translate(translator, text, beam=beam)
        fits = is_right(written, answers)
        right += fits
        verdict, expected = ("right", "") if fits else ("look ", f"  [{answers[0]}]")
        click.echo(f"{verdict}  {text}  ->  {written}{expected}")
    click.echo(f"{right} of {len(asked)} are a listed answer ({100 * right / len(asked):.1f} %)")


if __name__ == "__main__":
    main()
