"""`rnnviz doctor`: is this machine ready for a class?"""

import subprocess
import sys
from pathlib import Path

import click

from .app import environment
from .model import checkpoints_option


@click.command(short_help="Check whether this machine is ready for a class.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8501, show_default=True, help="Port of the app."
)
@click.option("--all", "every", is_flag=True, help="Draw every page with every model, not with one per task.")
@checkpoints_option
def doctor(port: int, every: bool, checkpoints: Path) -> int:
    """Check packages, port, memory, browser, network and models, and draw every page once.

    The exit code is 1 if something would stop a workshop.

    \b
    Examples:
      python -m rnnviz_core doctor
      python -m rnnviz_core doctor --port 8600 --all
    """
    command = [sys.executable, "-P", "-m", "rnnviz_core.ui.server.doctor", str(port), *["--all"] * every]
    return subprocess.run(command, env=environment(checkpoints), check=False).returncode
