"""Collect the marked texts and bring the catalogues up to date: ``python -m scripts.languages``.

Every text that the code marks (see `rnnviz_core.languages`) is looked up in the catalogue of each language,
``rnnviz_core/languages/catalogues/<code>.po``. New texts are added without a translation, those that are gone
are taken out, nothing is guessed. Then each catalogue is compiled to the ``.mo`` that the app reads.

``--check`` changes nothing and fails where a text is not translated or a compiled file is not up to date;
``--missing es`` prints the texts that Spanish lacks; ``--part 1/3`` a third of them.
"""

import argparse
import ast
import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "rnnviz_core" / "languages" / "catalogues"
CODES = ("es", "de")
BEGINNING = datetime(2026, 11, 26, tzinfo=UTC)
PLURALS = (2, "(n != 1)")  # both languages count like English; CLDR's third form of Spanish is for millions
HEADER = "# Texts of RNNViz; python -m scripts.languages brings them up to date."
SEVERAL = ("ngettext", "nfilled")  # two forms
NAMES = ("_", "N_", "filled", "pgettext", *SEVERAL)
DROPPED = tuple(  # of the header: what says nothing, or changes without a change
    f'"{name}' for name in ("POT-C", "PO-R", "Generated", "Report", "Last-T", "Language-T", "Project")
)
COMMENT = "Translators:"  # what stands after it above a text goes with it


def marked() -> Catalog:
    """Every text that the code marks, with the files it stands in."""
    found = Catalog(project="RNNViz", charset="utf-8", fuzzy=False)
    for path in sorted([*(ROOT / "rnnviz_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]):
        source = path.read_text(encoding="utf-8")
        if any(f"{name}(" in source for name in NAMES):
            for text, context, comments in calls(source):
                # Without line numbers a change elsewhere in a file changes no catalogue.
                place = path.relative_to(ROOT).as_posix()
                found.add(text, None, [(place, 0)], auto_comments=comments, context=context)
    for message in found:
        message.flags.discard("python-format")  # a per cent sign is not a placeholder here
    return found


def calls(source: str) -> "list[tuple[str | tuple[str, ...], str | None, list[str]]]":
    """The texts that a file marks: text, or its two forms; context; what a comment above tells translators.

    Babel's own reader takes tokens, and up to Python 3.11 those of an f-string are one text: it misses what
    is marked inside. An argument that is not a literal is none of ours: it was marked where it stands.
    """
    lines, found = source.splitlines(), []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES):
            continue
        literals = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        needed = 2 if node.func.id in ("pgettext", *SEVERAL) else 1
        if len(literals) < needed:
            continue
        context = literals.pop(0) if node.func.id == "pgettext" else None
        text = tuple(literals[:2]) if node.func.id in SEVERAL else literals[0]
        found.append((text, context, _comment(lines, node.lineno)))
    return found


def _comment(lines: list[str], number: int) -> list[str]:
    """The comment for translators right above a line (counted from 1), or above the one that it goes on."""
    said: list[str] = []
    at = number - 2
    while at >= 0 and (line := lines[at].strip()).startswith("#"):
        said.insert(0, line.lstrip("# "))
        at -= 1
    return said if said and said[0].startswith(COMMENT) else []


def catalogue(code: str) -> Catalog:
    """The catalogue of a language as it stands on disk; an empty one where there is none."""
    path = FOLDER / f"{code}.po"
    if not path.exists():
        return _empty(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def _empty(code: str) -> Catalog:
    found: Any = Catalog(locale=code, project="RNNViz", charset="utf-8", fuzzy=False, header_comment=HEADER)
    found._num_plurals, found._plural_expr = PLURALS
    return found


def updated(code: str, texts: Catalog) -> Catalog:
    """The catalogue with exactly the texts that are marked."""
    found = catalogue(code)
    found.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    found.obsolete.clear()
    return found


def as_po(found: Catalog) -> bytes:
    """The catalogue as text, in the order of its files."""
    made = io.BytesIO()
    write_po(made, found, width=110, sort_by_file=True, omit_header=False, include_lineno=False)
    lines = made.getvalue().decode().split("\n")
    return "\n".join(line for line in lines if not line.startswith(DROPPED)).encode()


def as_mo(found: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    found.creation_date = found.revision_date = BEGINNING  # the same texts make the same file at any time
    made = io.BytesIO()
    write_mo(made, found)
    return made.getvalue()


def lacking(found: Catalog) -> list[Any]:
    """The texts without a translation, or with one that somebody has to look at again."""
    texts = []
    for entry in found:
        forms: Any = entry.string if isinstance(entry.string, list | tuple) else (entry.string,)
        if entry.id and (entry.fuzzy or not all(forms)):
            texts.append(entry.id)
    return texts


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where it would")
    parser.add_argument("--missing", metavar="CODE", help="print the texts that a language lacks, and stop")
    parser.add_argument("--part", default="1/1", help="of --missing: the second third is 2/3")
    options = parser.parse_args()
    texts = marked()
    if options.missing:
        missing = lacking(updated(options.missing, texts))
        at, of = map(int, options.part.split("/"))
        for text in missing[(at - 1) * len(missing) // of : at * len(missing) // of]:
            print(repr(text))
        return
    wrong = 0
    for code in CODES:
        found = updated(code, texts)
        files = {FOLDER / f"{code}.po": as_po(found), FOLDER / f"{code}.mo": as_mo(found)}
        count = len(lacking(found))
        print(f"{code}: {len(found)} texts, {count} not translated")
        for path, content in files.items():
            old = path.read_bytes() if path.exists() else b""
            if options.check:
                wrong += count + (old != content)
            elif old != content:
                path.write_bytes(content)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
