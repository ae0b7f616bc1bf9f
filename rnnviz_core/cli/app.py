"""`rnnviz app`: serve the pages, from a clone or from an installed wheel."""

import os
import subprocess
import sys
from pathlib import Path

import click

from rnnviz_core import places


def command_line(port: int, address: str) -> list[str]:
    """How this Python serves the app; the settings of Streamlit lie in ``.streamlit/`` next to ``app.py``.

    ``-P``: a module that happens to lie in the folder where a person types the command is no part of the app.
    """
    streamlit = [sys.executable, "-P", "-m", "streamlit", "run", str(places.app_folder() / "app.py")]
    options = {"server.port": port, "server.address": address, "server.fileWatcherType": "none"}
    return [*streamlit, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


@click.command(short_help="Serve the app.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8501, show_default=True)
@click.option(
    "--address",
    default="localhost",
    show_default=True,
    help="Where to listen; 0.0.0.0: on every network interface.",
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
def app(port: int, address: str, checkpoints: Path) -> int:
    """Serve the app on this machine until Ctrl+C.

    \b
    Examples:
      python -m rnnviz_core app
      python -m rnnviz_core app --port 8600 --checkpoints runs/mine
    """
    # As in `make run`: glibc's arenas per thread would keep what threads have freed.
    environment = {"MALLOC_ARENA_MAX": "1", **os.environ, "RNNVIZ_CHECKPOINTS": str(checkpoints.resolve())}
    command = command_line(port, address)
    if os.name == "posix":
        os.execve(command[0], command, environment)  # one process: who stops it stops the server
    return subprocess.run(command, env=environment, check=False).returncode
