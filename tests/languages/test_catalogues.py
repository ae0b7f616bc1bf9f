"""Every text that a visitor sees is marked, and every marked text is told in every language."""

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts import languages

ROOT = Path(__file__).resolve().parents[2]
# Rooms whose texts are shown; `diagnosis`, `tasks` and `importing` also speak to the command line.
SHOWN = ("ui/views", "ui/shell", "ui/controls", "ui/drawing", "charts", "findings", "frames", "classroom")
# What looks like a text and is none: signs of negation that are looked for, classes of CSS, logs.
NONE = re.compile(
    r"\\b|\\w|\?|postgresql|%s|^(nothing nobody|could not be|would not|although despite|used to|anything but|"
    r"far from|instead of|would have|neither nor|neither … nor|up to|pick then|wire far |all equal|"
    r"not output|irony is not understood|np\..*|files of charts need .*|the same again|last season|"
    r"through the cell alone|by a hidden state|through later states|a state dict of PyTorch)$"
)
MARKUP = re.compile(r"<[^>]*>|\$[^$]*\$|`[^`]*`")
CODE = re.compile(r"[{};=]|\w\(|data-|^\.|--|datum|/\w")
WORD = re.compile(r"(?<![\w.\-/:\x00])[A-Za-z][a-z]+(?![\w.\-/\x00])")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return languages.marked()


@pytest.fixture(scope="module", params=languages.CODES)
def catalogue(request: pytest.FixtureRequest, texts: Catalog) -> tuple[str, Catalog]:
    return request.param, languages.updated(request.param, texts)


def test_every_text_is_translated(catalogue: tuple[str, Catalog]) -> None:
    code, found = catalogue
    assert not languages.lacking(found), f"python -m scripts.languages --missing {code}"


def test_the_files_are_up_to_date(catalogue: tuple[str, Catalog]) -> None:
    """Nothing is in them that is marked no more, and what gettext reads is what people wrote."""
    code, found = catalogue
    for ending, content in (("po", languages.as_po(found)), ("mo", languages.as_mo(found))):
        assert (languages.FOLDER / f"{code}.{ending}").read_bytes() == content, "python -m scripts.languages"


def fields(text: str) -> set[str]:
    """The placeholders of a text, with their formats."""
    return {f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name is not None}


def test_placeholders_are_the_same(catalogue: tuple[str, Catalog]) -> None:
    """The singular may leave a number out: “a unit”."""
    for entry in catalogue[1]:
        if isinstance(entry.id, tuple):
            one, several = entry.string
            assert fields(several) == fields(entry.id[1]), several
            assert fields(one) <= fields(entry.id[1]) | fields(entry.id[0]), one
        elif entry.id:
            try:
                wanted = fields(str(entry.id))
            except ValueError:  # a brace of its own: never filled in
                continue
            assert fields(str(entry.string)) == wanted, entry.string


def test_what_is_joined_stays_joined(catalogue: tuple[str, Catalog]) -> None:
    """A text that begins or ends with a blank is put beside another one; marks of Markdown come in pairs."""
    for entry in catalogue[1]:
        if not entry.id:
            continue
        ids, told = (
            (entry.id, entry.string) if isinstance(entry.id, tuple) else ((entry.id,), (entry.string,))
        )
        for text, said in zip(ids, told, strict=True):
            assert text[:1].isspace() == said[:1].isspace(), said
            assert text[-1:].isspace() == said[-1:].isspace(), said
            assert text.count("**") == said.count("**"), said


def test_every_text_is_marked(texts: Catalog) -> None:
    known = {text for entry in texts for text in ([entry.id] if isinstance(entry.id, str) else entry.id)}
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for room in SHOWN
        for path in sorted((ROOT / "rnnviz_core" / room).rglob("*.py"))
        for line, text in unmarked(ast.parse(path.read_text(encoding="utf-8")))
        if text not in known and not NONE.search(text)
    ]
    assert not found, "mark it with _() or N_(), see rnnviz_core.languages:\n" + "\n".join(found)


def test_a_text_that_is_not_marked_is_found() -> None:
    tree = ast.parse('st.info(f"The {name} was read twice")\nst.info(_("Read it again"))\nx = "some code"')
    assert sorted(text for _, text in unmarked(tree)) == ["The \x00 was read twice", "some code"]


def unmarked(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and text of every literal of two words or more outside of a mark, a docstring and an error."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        whole: list[ast.AST] = []
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in languages.NAMES:
                whole = [node]
            case ast.Raise() | ast.Assert():
                whole = [node]
            case ast.Expr(value=ast.Constant()):
                whole = [node]
            case ast.AnnAssign():
                whole = [node.annotation]
            case ast.FunctionDef():
                arguments = [*node.args.args, *node.args.kwonlyargs]
                whole = [one for one in (*(one.annotation for one in arguments), node.returns) if one]
            case ast.JoinedStr():
                skipped |= {id(part) for part in node.values if isinstance(part, ast.Constant)}
        skipped |= {id(part) for one in whole for part in ast.walk(one)}
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                pass
            case ast.JoinedStr():
                text = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "\x00" for part in node.values
                )
            case _:
                continue
        plain = MARKUP.sub(" ", text)
        if id(node) not in skipped and not CODE.search(plain) and len(WORD.findall(plain)) > 1:
            found.append((node.lineno, text))
    return found
