"""How a table is laid out: which columns are read, what its labels mean, how the file is written."""

import codecs
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rnnviz_core.errors import SpecError

SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


@dataclass(frozen=True)
class Layout:
    """How a table is written; whatever is left out is guessed from the file.

    A column is named as the header names it, or by its number, from 1, where there is no header.
    """

    text_column: str | None = None  # the texts; translation: the sentences that are read
    label_column: str | None = None  # the labels; translation: the translations
    labels: tuple[str, ...] = ()  # sentiment: what the cells hold, one per class, worst first
    encoding: str | None = None  # as Python names it; None: UTF-8, or what the file's first bytes say
    delimiter: str | None = None  # one character, or its name in `SEPARATORS`
    header: bool = True  # whether the first line names the columns
    quoted: bool | None = None  # whether double quotes enclose cells; None: as the file suggests

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(label.strip() for label in self.labels))
        if len({same(label) for label in self.labels}) != len(self.labels):
            raise SpecError(f"labels is {', '.join(self.labels)}; each must be given once")
        if len(self.labels) == 1 or "" in self.labels:
            raise SpecError(f"labels is {', '.join(self.labels)!r}; write at least two, separated by commas")
        if self.text_column is not None and self.text_column == self.label_column:
            raise SpecError(f"text column and label column are both {self.text_column!r}; choose two columns")
        if self.delimiter is not None:
            object.__setattr__(self, "delimiter", _named(self.delimiter))
        if self.encoding is not None:
            _check_encoding(self.encoding)

    @property
    def separator(self) -> str | None:
        """The character between two cells, where it is known."""
        return None if self.delimiter is None else SEPARATORS.get(self.delimiter, self.delimiter)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)

    def options(self) -> list[str]:
        """The words of a command line that give this layout; nothing for what is left out."""
        words = []
        for field in dataclasses.fields(self):
            value, flag = getattr(self, field.name), field.name.replace("_", "-")
            if value is False:
                words.append(f"--no-{flag}")
            elif value is True and field.default is not True:
                words.append(f"--{flag}")
            elif value not in (None, (), True):
                words += [f"--{flag}", ",".join(value) if isinstance(value, tuple) else value]
        return words


def _named(delimiter: str) -> str:
    """A delimiter by its name where it has one, so that a command line can hold it."""
    character = SEPARATORS.get(delimiter, "\t" if delimiter == "\\t" else delimiter)
    if len(character) != 1 or character in '"\r\n':
        raise SpecError(
            f"delimiter is {delimiter!r}; it must be one character, or one of {', '.join(SEPARATORS)}"
        )
    return next((name for name, known in SEPARATORS.items() if known == character), character)


def _check_encoding(name: str) -> None:
    try:
        known = codecs.lookup(name)
        b"text".decode(name, "ignore")  # refuses codecs that do not make text of bytes, such as base64
    except (LookupError, ValueError):
        known = None
    if known is None or known.name in ("idna", "punycode", "undefined"):
        raise SpecError(f"unknown encoding {name!r}; usual ones are utf-8, utf-16, latin-1, cp1252, cp1251")


def same(text: str) -> str:
    """What two labels, or two names of a column, have in common however they are written.

    ``" True"`` and ``"true"``; ``1``, ``1.0`` and ``1.00``.
    """
    text = text.strip().casefold()
    whole, point, decimals = text.partition(".")
    return whole if point and decimals and not decimals.strip("0") and whole.lstrip("-").isdigit() else text


def find_column(present: Iterable[str], name: str) -> str | None:
    """The column of this name, else the only one that differs from it in case or blanks."""
    present = list(present)
    if name in present:
        return name
    alike = [column for column in present if column.strip().casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None
