"""The terms of every page in plain words, each with a text to read about it: ``glossary.toml``.

Another language has its words beside it, ``glossary.es.toml``: the same terms under the same names, each with
a ``name``, as the term is called there, and a ``meaning``.
"""

import tomllib
from dataclasses import dataclass
from typing import Any

from rnnviz_core import places
from rnnviz_core.cells.meanings import GATES
from rnnviz_core.languages import _, cached, language

_FOLDER = places.PACKAGE / "ui" / "shell"


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


_FILE = _file("glossary.toml")


@dataclass(frozen=True)
class Term:
    """What a term means, and who introduced or explains it."""

    meaning: str
    reference: str  # authors and year
    address: str  # where to read it
    name: str  # as the language calls it


TERMS = {
    name: Term(found["meaning"].format(**GATES), found["reference"], found["address"], name)
    for name, found in _FILE["terms"].items()
}
PAGES: dict[str, tuple[str, ...]] = {page: tuple(names) for page, names in _FILE["pages"].items()}


@cached
def _translated() -> dict[str, Term]:
    """All terms in the language of this run; English where it has no file, or not this term."""
    file = f"glossary.{language()}.toml"
    said = _file(file)["terms"] if (_FOLDER / file).is_file() else {}
    gates = {name: _(meaning) for name, meaning in GATES.items()}
    return {
        name: Term(said[name]["meaning"].format(**gates), term.reference, term.address, said[name]["name"])
        if name in said
        else term
        for name, term in TERMS.items()
    }


def terms(page: str) -> dict[str, Term]:
    """The terms that a page uses, in the order in which they help."""
    known = _translated()
    return {name: known[name] for name in PAGES.get(page, ())}


def markdown(page: str) -> str:
    """A page's terms as the app lists them, each with a link to its reference."""
    lines = (
        f"**{term.name}**: {term.meaning} :small[[{term.reference}]({term.address})]"
        for term in terms(page).values()
    )
    return "  \n".join(lines)
