"""`rnnviz worksheet`: a lesson on paper."""

from pathlib import Path

import click

from rnnviz_core.errors import SpecError
from rnnviz_core.languages import NAMES, SOURCE, speak

from .model import checkpoints_option


@click.command(short_help="Write a lesson as a worksheet to print.")
@click.argument("lesson")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file: .html.")
@click.option("--answers", is_flag=True, help="Include the answers.")
@click.option(
    "--language",
    type=click.Choice(tuple(NAMES)),
    default=SOURCE,
    show_default=True,
    help="Language of the sheet.",
)
@checkpoints_option
def worksheet(lesson: str, out: Path, answers: bool, language: str, checkpoints: Path) -> None:
    """Write LESSON, an id or the file of a lesson, as one HTML page that prints well.

    \b
    Examples:
      python -m rnnviz_core worksheet 05-one-cell-by-hand --out cell.html
      python -m rnnviz_core worksheet my-lesson.md --out answers.html --answers
      python -m rnnviz_core worksheet 04-the-forget-gate --language de --out blatt.html
    """
    from rnnviz_core import lessons
    from rnnviz_core.lessons import worksheet as sheets

    if out.suffix != ".html":
        raise SpecError(f"{out.name!r} ends in {out.suffix!r}; a worksheet ends in .html")
    path = Path(lesson)
    with speak(language):
        found = lessons.read(path) if path.suffix == ".md" else lessons.shelf().find(lesson)
        page = sheets.page(lessons.World(found, lessons.networks(checkpoints)), solved=answers)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{out} cannot be written: {error.strerror or error}") from None
    click.echo(f"written to {out} ({out.stat().st_size:,} bytes)", err=True)
