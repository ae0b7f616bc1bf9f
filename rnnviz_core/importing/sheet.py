"""A table of numbers as people have them: which columns it has, what can be read, and how it is scaled."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import TextError, unknown_choice
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _, filled

from .inputs import read_array, text_of

SCALINGS = {  # name -> what is done to each column
    "none": N_("as it stands"),
    "standard": N_("mean 0, deviation 1 over this file"),
    "range": N_("from 0 to 1 over this file"),
}
COLUMNS = 500  # of one table
_SHOWN = 12  # names of columns in a message
_LABELS = ("date", "time", "datetime", "timestamp", "ds", "day", "month", "year", "period", "index", "")


@dataclass(frozen=True)
class Series:
    """Columns of a table, in the order in which the network reads them.

    Attributes
    ----------
    name
        Of the file.
    columns
        A name for each number of a step.
    values
        (step, column) as the file has them, float64.
    labels
        A name for each step.
    scaling
        A key of `SCALINGS`.
    """

    name: str
    columns: tuple[str, ...]
    values: np.ndarray
    labels: tuple[str, ...]
    scaling: str = "none"

    def shift_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """What is taken off each column, and what it is then divided by."""
        width = self.values.shape[1]
        match self.scaling:
            case "standard":
                shift, scale = self.values.mean(0), self.values.std(0)
            case "range":
                shift, scale = self.values.min(0), np.ptp(self.values, axis=0)
            case _:
                return np.zeros(width), np.ones(width)
        return shift, np.where(scale > 0, scale, 1.0)  # a constant column becomes 0

    def scaled(self) -> np.ndarray:
        """The numbers as the network reads them: (step, column), float32."""
        shift, scale = self.shift_and_scale()
        return ((self.values - shift) / scale).astype(np.float32)


@dataclass(frozen=True)
class Sheet:
    """A table: its columns of numbers, those of texts, and what keeps others from being read."""

    name: str
    rows: int
    numbers: Mapping[str, np.ndarray]  # name -> (row), float64, all finite
    texts: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()  # columns with numbers and gaps, in words

    @property
    def label(self) -> str | None:
        """The column that names the rows, by its name or because it holds texts."""
        usual = [name for name in (*self.texts, *self.numbers) if name.strip().lower() in _LABELS]
        return next(iter([*usual, *self.texts]), None)

    def series(self, columns: Sequence[str], label: str | None = None, scaling: str = "none") -> Series:
        """Some columns, in this order.

        Raises
        ------
        TextError
            When there is no such column.
        """
        for name in columns:
            if name not in self.numbers:
                raise TextError(unknown_choice("column", name, list(self.numbers)[:_SHOWN]))
        if not columns:
            raise TextError(_("no column is chosen"))
        if label is not None and label in self.texts:
            labels = self.texts[label]
        elif label is not None and label in self.numbers:
            labels = tuple(f"{value:g}" for value in self.numbers[label])
        else:
            labels = tuple(f"step {row}" for row in range(self.rows))
        values = np.stack([self.numbers[name] for name in columns], 1)
        return Series(self.name, tuple(columns), values, labels, scaling)

    def usual(self, width: int) -> tuple[str, ...]:
        """The columns that a network of `width` numbers may have been trained on: all, or the first ones."""
        found = [name for name in self.numbers if name != self.label] or list(self.numbers)
        return tuple(found[:width] if width else found)


def read_sheet(path: File) -> Sheet:
    """A ``.csv``, ``.tsv`` or ``.npy`` as a table.

    Raises
    ------
    TextError
        When it is no table, is too long or too wide, or holds no column of numbers.
    """
    if path.suffix.lower() == ".npy":
        return _of_array(path)
    text = text_of(path)
    first = text.partition("\n")[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(map(str.strip, row))]
    except csv.Error as error:
        raise TextError(_("{file} is no table: {error}", file=path.name, error=error)) from None
    if not rows:
        raise TextError(_("{file} is empty", file=path.name))
    named = any(_number(cell) is None for cell in rows[0])
    names = _unique(
        [cell.strip()[:60] for cell in rows[0]] if named else [f"column {n + 1}" for n in range(len(rows[0]))]
    )
    rows = rows[1:] if named else rows
    _check(path.name, len(rows), len(names))
    return _sorted(path.name, names, rows)


def _check(name: str, rows: int, columns: int) -> None:
    if not 1 <= rows <= limits.IMPORT_STEPS:
        raise TextError(
            _(
                "{name} has {rows} rows of numbers; 1 to {limit} are read",
                name=name,
                rows=rows,
                limit=limits.IMPORT_STEPS,
            )
        )
    if not 1 <= columns <= COLUMNS:
        raise TextError(
            _(
                "{name} has {columns} columns; 1 to {most} are read",
                name=name,
                columns=columns,
                most=COLUMNS,
            )
        )


def _of_array(path: File) -> Sheet:
    found = read_array(path).data
    if found.ndim == 1:
        found = found[:, None]
    if found.ndim != 2:
        raise TextError(
            _("{file} has the shape {shape}; (steps, numbers) is read", file=path.name, shape=found.shape)
        )
    _check(path.name, *found.shape)
    if not np.isfinite(found).all():
        raise TextError(_("{file} holds numbers that are not finite", file=path.name))
    columns = {f"column {n + 1}": column.astype(np.float64) for n, column in enumerate(found.T)}
    return Sheet(path.name, len(found), columns, {})


def _sorted(name: str, names: list[str], rows: list[list[str]]) -> Sheet:
    """Columns of numbers, and those of texts."""
    numbers: dict[str, np.ndarray] = {}
    texts: dict[str, tuple[str, ...]] = {}
    problems = []
    for place, column in enumerate(names):
        cells = [row[place].strip() if place < len(row) else "" for row in rows]
        values = [_number(cell) for cell in cells]
        gaps = [row for row, value in enumerate(values) if value is None]
        if not gaps:
            numbers[column] = np.array(values, np.float64)
        elif len(gaps) > len(cells) / 2:
            texts[column] = tuple(cell[:60] for cell in cells)
        else:
            shown = cells[gaps[0]][:20]
            problems.append(
                filled(
                    "{column} has no number in {gaps} of {rows} rows (row {first} has {what})",
                    column=column,
                    gaps=len(gaps),
                    rows=len(cells),
                    first=gaps[0] + 1,
                    what=f"“{shown}”" if shown else _("nothing"),
                )
            )
    if not numbers:
        reason = f": {_(problems[0])}" if problems else ""
        raise TextError(_("{name} has no column that holds a number in every row", name=name) + reason)
    return Sheet(name, len(rows), numbers, texts, tuple(problems))


def _unique(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        plain, number = name, 2
        while name in found:
            name, number = f"{plain} ({number})", number + 1
        found.append(name)
    return found


def _number(cell: str) -> float | None:
    try:
        found = float(cell)
    except ValueError:
        return None
    return found if np.isfinite(found) else None
