"""The app in one process, everything that the first page needs loaded before it answers: ``make run``.

python -m scripts.run [--port 8501] [--address ADDRESS]
"""

import os
import sys
import time

import click

from rnnviz_core import startup


@click.command(help=__doc__)
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--address", help="Where to listen  [default: every network interface]")
def main(port: int, address: str | None) -> None:
    if gone := startup.missing():
        raise click.ClickException(gone)
    click.echo("Loading the models and drawing the first page …")
    began = time.monotonic()
    from rnnviz_core.ui.server import rehearsal, serve

    os.chdir(rehearsal.APP.parent)
    rehearsal.first_page()
    click.echo(f"  ready after {time.monotonic() - began:.1f} s")
    serve.run(port, address)


if __name__ == "__main__":
    sys.exit(main())
