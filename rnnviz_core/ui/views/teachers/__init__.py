"""The page for teachers: the chapters of ``docs/workshop.md``, with links to the lessons they name."""

import functools
import re

import streamlit as st

from rnnviz_core import places
from rnnviz_core.languages import SOURCE, _, language
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.shell.about import readable

CHAPTER = "workshop"  # its file among the documents
_NAMED = re.compile(  # lesson 4; lessons 1, 2 and 3
    r"\b([Ll]essons?|[Ll]ecci(?:ón|ones)|Lektion(?:en)?) (\d+(?:(?:, | and | y | und )\d+)*)"
)


def draw() -> None:
    """One chapter at a time; which one is in the address."""
    chapters = _read(language())
    if not chapters:
        st.info(_("The plans are in docs/workshop.md, which is not installed here."))
        return
    st.markdown(chapters[""])
    names = [name for name in chapters if name]
    # The address has the English heading: a link opens the same chapter in every language.
    kept = [name for name in _read(SOURCE) if name] if language() != SOURCE else names
    chosen = url.checked("section", url.one_of(tuple(kept)), kept[0])
    key = url.widget("teachers", chosen)
    st.segmented_control(
        _("Chapter"),
        kept,
        format_func=dict(zip(kept, names, strict=True)).__getitem__,
        key=key,
        on_change=lambda: url.put("section", st.session_state[key]),
        required=True,
        label_visibility="collapsed",
    )
    st.markdown(chapters[names[kept.index(chosen)]])


@functools.cache
def _read(code: str) -> dict[str, str]:
    """The chapters by their headings, as the app may show them; the introduction under an empty name."""
    file = places.documents(code).get(CHAPTER)
    if file is None:
        return {}
    text = file.read_text(encoding="utf-8").partition("\n")[2]  # the title is the page's own
    first, *rest = re.split(r"^## ", readable(text), flags=re.MULTILINE)
    return {"": linked(first)} | {
        name.strip(): linked(body) for name, _end, body in (part.partition("\n") for part in rest)
    }


def linked(text: str) -> str:
    """The text with a link at every lesson it names."""
    return _NAMED.sub(lambda found: f"{found[1]} " + re.sub(r"\d+", _link, found[2]), text)


def _link(number: re.Match[str]) -> str:
    found = next(iter(sorted(places.lessons().glob(f"{int(number[0]):02d}-*.md"))), None)
    return f"[{number[0]}](lessons?lesson={found.stem})" if found else number[0]
