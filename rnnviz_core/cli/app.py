"""`rnnviz app`: serve the pages, from a clone or from an installed wheel."""

import os
import subprocess
import sys
from pathlib import Path

import click

from rnnviz_core import places, startup


def command_line(port: int, address: str) -> list[str]:
    """How this Python serves the app.

    ``-P``: a module that happens to be in the folder where a person types the command is not imported.
    """
    return [sys.executable, "-P", "-m", "rnnviz_core.ui.server", str(port), address]


def environment(checkpoints: Path, trace: Path | None = None) -> dict[str, str]:
    """What the server's process is told beside; of a clone, also where the package lies."""
    found = {"MALLOC_ARENA_MAX": "1", **os.environ, "RNNVIZ_CHECKPOINTS": str(checkpoints.resolve())}
    if trace is not None:
        found[places.TRACE] = str(trace.resolve())
    if not places.is_installed():
        before = found.get("PYTHONPATH")
        found["PYTHONPATH"] = os.pathsep.join([str(places.PACKAGE.parent), *([before] if before else [])])
    return found


@click.command(short_help="Serve the app.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8501, show_default=True, help="Port to listen on."
)
@click.option(
    "--address",
    default="localhost",
    show_default=True,
    help="Address to listen on; 0.0.0.0: every network interface.",
)
@click.option(
    "--checkpoints",
    envvar="RNNVIZ_CHECKPOINTS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=places.shipped,
    show_default="those shipped with RNNViz",
    show_envvar=True,
    help="Folder of trained models.",
)
@click.option(
    "--trace",
    type=click.Path(exists=True, path_type=Path),
    help="A saved trace (.npz, .parquet), or a folder of them, to open; every visitor sees it.",
)
def app(port: int, address: str, checkpoints: Path, trace: Path | None) -> int:
    """Serve the app on this machine until Ctrl+C. Nothing is fetched from a network.

    \b
    Examples:
      python -m rnnviz_core app
      python -m rnnviz_core app --port 8600 --checkpoints runs/mine
      python -m rnnviz_core app --trace film.npz
    """
    if gone := startup.missing():
        raise click.ClickException(gone)
    command = command_line(port, address)
    if os.name == "posix":  # one process: who stops it stops the server
        os.execve(command[0], command, environment(checkpoints, trace))
    return subprocess.run(command, env=environment(checkpoints, trace), check=False).returncode
