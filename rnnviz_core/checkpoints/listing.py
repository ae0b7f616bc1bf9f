"""The models in a folder as rows, and those rows as a table for a terminal or for Markdown."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .registry import Entry

COLUMNS = ("id", "task", "cell", "attention", "parameters", "size", "scores")
ACCURACY = re.compile(r"accuracy[0-9]+")  # by number of classes: the most and the fewest are shown
SCORES = {  # the names in metrics.json -> how a person reads them
    "bleu": "BLEU {:.1f}",
    "bleu_lower": "lower-cased {:.1f}",
    "chrf": "chrF {:.1f}",
    "rmse": "RMSE {:.2f}",
}


def rows(entries: "Iterable[Entry]") -> list[dict[str, Any]]:
    """One row per model with the keys of `COLUMNS`; `size` is in bytes, `scores` a dict."""
    return [
        {
            "id": entry.id,
            "task": str(entry.spec.task),
            "cell": str(entry.spec.cell),
            "attention": str(entry.spec.attention),
            "parameters": entry.parameters,
            "size": entry.bytes,
            "scores": dict(entry.scores),
        }
        for entry in entries
    ]


def scores(values: dict[str, Any]) -> str:
    """The scores in one line: ``46.1 % on 5 classes, 85.3 % on 2 classes``."""
    counts = [int(name.removeprefix("accuracy")) for name in values if ACCURACY.fullmatch(name)]
    shown = sorted({max(counts), min(counts)}, reverse=True) if counts else []
    known = [f"{values[f'accuracy{count}']:.1f} % on {count} classes" for count in shown]
    known += [form.format(values[name]) for name, form in SCORES.items() if name in values]
    return ", ".join(known) or "not measured"


def megabytes(size: int) -> str:
    """A size in bytes as megabytes (10^6 bytes), two decimals: ``2.53 MB``."""
    return f"{size / 1e6:.2f} MB"


def _cells(table: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            row["id"],
            row["task"],
            row["cell"],
            row["attention"],
            f"{row['parameters']:,}",
            megabytes(row["size"]),
            scores(row["scores"]),
        )
        for row in table
    ]


def plain(table: Sequence[dict[str, Any]]) -> str:
    """Aligned columns for a terminal."""
    lines = [COLUMNS, *_cells(table)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown(table: Sequence[dict[str, Any]]) -> str:
    """The table in README.md."""
    head = [
        "| model | task | cell | attention | parameters | size | test scores |",
        "|---|---|---|---|--:|--:|---|",
    ]
    return "\n".join([*head, *(f"| `{line[0]}` | {' | '.join(line[1:])} |" for line in _cells(table))])
