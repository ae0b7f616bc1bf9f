"""The language of the interface: what the address says, else the browser's, else English."""

import streamlit as st

from rnnviz_core import languages

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


def put(code: str) -> None:
    """Speak `code` from the next run on; the address keeps it."""
    url.put(NAME, code)


def check() -> None:
    """Leave a note where the address asks for a language that there is not."""
    url.checked(NAME, url.one_of(tuple(languages.NAMES)), languages.language())
