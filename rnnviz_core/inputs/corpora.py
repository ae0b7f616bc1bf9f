"""Labelled texts and sentence pairs from local tables or a hub, through `datasets`.

A local table is a file that `rnnviz_core.inputs.tables` reads. A hub data set is named ``hub:NAME`` or
``hub:NAME:CONFIG``. Either may name the split to take: ``reviews.tsv@test``, ``hub:NAME@test``. Sentence
pairs may also be two files of a sentence per line, ``train.de`` and ``train.en``, named by either or by the
stem ``train``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rnnviz_core.errors import DataError

from . import aligned, columns, tables
from .columns import LABEL_COLUMNS as LABEL_COLUMNS
from .layout import Layout, find_column

if TYPE_CHECKING:
    from datasets import Dataset

HUB = "hub:"
SPLIT_MARK = "@"  # between a source and its own split
SPLIT_NAMES = {  # one split has several names in the wild; an exact match comes first
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev"),
    "test": ("test",),
}
GUESS = Layout()  # nothing is known, all of it is guessed
BREAK = "<br />"  # the HTML line break that review sites leave in their texts


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
    inside = mark and "/" not in split and not tables.is_table(source)
    return (name, split) if inside else (source, None)


def load(
    source: str, split: str | None = None, *, exclude: Iterable[str] = (), layout: Layout = GUESS
) -> "Dataset":
    """The rows of one split of a local table or hub data set.

    Parameters
    ----------
    source
        A path ending in one of `tables.ENDINGS`, or ``hub:NAME[:CONFIG]``; with ``@SPLIT`` after it, that
        split is taken whatever `split` says.
    split
        The value wanted in the column ``split`` (or the split of a hub data set); a table
        without that column is taken whole. ``None`` takes everything.
    exclude
        ``COLUMN=VALUE`` rules; rows that meet one are dropped.
    layout
        What is known of a local table.

    Raises
    ------
    DataError
        Names the file, and where it applies the row and column, that cannot be used.
    """
    source, own = own_split(source)
    split = own or split
    if source.startswith(HUB):
        return _drop(_from_hub(source.removeprefix(HUB), split), exclude, source)
    rows = read_table(Path(source), layout)
    column = find_column(rows.column_names, "split")
    if split is not None and column is not None:
        present = list(dict.fromkeys(rows[column]))
        names = [name for name in (split, *SPLIT_NAMES.get(split, ())) if name in present]
        if not names:
            raise DataError(f"{source}: no split {split!r}; the splits are {', '.join(present)}")
        wanted = [index for index, name in enumerate(rows[column]) if name == names[0]]
        rows = rows.select(wanted)
    return _drop(rows, exclude, source)


def _drop(rows: "Dataset", exclude: Iterable[str], source: str) -> "Dataset":
    for rule in exclude:
        name, equals, value = rule.partition("=")
        column = find_column(rows.column_names, name)
        if not equals or column is None:
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


def read_table(path: Path, layout: Layout = GUESS) -> "Dataset":
    """A local table as a data set of strings, row by row as it stands in the file."""
    import datasets

    return datasets.Dataset.from_dict(tables.read(path, layout))


def require(rows: "Dataset", columns: Iterable[str], source: str) -> None:
    """Raise `DataError` when a column is missing, listing those there are."""
    for column in columns:
        if column not in rows.column_names:
            raise DataError(f"{source}: no column {column!r}; the columns are {', '.join(rows.column_names)}")


def texts_of(rows: "Dataset", column: str, source: str) -> list[str]:
    """The texts of a column, none of them blank; HTML line breaks become spaces."""
    require(rows, [column], source)
    return usable(rows[column], source, column)


def usable(cells: Iterable[object], source: str, column: str | None = None) -> list[str]:
    """Cells as texts: HTML line breaks become spaces, and none may be blank.

    The one place where a text is changed on its way from a file to a tokenizer.
    """
    texts = ["" if cell is None else str(cell).replace(BREAK, " ") for cell in cells]
    for index, text in enumerate(texts):
        if not text.strip():
            place = f"row {index + 1}" if column is None else f"data row {index + 1}, column {column!r}"
            raise DataError(f"{source}, {place}: the text is empty")
    return texts


def labels_of(
    rows: "Dataset",
    column: str,
    classes: int,
    source: str,
    *,
    layout: Layout = GUESS,
    names: Sequence[str] = (),
) -> list[int | None]:
    """The labels of a column as class numbers; None where the cell is empty.

    A cell holds the number of its class (``0``, ``0.0``), or one of `names`, or what `layout` says.
    """
    known = columns.meanings(classes, layout, names)
    return columns.numbers(rows[column], known, column, source)


def labelled(
    source: str,
    split: str | None,
    classes: int,
    *,
    exclude: Iterable[str] = (),
    layout: Layout = GUESS,
    names: Sequence[str] = (),
) -> Labelled:
    """Texts with labels ``0 .. classes - 1``, from the columns that `layout` names or that are usual.

    The usual columns are ``text`` (or another of `columns.TEXT_NAMES`) and ``label<classes>`` (or
    another of `columns.LABEL_NAMES`). `names` are those of the classes.
    """
    rows = load(source, split, exclude=exclude, layout=layout)
    text = columns.text_column(rows.column_names, layout, source)
    column = columns.label_column(rows.column_names, classes, layout, source)
    labels = labels_of(rows, column, classes, source, layout=layout, names=names)
    kept = [index for index, label in enumerate(labels) if label is not None]
    texts = texts_of(rows.select(kept), text, source)
    return Labelled(texts, [label for label in labels if label is not None])


def scored(
    source: str, split: str | None, names: Sequence[str], *, layout: Layout = GUESS, ordered: bool = True
) -> "Dataset":
    """The rows a sentiment model is scored on, with the columns ``text`` and ``label<number of classes>``.

    Parameters
    ----------
    names
        Of the model's classes.
    ordered
        Whether these run from worst to best: then labels may be of fewer classes than the model's.

    Raises
    ------
    DataError
        When there is no column of texts or labels, or it cannot be told how many classes there are.
    """
    rows = load(source, split, layout=layout)
    text = columns.text_column(rows.column_names, layout, source)
    if text != "text":
        rows = rows.remove_columns([name for name in ("text",) if name in rows.column_names])
        rows = rows.rename_column(text, "text")
    if ordered and layout.label_column is None and not layout.labels:
        exact = {name: find_column(rows.column_names, name) for name in LABEL_COLUMNS}
        if any(exact.values()):
            return rows.rename_columns({found: name for name, found in exact.items() if found})
    column = columns.label_column(rows.column_names, len(layout.labels) or len(names), layout, source)
    classes = len(names)
    if ordered:
        classes = columns.classes_of(rows[column], classes, layout, column, source)
    labels = labels_of(rows, column, classes, source, layout=layout, names=names)
    cells = ["" if label is None else str(label) for label in labels]
    return type(rows).from_dict({"text": rows["text"][:], f"label{classes}": cells})


def polarity(source: str, split: str | None) -> Labelled:
    """Texts known only as negative (0) or positive (1), from the column ``label2`` or ``label``."""
    return labelled(source, split, 2)


def unlabelled(source: str, split: str | None) -> Texts:
    """Texts of a table, whatever else is known of them."""
    rows = load(source, split)
    return Texts(texts_of(rows, columns.text_column(rows.column_names, GUESS, source), source))


def pairs(
    source: str,
    split: str | None,
    languages: tuple[str, str],
    *,
    exclude: Iterable[str] = (),
    layout: Layout = GUESS,
) -> Pairs:
    """Sentence pairs from columns named by language code, or as `layout` names them.

    A hub's ``translation`` column and two files of a sentence per line are read as well.
    """
    if not source.startswith(HUB) and (paths := aligned.find(source, languages)):
        if exclude := list(exclude):
            raise DataError(
                f"{source}: cannot exclude {exclude[0]!r}; two files of sentences have no columns"
            )
        sides = aligned.read(paths, layout.encoding)
        return Pairs(*(usable(lines, str(path)) for path, lines in zip(paths, sides, strict=True)))
    rows = load(source, split, exclude=exclude, layout=layout)
    if "translation" in rows.column_names and languages[0] not in rows.column_names:
        cells: list[Mapping[str, str]] = rows["translation"]
        missing = [code for code in languages if code not in cells[0]]
        if missing:
            raise DataError(f"{source}: no language {missing[0]!r}; the languages are {', '.join(cells[0])}")
        return Pairs(*([cell[code] for cell in cells] for code in languages))
    options = ("--text-column", "--label-column")
    wanted = zip((layout.text_column, layout.label_column), languages, options, strict=True)
    names = [
        columns.named(rows.column_names, name or code, layout, source, "" if name else option)
        for name, code, option in wanted
    ]
    return Pairs(*(texts_of(rows, name, source) for name in names))
