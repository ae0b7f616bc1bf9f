"""Sentence pairs in two files of a sentence per line: ``train.de`` and ``train.en``."""

from pathlib import Path

from rnnviz_core.errors import DataError

from . import tables


def find(source: str, languages: tuple[str, str]) -> tuple[Path, Path] | None:
    """The files ``STEM.de`` and ``STEM.en``, gzipped or not, of a source named by either or by its stem."""
    if tables.is_table(source):
        return None
    zipped = ".gz" if source.endswith(".gz") else ""
    stem = source.removesuffix(zipped)
    stem = next((stem.removesuffix(f".{code}") for code in languages if stem.endswith(f".{code}")), stem)
    for ending in (zipped,) if zipped else ("", ".gz"):
        first, second = (Path(f"{stem}.{code}{ending}") for code in languages)
        if first.is_file() and second.is_file():
            return first, second
    return None


def read(paths: tuple[Path, Path], encoding: str | None = None) -> tuple[list[str], list[str]]:
    """The lines of two files.

    Raises
    ------
    DataError
        When a file cannot be read, or one has more lines than the other.
    """
    first, second = (tables.lines_of(tables.read_text(path, encoding)) for path in paths)
    if len(first) != len(second):
        raise DataError(
            f"{paths[0]} has {len(first)} lines, {paths[1]} has {len(second)}; "
            "every line of one must be the translation of that line of the other"
        )
    return first, second
