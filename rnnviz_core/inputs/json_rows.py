"""Tables written as JSON: an object per line, or one list of objects."""

import json
from pathlib import Path

from rnnviz_core.errors import DataError


def columns(text: str, path: Path) -> dict[str, list[str]]:
    """The columns of JSON lines, or of one JSON list of objects; a key that is missing is an empty cell."""
    if text.lstrip().startswith("["):
        rows = _json(text, path, "")
        numbered = list(enumerate(rows, start=1)) if isinstance(rows, list) else []
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        numbered = [(number, _json(line, path, f", row {number}")) for number, line in lines]
    found: dict[str, list[str]] = {}
    for place, (number, row) in enumerate(numbered):
        if not isinstance(row, dict):
            raise DataError(f"{path}, row {number}: not a JSON object; write one per line")
        if isinstance(row.get("translation"), dict):  # {"translation": {"de": ..., "en": ...}}
            row = {
                **{name: cell for name, cell in row.items() if name != "translation"},
                **row["translation"],
            }
        for name, cell in row.items():
            column = found.setdefault(name, [])
            column += [""] * (place - len(column))
            column.append(_plain(cell, f"{path}, row {number}"))
    for column in found.values():
        column += [""] * (len(numbered) - len(column))
    return found


def _json(text: str, path: Path, where: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}{where}: not JSON ({error}); write one JSON object per line") from None


def _plain(cell: object, place: str) -> str:
    if cell is None:
        return ""
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise DataError(f"{place}: holds half of a surrogate pair, which is not a character: {text!a:.60}")
    return text
