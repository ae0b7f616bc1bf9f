"""What a visitor sees when something fails: a sentence, never an exception's message, nor what was typed."""

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from rnnviz_core import logs
from rnnviz_core.languages import N_, _

from .caches import turns

FAILED = N_(
    "Something went wrong on this page; the place is in the server's log. Another sentence, model or "
    "page may work."
)


def failed(error: Exception, page: str, model: str) -> None:
    """One line in the log, and a sentence where the page stands; a developer gets the error itself."""
    if logs.debugging():
        st.set_option("client.showErrorDetails", "full")
        raise error
    logs.report(error, page, model)
    st.error(_(FAILED), icon=":material/error:")


def uncaught(error: BaseException) -> str | None:
    """The log's line of an error outside of every page (in a widget's callback); None for a developer."""
    return None if logs.debugging() else logs.line(error, "-", "-")


def alone(
    draw: Callable[..., None], page: str, model: str, afterwards: Callable[[], object] = lambda: None
) -> Callable[..., None]:
    """`draw` as it may run without the page around it: it takes its turn, and its errors are caught.

    Streamlit runs a fragment again by itself, not through ``ui.run``: without this, 30 visitors who let
    the step player run would compute all at once, and an error would show its message and stack trace.
    `afterwards` is called after an error.
    """

    @functools.wraps(draw)  # Streamlit knows a fragment by its function's name
    def guarded(*args: Any) -> None:
        with turns.once():
            try:
                draw(*args)
            except Exception as error:
                afterwards()
                failed(error, page, model)

    return guarded


def fragment(
    draw: Callable[..., None],
    page: str,
    model: str,
    *,
    seconds: float,
    afterwards: Callable[[], object] = lambda: None,
) -> Callable[..., None]:
    """`draw` as a fragment that runs again every `seconds`, guarded as in `alone`."""
    return st.fragment(alone(draw, page, model, afterwards), run_every=seconds)
