"""The one glossary: every term is used, on the page that lists it, and has a reference that can be read."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from rnnviz_core.cells.meanings import GATES
from rnnviz_core.languages import NAMES, SOURCE, speak
from rnnviz_core.ui.shell import glossary, routes

CORE = Path(glossary.__file__).parents[2]
# Where the words of the screen stand. The glossary itself is none of it.
SOURCES = [
    *(CORE / "charts").rglob("*.py"),
    *(CORE / "frames").rglob("*.py"),
    *(CORE / "ui" / "views").rglob("*.py"),
    *(CORE / "ui" / "controls").rglob("*.py"),
    *(CORE / "cells").rglob("*.py"),
    *(CORE / "findings").rglob("*.py"),
    CORE / "ui" / "shell" / "routes.py",
    CORE / "ui" / "shell" / "wording.py",
]
PUBLISHERS = (
    "https://doi.org/10.",
    "https://arxiv.org/abs/",
    "https://aclanthology.org/",
    "https://www.jmlr.org/papers/",
    "https://proceedings.mlr.press/",
    "https://www.deeplearningbook.org/contents/",
    "https://nlp.stanford.edu/IR-book/",
)


@cache
def said(path: Path) -> str:
    """All string literals of a module but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    return " ".join(words)


def test_every_page_lists_terms_and_every_term_is_listed():
    assert set(glossary.PAGES) == {route.name for route in routes.ROUTES}
    assert {term for terms in glossary.PAGES.values() for term in terms} == set(glossary.TERMS)
    for page in glossary.PAGES:
        assert 6 <= len(glossary.terms(page)) <= 18
        assert all(f"**{term}**" in glossary.markdown(page) for term in glossary.terms(page))


def test_every_term_is_a_word_of_the_screen():
    # A gate's name is put together there.
    words = {word for term in glossary.TERMS for word in term.lower().split()} - {"gate"}
    spoken = " ".join(map(said, SOURCES)).lower()
    assert {word for word in words if not re.search(rf"\b{re.escape(word)}", spoken)} == set()


@pytest.mark.parametrize(("name", "term"), glossary.TERMS.items(), ids=list(glossary.TERMS))
def test_every_term_has_a_meaning_and_a_reference(name, term):
    assert 20 <= len(term.meaning) <= 110
    assert term.meaning.endswith(".")
    assert "{" not in term.meaning
    assert re.fullmatch(r"[^\d]+ (19|20)\d\d", term.reference)
    assert term.address.startswith(PUBLISHERS)
    assert re.fullmatch(r"[\w:/.\-]+", term.address), "a link in Markdown"


@pytest.mark.parametrize("code", [code for code in NAMES if code != SOURCE])
def test_another_language_has_the_same_terms(code):
    file = Path(glossary.__file__).with_name(f"glossary.{code}.toml")
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(said) == {"terms"}
    assert list(said["terms"]) == list(glossary.TERMS), "in the same order"
    english = tomllib.loads(file.with_name("glossary.toml").read_text(encoding="utf-8"))["terms"]
    fields = re.compile(r"\{\w+\}")
    for name, term in said["terms"].items():
        assert set(term) == {"name", "meaning"}
        assert fields.findall(term["meaning"]) == fields.findall(english[name]["meaning"]), name
        assert 10 <= len(term["meaning"].format(**GATES)) <= 140, name
        assert term["meaning"].endswith("."), name
    assert len({term["name"] for term in said["terms"].values()}) == len(said["terms"])
    with speak(code):
        for page in glossary.PAGES:
            found = glossary.terms(page)
            assert all(f"**{said['terms'][name]['name']}**" in glossary.markdown(page) for name in found)
            assert all(found[name].address == glossary.TERMS[name].address for name in found)
            assert all("{" not in term.meaning for term in found.values())


def test_gates_mean_what_the_cells_say():
    for gate in ("input", "forget", "output", "reset", "update"):
        assert glossary.TERMS[f"{gate} gate"].meaning.startswith(GATES[gate])


def test_a_token_is_called_a_token():
    """Of token, piece and word the screen knows the first: a piece is what the code calls a vocabulary's."""
    piece = re.compile(r"\b(a|the|of|each|every|one|best|other|nearest|probable) pieces?\b")
    assert [str(source) for source in SOURCES if "ui" in source.parts and piece.search(said(source))] == []
