"""Local tables as people have them, read into columns of strings exactly as they stand in the file.

Text is split into rows at line feeds only: U+2028, U+0085 and form feeds are part of a cell. CSV is read
strictly (RFC 4180), so that a stray quote is an error and not a cell of many rows. A file separated by
tabs is plain unless all of it is consistent with quoting.
"""

import codecs
import csv
import gzip
import io
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnviz_core.errors import DataError

from . import json_rows
from .layout import Layout

DELIMITED = {".tsv": "\t", ".csv": ",", ".txt": "\t"}  # ending -> usual separator
JSON = (".jsonl", ".ndjson", ".json")
PLAIN = (*DELIMITED, *JSON)
ENDINGS = (*PLAIN, *(f"{ending}.gz" for ending in PLAIN))
GUESSED = ("\t", ";", ",")  # in the first line, where it lacks the usual separator of its ending
MARKS = {  # byte order marks; UTF-32's begins with UTF-16's
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENCLOSED = r'"(?:[^"]++|"")*+"'
# Every cell is either wholly enclosed or holds no quote: what a writer that quotes at all would produce.
_QUOTED_TSV = re.compile(rf'(?:(?:{_ENCLOSED}|[^"\t\r\n]*+)(?:\t|\r?\n|\Z))*+')
_CELL = re.compile(rf'({_ENCLOSED}|[^"\t\r\n]*+)(\t|\r?\n|\Z)')
_lock = threading.Lock()


def ending(name: str) -> str | None:
    """The ending of a file's name that decides how it is read, ``.gz`` left out; None where it is unknown."""
    return next((one for one in PLAIN if name.lower().removesuffix(".gz").endswith(one)), None)


def is_table(source: str) -> bool:
    """Whether the name of a source ends as a table's does."""
    return ending(source) is not None


def read(path: Path, layout: Layout | None = None) -> dict[str, list[str]]:
    """The columns of a local file, by name, as strings.

    Parameters
    ----------
    path
        A file whose name ends in one of `ENDINGS`.
    layout
        What is known of it. Without a header the columns are called ``1``, ``2``, ...

    Raises
    ------
    DataError
        Names the file, the row and the likely cause.
    """
    layout = layout or Layout()
    kind = ending(path.name)
    if kind is None:
        raise DataError(f"{path}: the name must end in one of {', '.join(ENDINGS)} (or be hub:NAME)")
    text = read_text(path, layout.encoding)
    if not text.strip():
        raise DataError(f"{path}: the file is empty; it needs a header line")
    return json_rows.columns(text, path) if kind in JSON else _delimited(text, path, DELIMITED[kind], layout)


def read_text(path: Path, encoding: str | None = None) -> str:
    """The characters of a file, plain or gzipped, its byte order mark left out.

    Raises
    ------
    DataError
        When the file cannot be read or is not in that encoding, and what it may be in.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from None
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if encoding is None and marked is None and b"\0" in data[:4096]:
        raise DataError(
            f"{path}: holds zero bytes, as UTF-16 without a mark does; give --encoding utf-16-le or utf-16-be"
        )
    name = encoding or marked or "utf-8"
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        read = error.object[: error.start]
        row = read.decode(name, "replace").count("\n") + 1
        known = "UTF-8" if name.startswith("utf-8") else name
        hint = "another --encoding" if encoding else "--encoding latin-1, cp1252 or what it was written in"
        byte = error.object[error.start]
        raise DataError(f"{path}, row {row}: not {known} (byte {byte:#04x}); give {hint}") from None
    except UnicodeError as error:
        raise DataError(f"{path}: not {name} ({error}); give another --encoding") from None


def _delimited(text: str, path: Path, usual: str, layout: Layout) -> dict[str, list[str]]:
    separator = layout.separator or _separator(text, usual, layout.header)
    quoted = _is_quoted(text, separator) if layout.quoted is None else layout.quoted
    rows = _quoted(text, path, separator) if quoted else [line.split(separator) for line in lines_of(text)]
    header = rows.pop(0) if layout.header else [str(number + 1) for number in range(len(rows[0]))]
    if repeated := [name for name, times in Counter(header).items() if times > 1]:
        raise DataError(
            f"{path}: the header names a column twice: {', '.join(header)} (twice: {repeated[0]!r}); "
            "where the first line is data, give --no-header"
        )
    for number, row in enumerate(rows, start=1 + layout.header):
        if len(row) != len(header):
            against = "the header has" if layout.header else "the first has"
            raise DataError(
                f"{path}, row {number}: {len(row)} columns where {against} {len(header)}"
                f"{_why(row, header, separator)}"
            )
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    found = {name: list(column) for name, column in zip(header, columns, strict=True)}
    if quoted:
        _check_swallowed(found, separator, path, 1 + layout.header)
    return found


def _why(row: list[str], header: list[str], separator: str) -> str:
    """What probably made a row wider or narrower than the header."""
    other = next((one for one in GUESSED if one != separator and one in "".join(header)), None)
    if other and 1 in (len(row), len(header)):
        return f"; is {other!r} the separator? Give --delimiter"
    if len(row) > len(header) and separator != "\t":
        return f"; a cell that holds {separator!r} must stand in double quotes"
    return ""


def _separator(text: str, usual: str, header: bool) -> str:
    """The usual separator, or where the header lacks it, another that it has."""
    first = text.lstrip("\r\n").partition("\n")[0]
    if usual in first or not header:
        return usual
    return next((one for one in GUESSED if one in first), usual)


def lines_of(text: str) -> list[str]:
    """The lines of a text, split at line feeds (at carriage returns where there are no line feeds)."""
    end = "\n" if "\n" in text else "\r"
    return [line.removesuffix("\r") for line in text.removesuffix(end).split(end)]


def _is_quoted(text: str, separator: str) -> bool:
    """Whether double quotes enclose cells: always, but where tabs separate them.

    A file separated by tabs is taken as plain, unless each quote in it is that of a writer: around what
    needs it, or around all cells of a column. A plain file, too, may hold a cell such as ``"Fine"``; no
    writer would enclose that one cell alone.
    """
    if separator != "\t":
        return True
    if '"' not in text or not _QUOTED_TSV.fullmatch(text):
        return False
    enclosed: Counter[int] = Counter()
    needless: set[int] = set()
    bare: set[int] = set()
    widths: set[int] = set()
    column, first = 0, True
    for cell, end in (match.groups() for match in _CELL.finditer(text)):
        if cell.startswith('"'):
            enclosed[column] += 1
            if not re.search(r'[\t\r\n"]', cell[1:-1]):
                needless.add(column)
        elif cell and not first:
            bare.add(column)
        column += 1
        if end != "\t":
            if column > 1 or cell:
                widths.add(column)
            column, first = 0, False
    return len(widths) == 1 and bool(enclosed) and not needless & bare


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Python's csv refuses cells above 131,072 characters; the limit is the whole process's."""
    with _lock:
        before = csv.field_size_limit(2**31 - 1)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _quoted(text: str, path: Path, separator: str) -> list[list[str]]:
    """Rows of a file with quoting; empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, start = [], 1
    with _cells_of_any_length():
        try:
            for row in reader:
                if row:
                    rows.append(row)
                start = reader.line_num + 1
        except csv.Error:
            where = f"line {start}" if reader.line_num <= start else f"lines {start} to {reader.line_num}"
            raise DataError(
                f"{path}, {where}: a stray double quote; a cell that starts with one must be quoted, and "
                "those inside it doubled; where quotes are plain characters give --no-quoted"
            ) from None
    return rows


def _check_swallowed(columns: dict[str, list[str]], separator: str, path: Path, first: int) -> None:
    """Refuse a cell of several lines when these, taken one by one, are rows of the same table.

    Two stray quotes, one at the start of a cell and one at the end of a later one, enclose the rows
    between them without breaking any rule. What gives them away: each line has as many cells as the
    header, and what then stands in another column are values of that column.
    """
    counts: dict[str, Counter[str]] = {}
    for place, name in enumerate(columns):
        for index, cell in enumerate(columns[name]):
            if "\n" not in cell:
                continue
            row = [column[index] for column in columns.values()]
            lines = [line.rstrip("\r").split(separator) for line in cell.split("\n")]
            lines = [row[:place] + lines[0], *lines[1:-1], lines[-1] + row[place + 1 :]]
            if any(len(line) != len(row) for line in lines):
                continue
            for at, other in enumerate(columns):
                values = [line[at] for line in lines]
                if at == place or not all(value.strip() for value in values):
                    continue
                known = counts.setdefault(other, Counter(columns[other]))
                words = len(values) > 3 and all(len(v.split()) == 1 and v == v.strip() for v in values)
                if words or all(known[value] > (value == row[at]) for value in values):
                    raise DataError(
                        f"{path}, row {index + first}, column {name!r}: one cell of {len(lines)} lines that "
                        "look like rows; did a stray double quote open it? Double those inside a cell, or "
                        "give --no-quoted where quotes are plain characters"
                    )
