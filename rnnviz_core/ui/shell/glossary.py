"""The terms of every page in plain words, each with a text to read about it: ``glossary.toml``."""

import tomllib
from dataclasses import dataclass

from rnnviz_core import places
from rnnviz_core.cells.meanings import GATES

_FILE = tomllib.loads((places.PACKAGE / "ui" / "shell" / "glossary.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Term:
    """What a term means, and who introduced or explains it."""

    meaning: str
    reference: str  # authors and year
    address: str  # where to read it


TERMS = {
    name: Term(found["meaning"].format(**GATES), found["reference"], found["address"])
    for name, found in _FILE["terms"].items()
}
PAGES: dict[str, tuple[str, ...]] = {page: tuple(names) for page, names in _FILE["pages"].items()}


def terms(page: str) -> dict[str, Term]:
    """The terms that a page uses, in the order in which they help."""
    return {name: TERMS[name] for name in PAGES.get(page, ())}


def markdown(page: str) -> str:
    """A page's terms as the app lists them, each with a link to its reference."""
    lines = (
        f"**{name}**: {term.meaning} :small[[{term.reference}]({term.address})]"
        for name, term in terms(page).items()
    )
    return "  \n".join(lines)
