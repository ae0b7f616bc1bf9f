"""A table of TOML that says which line is wrong: each value is asked for by its kind, none is left over."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rnnviz_core.errors import LessonError, unknown_choice

from .syntax import Expression, parse

_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Source:
    """A file's name, for messages that name a line of it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def error(self, line: int, problem: str) -> LessonError:
        """What to raise for a line, counted from 1."""
        return LessonError(f"{self.name}, line {line}: {problem}")


class Table:
    """Values of a table by name, each checked when asked for.

    Parameters
    ----------
    source
        The file.
    lines
        The table's lines.
    first
        The number of the first of them in the file.
    values
        What they hold; None: read them.
    where
        What the table is, for messages: ``this predict step``.
    """

    def __init__(
        self,
        source: Source,
        lines: Sequence[str],
        first: int,
        where: str,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self._source, self._lines, self._first, self.where = source, lines, first, where
        self._asked: set[str] = set()
        self._values = dict(values) if values is not None else self._read()

    def _read(self) -> dict[str, Any]:
        try:
            return tomllib.loads("\n".join(self._lines))
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            place = _AT.search(message)
            line = int(place[1]) if place and place[1] else len(self._lines)
            said = _AT.sub("", message)
            raise self._source.error(
                self._first + line - 1,
                f'this is not TOML: {said[:1].lower()}{said[1:]}; texts stand in quotes: name = "text"',
            ) from None

    def line(self, name: str = "") -> int:
        """The line of a value, or the first one."""
        pattern = re.compile(rf"\s*[\[{{,\s]*\"?{re.escape(name)}\"?\s*(=|\])")
        for number, line in enumerate(self._lines if name else ()):
            if pattern.match(line):
                return self._first + number
        return self._first

    def wrong(self, name: str, problem: str) -> LessonError:
        """What to raise for a value."""
        return self._source.error(self.line(name), f"{self.where}: {problem}")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def _of(self, name: str, kinds: tuple[type, ...], called: str, default: Any, example: str) -> Any:
        self._asked.add(name)
        if name not in self._values:
            if default is not None:
                return default
            raise self.wrong("", f"{name} is missing; write {name} = {example}")
        found = self._values[name]
        if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
            raise self.wrong(name, f"{name} must be {called}, such as {example}; it is {found!r:.60}")
        return found

    def text(self, name: str, default: str | None = None, *, example: str = '"…"', most: int = 600) -> str:
        """A text that is not empty."""
        found = str(self._of(name, (str,), "a text in quotes", default, example)).strip()
        if not found and default is None:
            raise self.wrong(name, f"{name} is empty; write {name} = {example}")
        if len(found) > most:
            raise self.wrong(name, f"{name} has {len(found)} characters; the limit is {most}")
        return found

    def number(self, name: str, default: float | None = None, *, example: str = "0.5") -> float:
        """A number."""
        found = float(self._of(name, (int, float), "a number", default, example))
        if not abs(found) < 1e9:
            raise self.wrong(name, f"{name} is {found:g}; a number up to a thousand million is possible")
        return found

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within limits."""
        found = int(self._of(name, (int,), "a whole number", default, str(low)))
        if not low <= found <= high:
            raise self.wrong(name, f"{name} is {found}; choose {low} to {high}")
        return found

    def one_of(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        """One of a few texts."""
        found = self.text(name, default, example=f'"{next(iter(choices))}"')
        if found not in choices:
            raise self.wrong(name, unknown_choice(name, found, choices))
        return found

    def texts(self, name: str, low: int, high: int) -> tuple[str, ...]:
        """A list of texts."""
        found = self._of(name, (list,), "a list of texts", [] if not low else None, '["…", "…"]')
        if not all(isinstance(one, str) and one.strip() for one in found):
            raise self.wrong(name, f'{name} must be a list of texts in quotes: ["…", "…"]')
        if not low <= len(found) <= high:
            raise self.wrong(name, f"{name} has {len(found)} entries; write {low} to {high}")
        return tuple(one.strip() for one in found)

    def expression(self, name: str, *, example: str = '"argmax(encoder.0.forget.mean(unit))"') -> Expression:
        """An expression over the trace."""
        return self._parsed(name, self.text(name, example=example))

    def perhaps(self, name: str) -> Expression | None:
        """An expression, or None where there is none."""
        self._asked.add(name)
        return self.expression(name) if name in self else None

    def _parsed(self, name: str, written: str) -> Expression:
        try:
            return parse(written)
        except LessonError as error:
            raise self.wrong(name, str(error)) from None

    def expressions(self, name: str) -> dict[str, Expression]:
        """A table of expressions by name."""
        found = self._of(name, (dict,), "a table", {}, '{ "words" = "expression" }')
        if not all(isinstance(one, str) for one in found.values()):
            raise self.wrong(name, f'each entry of {name} must be an expression in quotes: name = "…"')
        return {key: self._parsed(key, one) for key, one in found.items()}

    def plain(self, name: str) -> dict[str, Any]:
        """A table whose values are checked elsewhere."""
        return dict(self._of(name, (dict,), "a table", {}, "{ … }"))

    def tables(self, name: str, low: int, high: int) -> list["Table"]:
        """A list of tables; a text in it counts as ``{text = …}``."""
        found = self._of(name, (list,), "a list", [] if not low else None, '[{ text = "…" }, …]')
        if not all(isinstance(one, (str, dict)) for one in found):
            raise self.wrong(name, f'{name} must be a list of {{ text = "…" }}')
        if not low <= len(found) <= high:
            raise self.wrong(name, f"{name} has {len(found)} entries; write {low} to {high}")
        rows = [{"text": one} if isinstance(one, str) else one for one in found]
        return [Table(self._source, self._lines, self._first, f"{self.where}, {name}", row) for row in rows]

    def table(self, name: str, values: Mapping[str, Any], where: str) -> "Table":
        """A table inside of this one, whose lines begin at its own head."""
        skipped = max(self.line(name) - self._first, 0)
        return Table(self._source, self._lines[skipped:], self._first + skipped, where, values)

    def done(self) -> None:
        """Refuse what nobody asked for: a misspelt name must not be passed over."""
        for name in self._values:
            if name not in self._asked:
                raise self.wrong(name, unknown_choice("setting", name, sorted(self._asked)))
