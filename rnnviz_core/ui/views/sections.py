"""The sections of a page: tabs of which only the open one is computed, sent and drawn.

A run costs what it draws. A page that draws all it can show answers slowly for everybody on the server,
so each section is a function that is called when its tab is open; the URL says which one that is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from rnnviz_core.ui.shell import url


@dataclass(frozen=True)
class Section:
    """One tab: its title, and what draws it."""

    title: str
    draw: Callable[[], None]


drawn: tuple[
    str, ...
] = ()  # names of the sections of the page that this process drew last; see scripts/serve.py


def draw_sections(sections: Mapping[str, Section]) -> None:
    """Tabs for `sections`, by their names in the URL (lower-case words); the first is open at first.

    A section of another page in the URL is no mistake: the page was changed, and opens its first.
    """
    global drawn
    drawn = tuple(sections)
    opened = url.get("section") or ""
    if opened not in sections:
        url.put("section", None)
        opened = next(iter(sections))
    names = {section.title: name for name, section in sections.items()}
    key = url.widget(f"section-{'-'.join(sections)}", sections[opened].title)
    tabs = st.tabs(list(names), key=key, on_change=lambda: url.put("section", names[st.session_state[key]]))
    with tabs[list(sections).index(opened)]:
        sections[opened].draw()
