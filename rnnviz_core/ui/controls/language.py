"""The language of the interface: what the address says, else the browser's, else English."""

import streamlit as st

from rnnviz_core import languages
from rnnviz_core.languages import _

from . import url

NAME = "language"
_KEY = "rnnviz-language"


def begin() -> None:
    """Let this run speak the visitor's language. Before anything is drawn."""
    languages.ask(_of_session)
    asked = url.peek(NAME)
    code = asked if asked in languages.NAMES else _of_browser()
    languages.set_language(code)
    st.session_state[_KEY] = code


def _of_session() -> str:
    """For a part of a page that runs by itself: what its page speaks."""
    return str(st.session_state.get(_KEY, languages.SOURCE))


def _of_browser() -> str:
    """The first language the visitor's browser asks for, where it is one of ours."""
    asked = (st.context.locale or "").lower().replace("_", "-").split("-")[0]
    return asked if asked in languages.NAMES else languages.SOURCE


def choose() -> None:
    """The switch, at the foot of the sidebar."""
    chosen = url.checked(NAME, url.one_of(tuple(languages.NAMES)), languages.language())
    key = url.widget(NAME, chosen)
    st.selectbox(
        _("Language"),
        list(languages.NAMES),
        format_func=languages.NAMES.__getitem__,
        key=key,
        on_change=lambda: url.put(NAME, st.session_state[key]),
    )
