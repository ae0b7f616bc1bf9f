"""`rnnviz`, or `python -m rnnviz_core`: serve the app, list models, trace a text, draw it, train, evaluate.

Bad input ends with exit code 2 and one line on standard error that says what to do; standard output
holds nothing but the answer, so `--json` can be piped. Heavy libraries are imported inside the
commands: `--help` answers at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rnnviz_core import __version__
from rnnviz_core.errors import RnnvizError, unknown_choice

from .app import app
from .chart import chart
from .diagnose import diagnose
from .doctor import doctor
from .importing import import_
from .micro import microlstm
from .model import checkpoints_option
from .output import print_json
from .prepare import prepare
from .scoring import evaluate, publish
from .search import search
from .trace import trace
from .train import train
from .worksheet import worksheet

COMMAND, MODULE = "rnnviz", "python -m rnnviz_core"  # what a person may have typed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 when the input cannot be used."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a text may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    program = COMMAND if Path(sys.argv[0]).stem == COMMAND else MODULE
    _show_examples(commands, program)
    try:
        result = commands.main(args=arguments, prog_name=program, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return _refuse(error.format_message().rstrip(".") + where)
    except click.ClickException as error:
        return _refuse(error.format_message())
    except RnnvizError as error:
        return _refuse(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    return result if isinstance(result, int) else 0


def _show_examples(command: click.Command, program: str) -> None:
    """Let the examples of a command's help, and of those below it, begin with what a person typed."""
    if program != MODULE and command.help:
        command.help = command.help.replace(MODULE, program)
    for below in getattr(command, "commands", {}).values():
        _show_examples(below, program)


def _refuse(message: str) -> int:
    click.echo("error: " + " ".join(message.split()), err=True)
    return 2


class _Commands(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            ctx.fail(unknown_choice("command", args[0], sorted(self.commands)))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="RNNViz", message="%(prog)s %(version)s")
def commands() -> None:
    """RNNViz: what a trained RNN, GRU or LSTM computes on a text, gate by gate.

    \b
    Examples:
      python -m rnnviz_core models
      python -m rnnviz_core trace sentiment-lstm "not a good film"
    """


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
@click.option("--markdown", is_flag=True, help="Print the table as in README.md.")
@checkpoints_option
def models(as_json: bool, markdown: bool, checkpoints: Path) -> None:
    """List the trained models with their sizes and test scores.

    \b
    Examples:
      python -m rnnviz_core models
      python -m rnnviz_core models --json
    """
    from rnnviz_core.checkpoints import listing
    from rnnviz_core.checkpoints.sources import Folder

    found = Folder(checkpoints).scan()
    for problem in found.problems:
        click.echo(f"left out: {problem}", err=True)
    if not found.entries:
        raise click.ClickException(
            f"no usable model in {checkpoints}: train one, or name another --checkpoints"
        )
    table = listing.rows(found.entries)
    if as_json:
        print_json(table)
    else:
        click.echo(listing.markdown(table) if markdown else listing.plain(table))


for command in (
    *(app, doctor, trace, import_, diagnose, chart, microlstm, worksheet),
    *(prepare, train, search, evaluate, publish),
):
    commands.add_command(command)
