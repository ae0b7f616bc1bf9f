"""Which columns of a table hold texts and labels, what the labels mean, and why a table is refused."""

from collections.abc import Iterable, Mapping, Sequence

from rnnviz_core.errors import DataError

from .layout import Layout, find_column, same

TEXT_NAMES = ("text", "sentence", "review", "tweet")  # usual names of a column of texts, the best first
LABEL_NAMES = ("label", "sentiment")
LABEL_COLUMNS = {"label5": 5, "label3": 3, "label2": 2}  # by the number of classes; a table may carry several
WORDS = {  # labels in words, by the number of classes
    2: {"negative": 0, "neg": 0, "false": 0, "positive": 1, "pos": 1, "true": 1},
    3: {"negative": 0, "neg": 0, "neutral": 1, "positive": 2, "pos": 2},
}
FEW = 12  # labels that a message lists


def text_column(present: Sequence[str], layout: Layout, source: str) -> str:
    """The column of the texts: the one that `layout` names, else the first of the usual names."""
    if layout.text_column is not None:
        return named(present, layout.text_column, layout, source)
    found = (find_column(present, name) for name in TEXT_NAMES)
    return next(filter(None, found), None) or named(present, TEXT_NAMES[0], layout, source, "--text-column")


def label_column(present: Sequence[str], classes: int, layout: Layout, source: str) -> str:
    """The label column for this number of classes: that named by `layout`, else one with a usual name."""
    if layout.label_column is not None:
        return named(present, layout.label_column, layout, source)
    found = (find_column(present, name) for name in (f"label{classes}", *LABEL_NAMES))
    return next(filter(None, found), None) or named(
        present, f"label{classes}", layout, source, "--label-column"
    )


def named(present: Sequence[str], name: str, layout: Layout, source: str, option: str = "") -> str:
    """The column of a name, or a `DataError` that lists the columns and says what is probably wrong."""
    column = find_column(present, name)
    if column is None:
        listed = ", ".join(column if len(column) <= 40 else f"{column[:39]}…" for column in present)
        cause = _cause(present, name, layout, option)
        raise DataError(f"{source}: no column {name!r}; the columns are {listed}{cause}")
    return column


def _cause(present: Sequence[str], name: str, layout: Layout, option: str) -> str:
    """Why a column is probably missing, and what to do."""
    first = present[0] if present else ""
    if len(present) == 1 and (separator := next((one for one in ";,\t|" if one in first), None)):
        return f"; is {separator!r} the separator? Give --delimiter"
    if not layout.header:
        return "; without a header columns are numbered from 1: give --text-column and --label-column"
    if any("Ã" in column or "ï»¿" in column or "\ufffd" in column for column in present):
        return "; is the encoding right? Give --encoding"
    if any(_is_data(column) for column in present):
        return "; is the first line data? Give --no-header, --text-column and --label-column (numbers from 1)"
    if alike := [column for column in present if column.casefold() == name.casefold()]:
        return f"; {' and '.join(alike)} differ in case only: give {option or 'the exact name'}"
    return f"; name it with {option}" if option else ""


def _is_data(column: str) -> bool:
    """Whether a header's cell looks like a text or a number."""
    return len(column.split()) > 3 or same(column).lstrip("-").isdigit()


def meanings(classes: int, layout: Layout, names: Sequence[str] = ()) -> dict[str, int]:
    """What a cell may hold, as `same` writes it, and the class it stands for.

    Parameters
    ----------
    names
        Names of the classes, which cells may hold in place of numbers.
    """
    if layout.labels:
        if len(layout.labels) != classes:
            raise DataError(
                f"labels names {len(layout.labels)} labels ({', '.join(layout.labels)}), but there are "
                f"{classes} classes; give --classes as many names"
            )
        return {same(label): number for number, label in enumerate(layout.labels)}
    own = {same(name): number for number, name in enumerate(names)} if len(names) == classes else {}
    if any(name.isdigit() for name in own):
        return own
    return {str(number): number for number in range(classes)} | WORDS.get(classes, {}) | own


def numbers(cells: Iterable[object], known: Mapping[str, int], column: str, source: str) -> list[int | None]:
    """Cells as class numbers; None where a cell is empty.

    Raises
    ------
    DataError
        Names the row and the label that `known` lacks, and what the labels of the column suggest.
    """
    written = ["" if cell is None else str(cell) for cell in cells]
    short = {cell: same(cell) for cell in dict.fromkeys(written)}
    if any(label and label not in known for label in short.values()):
        row = next(index for index, cell in enumerate(written) if short[cell] and short[cell] not in known)
        allowed: dict[int, str] = {}
        for label, number in known.items():
            allowed.setdefault(number, label)
        raise DataError(
            f"{source}, data row {row + 1}, column {column!r}: unknown label {written[row]!r:.60}; "
            f"choose one of {', '.join(allowed.values())}{_suggestion(short, len(allowed))}"
        )
    return [known[short[cell]] if short[cell] else None for cell in written]


def _suggestion(short: Mapping[str, str], classes: int) -> str:
    """What to do, from the labels that a column holds."""
    found = sorted({label for label in short.values() if label})
    if len(found) > FEW:
        return f" (the column holds {len(found)} different values: is it the one of the labels?)"
    written = sorted({cell.strip() for cell in short if cell.strip()})
    if found == [str(number) for number in range(1, classes + 1)]:
        return f" (labels from 1: give --labels {','.join(found)})"
    if len(found) == classes:
        return f" (give --labels with {', '.join(written)} in order, worst first)"
    return f" (the column holds {', '.join(written)}: give --labels, and --classes as many names)"


def classes_of(cells: Iterable[object], classes: int, layout: Layout, column: str, source: str) -> int:
    """How many classes the labels of a column have, for scoring a model of `classes` classes.

    Raises
    ------
    DataError
        When the labels would fit fewer classes as well as the model's.
    """
    if layout.labels:
        return len(layout.labels)
    found = {same(str(cell)) for cell in cells if cell is not None} - {""}
    if fewer := next((n for n, words in WORDS.items() if found and found <= set(words)), None):
        return fewer
    digits = {n: [str(number) for number in range(n)] for n in (2, 3, classes)}
    small = next((n for n in (2, 3) if n < classes and found <= set(digits[n])), None)
    if found and small is not None:
        few, all_of_them = (",".join(digits[n]) for n in (small, classes))
        raise DataError(
            f"{source}, column {column!r}: holds {', '.join(sorted(found))} only; "
            f"give --labels {few} if these are {small} classes, --labels {all_of_them} if they are {classes}"
        )
    return classes
