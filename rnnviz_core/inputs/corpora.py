"""Labelled texts and sentence pairs from local tables or a hub, through `datasets`.

A local table is TSV or CSV, plain or gzipped, UTF-8, with one header line. TSV is plain: no
quoting, no escapes. A hub data set is named ``hub:NAME`` or ``hub:NAME:CONFIG``. Either may name the split
to take: ``reviews.tsv@test``, ``hub:NAME@test``.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rnnviz_core.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

HUB = "hub:"
SPLIT_MARK = "@"  # between a source and its own split
ENDINGS = (".tsv", ".csv", ".tsv.gz", ".csv.gz")
SPLIT_NAMES = {  # one split has several names in the wild; an exact match comes first
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev"),
    "test": ("test",),
}
# Label columns by the number of classes; a table may carry several.
LABEL_COLUMNS = {"label5": 5, "label3": 3, "label2": 2}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with a class each."""

    texts: list[str]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sentences and their translations."""

    sources: list[str]
    targets: list[str]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts without labels."""

    texts: list[str]


Columns = TypeVar("Columns", Labelled, Pairs, Texts)


def shard(examples: Columns, rank: int, size: int) -> Columns:
    """One process's part of the examples, as `datasets` splits rows between nodes."""
    from datasets import Dataset
    from datasets.distributed import split_dataset_by_node

    rows = Dataset.from_dict({field.name: getattr(examples, field.name) for field in fields(examples)})
    part = split_dataset_by_node(rows, rank=rank, world_size=size)
    return type(examples)(**{name: list(part[name]) for name in part.column_names})


def joined(parts: Sequence[Columns]) -> Columns | None:
    """The rows of several sources as one, in their order; nothing of none."""
    if not parts:
        return None
    kind = type(parts[0])
    names = [field.name for field in fields(kind)]
    return kind(**{name: [cell for part in parts for cell in getattr(part, name)] for name in names})


def own_split(source: str) -> tuple[str, str | None]:
    """A source without the split it names, and that split."""
    name, mark, split = source.rpartition(SPLIT_MARK)
    return (name, split) if mark and not source.endswith(ENDINGS) else (source, None)


def load(source: str, split: str | None = None, *, exclude: Iterable[str] = ()) -> "Dataset":
    """The rows of one split of a local table or hub data set.

    Parameters
    ----------
    source
        A path ending in one of `ENDINGS`, or ``hub:NAME[:CONFIG]``; with ``@SPLIT`` after it, that split is
        taken whatever `split` says.
    split
        The value wanted in the column ``split`` (or the split of a hub data set); a table
        without that column is taken whole. ``None`` takes everything.
    exclude
        ``COLUMN=VALUE`` rules; rows that meet one are dropped.

    Raises
    ------
    DataError
        Names the file, and where it applies the row and column, that cannot be used.
    """
    source, own = own_split(source)
    split = own or split
    if source.startswith(HUB):
        return _drop(_from_hub(source.removeprefix(HUB), split), exclude, source)
    rows = read_table(Path(source))
    if split is not None and "split" in rows.column_names:
        present = list(dict.fromkeys(rows["split"]))
        names = [name for name in (split, *SPLIT_NAMES.get(split, ())) if name in present]
        if not names:
            raise DataError(f"{source}: no split {split!r}; the splits are {', '.join(present)}")
        wanted = [index for index, name in enumerate(rows["split"]) if name == names[0]]
        rows = rows.select(wanted)
    return _drop(rows, exclude, source)


def _drop(rows: "Dataset", exclude: Iterable[str], source: str) -> "Dataset":
    for rule in exclude:
        column, equals, value = rule.partition("=")
        if not equals or column not in rows.column_names:
            raise DataError(
                f"{source}: cannot exclude {rule!r}; write COLUMN=VALUE with one of the columns "
                f"{', '.join(rows.column_names)}"
            )
        rows = rows.select([index for index, cell in enumerate(rows[column]) if str(cell) != value])
    if not len(rows):
        raise DataError(f"{source}: no rows are left to use")
    return rows


def _from_hub(name: str, split: str | None) -> "Dataset":
    import datasets

    path, _, config = name.partition(":")
    try:
        found = datasets.load_dataset(path, config or None, split=split)
    except Exception as error:  # the library raises many kinds; each means the same here
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"the hub data set {path!r} cannot be loaded ({reason}); check the name and that this "
            "machine has a network, or give the path of a local file"
        ) from None
    if isinstance(found, dict):
        found = datasets.concatenate_datasets(list(found.values()))
    return found


