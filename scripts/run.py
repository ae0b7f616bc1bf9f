"""The app in one process, everything that the first page needs loaded before it answers: ``make run``.

python -m scripts.run [--port 8501] [--address ADDRESS]
"""

import sys

import click

from rnnviz_core import startup


@click.command(help=__doc__)
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--address", help="Where to listen  [default: every network interface]")
def main(port: int, address: str | None) -> None:
    if gone := startup.missing():
        raise click.ClickException(gone)
    from rnnviz_core.ui.server.__main__ import start

    start(port, address)


if __name__ == "__main__":
    sys.exit(main())
