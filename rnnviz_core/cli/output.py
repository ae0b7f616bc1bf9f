"""How commands print their answers."""

import json
import sys

import click


def print_json(value: object) -> None:
    """Print one JSON value, letters as they are where the stream can hold them, escaped where it cannot."""
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(value, ensure_ascii=ascii_only, indent=2))
