"""Measure every figure of the cards again, and compare: ``make verify DATA=FOLDER``.

All that a card's commands print is computed anew from the shipped weights: scores of every split, by length,
where attention looks, what each attribution is worth, the small sets of our own sentences, our own sentences
translated. Exit code 1 when a single digit differs.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.inputs.corpora import SPLIT_MARK
from rnnviz_core.scoring import publishing

from . import agreement

ROOT = Path(__file__).resolve().parent.parent
PROBE = ROOT / "tests" / "material" / "sentences.tsv"
EVERYDAY = ROOT / "tests" / "material" / "own"


def _in(data: Path, file: str) -> str:
    """The path of a data file, wherever in the folder it lies."""
    found = sorted(data.rglob(file))
    if not found:
        raise click.ClickException(f"no {file} in {data}")
    return str(found[0])


def test_of(metrics: Mapping[str, Any], data: Path) -> publishing.Test:
    """What a checkpoint's figures were measured on, found in the folder `data`."""
    file, split = metrics["evaluated_on"].rsplit(", split ", 1)
    words = metrics["evaluate"].split()
    return publishing.Test(
        _in(data, file),
        split,
        int(words[words.index("--beam") + 1]) if "--beam" in words else 1,
        tuple(
            f"{_in(data, other['data'])}{SPLIT_MARK}{other['split']}" if "data" in other else other["split"]
            for other in metrics.get("also", ())
        ),
        str(PROBE) if "probes" in metrics else None,
        metrics.get("floor"),
        everyday=str(EVERYDAY) if "pairs" in metrics else None,
        trees=_compared(metrics, data, "trees"),
        opinions=_compared(metrics, data, "opinions"),
    )


def _compared(metrics: Mapping[str, Any], data: Path, name: str) -> str | None:
    """The file of labelled words that attention's weights were compared with."""
    stated = metrics.get("pointing", {}).get(name)
    if stated is None:
        return None
    about = stated if isinstance(stated, str) else stated["data"]
    return _in(data, about.split(",")[0])


def differences(name: str, stated: Any, found: Any) -> list[str]:
    """Every value that is not the same, by its place."""
    if isinstance(stated, dict) and isinstance(found, dict):
        keys = [*stated, *(key for key in found if key not in stated)]
        pairs = [(f"{name}, {key}", stated.get(key), found.get(key)) for key in keys]
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        pairs = [
            (f"{name}, {number}", *both) for number, both in enumerate(zip(stated, found, strict=True), 1)
        ]
    else:
        return [] if stated == found else [f"{name}: the card says {stated!r}, measured {found!r}"]
    return [line for pair in pairs for line in differences(*pair)]


def verify(entry: checkpoints.Entry, data: Path) -> list[str]:
    """What differs between one checkpoint's stated figures and those measured now."""
    model = checkpoints.load(entry.folder)
    found = publishing.measure(model, entry.id, test_of(entry.metrics, data))
    if "agreement" in entry.metrics:
        found |= agreement.measured(model, data, entry.metrics["agreement"]["sentences"])
    plain = json.loads(json.dumps(found))  # as it would stand in the file
    return differences(entry.id, {name: entry.metrics.get(name) for name in plain}, plain)


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=places.shipped)
@click.option("--only", multiple=True, help="Ids to verify; by default all.")
def main(data: Path, folder: Path, only: tuple[str, ...]) -> None:
    wrong = 0
    for entry in checkpoints.scan(folder).entries:
        if not only or entry.id in only:
            lines = verify(entry, data)
            wrong += len(lines)
            click.echo("\n".join(lines) or f"{entry.id}: every figure is the same")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