def read_table(path: Path) -> "Dataset":
    """A local TSV or CSV file as a data set of strings, row by row as it stands in the file."""
    import datasets

    if not path.name.endswith(ENDINGS):
        raise DataError(f"{path}: the name must end in one of {', '.join(ENDINGS)} (or be hub:NAME)")
    try:
        lines = list(_lines(path))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from None
    if not lines:
        raise DataError(f"{path}: the file is empty; it needs a header line")
    header, *rows = lines
    if len(set(header)) != len(header):
        raise DataError(f"{path}: the header names a column twice: {', '.join(header)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(f"{path}, row {number}: {len(row)} columns where the header has {len(header)}")
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    data = {name: list(column) for name, column in zip(header, columns, strict=True)}
    return datasets.Dataset.from_dict(data)


def _lines(path: Path) -> Iterator[list[str]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            row = file_row(error.object, error.start)
            raise DataError(f"{path}, row {row}: not UTF-8 (byte {error.object[error.start]:#04x})") from None
    if ".tsv" in path.name:
        for line in text.removesuffix("\n").split("\n") if text.strip() else ():
            yield line.removesuffix("\r").split("\t")
    else:
        yield from (row for row in csv.reader(text.splitlines(keepends=True)) if row)


def file_row(data: bytes, offset: int) -> int:
    """The 1-based line of a byte offset."""
    return data.count(b"\n", 0, offset) + 1


def require(rows: "Dataset", columns: Iterable[str], source: str) -> None:
    """Raise `DataError` when a column is missing, listing those there are."""
    for column in columns:
        if column not in rows.column_names:
            raise DataError(f"{source}: no column {column!r}; the columns are {', '.join(rows.column_names)}")


def texts_of(rows: "Dataset", column: str, source: str) -> list[str]:
    """The texts of a column, none of them blank."""
    require(rows, [column], source)
    texts = [str(text) for text in rows[column]]
    for index, text in enumerate(texts):
        if not text.strip():
            raise DataError(f"{source}, data row {index + 1}, column {column!r}: the text is empty")
    return texts


def labels_of(rows: "Dataset", column: str, classes: int, source: str) -> list[int | None]:
    """The labels of a column as class numbers; None where the cell is empty."""
    allowed = {str(number): number for number in range(classes)}
    labels: list[int | None] = []
    for index, cell in enumerate(rows[column]):
        text = "" if cell is None else str(cell)
        if text and text not in allowed:
            raise DataError(
                f"{source}, data row {index + 1}, column {column!r}: unknown label {text!r}; "
                f"choose one of {', '.join(allowed)}"
            )
        labels.append(allowed[text] if text else None)
    return labels


def labelled(source: str, split: str | None, classes: int, *, exclude: Iterable[str] = ()) -> Labelled:
    """Texts with labels ``0 .. classes - 1`` from the column ``label<classes>`` or ``label``."""
    rows = load(source, split, exclude=exclude)
    names = [name for name in (f"label{classes}", "label") if name in rows.column_names]
    require(rows, ["text", *(names or [f"label{classes}"])], source)
    labels = labels_of(rows, names[0], classes, source)
    kept = [index for index, label in enumerate(labels) if label is not None]
    texts = texts_of(rows.select(kept), "text", source)
    return Labelled(texts, [label for label in labels if label is not None])


def polarity(source: str, split: str | None) -> Labelled:
    """Texts known only as negative (0) or positive (1), from the column ``label2`` or ``label``.

    HTML line breaks, which review sites leave in their texts, become spaces.
    """
    found = labelled(source, split, 2)
    return Labelled(_without_breaks(found.texts), found.labels)


def unlabelled(source: str, split: str | None) -> Texts:
    """Texts of the column ``text``, whatever else is known of them; HTML line breaks become spaces."""
    return Texts(_without_breaks(texts_of(load(source, split), "text", source)))


def _without_breaks(texts: list[str]) -> list[str]:
    return [text.replace("<br />", " ") for text in texts]


def pairs(
    source: str, split: str | None, languages: tuple[str, str], *, exclude: Iterable[str] = ()
) -> Pairs:
    """Sentence pairs from columns named by language code (or a hub's ``translation`` column)."""
    rows = load(source, split, exclude=exclude)
    if "translation" in rows.column_names and languages[0] not in rows.column_names:
        cells: list[Mapping[str, str]] = rows["translation"]
        missing = [code for code in languages if code not in cells[0]]
        if missing:
            raise DataError(f"{source}: no language {missing[0]!r}; the languages are {', '.join(cells[0])}")
        return Pairs(*([cell[code] for cell in cells] for code in languages))
    return Pairs(*(texts_of(rows, code, source) for code in languages))


_TREEBANK = [
    (re.compile(pattern), written)
    for pattern, written in (
        (r"``\s*", '"'),
        (r"\s*''", '"'),
        (r"(\w) n't\b", r"\1n't"),
        (r" ('(?:s|S|m|d|ll|re|ve|LL|RE|VE)\b)", r"\1"),
        (r"\b([Gg]on|[Ww]an) (na|ta)\b", r"\1\2"),
        (r"\b([Cc]an) (not)\b", r"\1\2"),
        (r"\s+([,.;:!?%)\]])", r"\1"),
        (r"([(\[$])\s+", r"\1"),
        (r" (--|…) ", r" \1 "),
    )
]


def as_typed(text: str) -> str:
    """Write Penn Treebank tokens as people type: ``ca n't`` -> ``can't``, `` `` `` -> ``"``.

    The Stanford Sentiment Treebank is stored in tokens; a model that has only seen those would
    meet every contraction that a person types for the first time.
    """
    for pattern, written in _TREEBANK:
        text = pattern.sub(written, text)
    return text
