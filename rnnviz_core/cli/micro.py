"""`rnnviz microlstm`: an LSTM in 200 lines of plain Python, run or printed to be read in class."""

from pathlib import Path

import click

from rnnviz_core import places
from rnnviz_core.errors import SpecError

from .model import checkpoints_option

SOURCE = places.PACKAGE / "lessons" / "microlstm.py"
SENTENCE = "The plot is thin, but the actors make every scene shine."


@click.command(short_help="An LSTM in 200 lines without dependencies: run it, or print it.")
@click.argument("model", default="sentiment-tiny-lstm")
@click.argument("text", default=SENTENCE)
@click.option("--source", is_flag=True, help="Print the program itself instead of running it.")
@checkpoints_option
def microlstm(model: str, text: str, source: bool, checkpoints: Path) -> None:
    """Run MODEL, of a single LSTM layer, on TEXT in plain Python and print every gate of every token.

    The numbers equal those of the app for the same text, in all digits printed.

    \b
    Examples:
      python -m rnnviz_core microlstm
      python -m rnnviz_core microlstm sentiment-lstm "Not bad at all."
      python -m rnnviz_core microlstm --source > microlstm.py
    """
    if source:
        click.echo(SOURCE.read_text(encoding="utf-8"), nl=False)
        return
    from rnnviz_core.lessons import microlstm as program

    folder = checkpoints / model
    if not (folder / "spec.json").is_file():
        raise SpecError(f"no checkpoint {model!r} in {checkpoints}; `models` lists those there are")
    try:
        program.main(folder, text)
    except SystemExit as refusal:  # how a program without packages says what it cannot do
        raise SpecError(str(refusal)) from None
