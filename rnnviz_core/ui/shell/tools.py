"""Below the header of every page: what its words mean, and what can be taken along."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.program import program
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.drawing.svg import draw_svg

from . import glossary


def draw(page: str, entry: Entry, trace: Trace) -> None:
    """Buttons: a list of terms, and the downloads. Closed, both send nothing."""
    terms = _terms()
    taken = st.popover(_("Download"), icon=":material/download:", key="tools-taken", on_change="rerun")
    if terms.open:
        terms.markdown(glossary.markdown(page))
    if taken.open:
        with taken:
            _take_along(page, entry, trace)


def draw_plain(page: str) -> None:
    """The list of terms: all that a page has to offer that is about no trace."""
    if (terms := _terms()).open:
        terms.markdown(glossary.markdown(page))


def _terms() -> Any:
    return st.popover(_("Glossary"), icon=":material/menu_book:", key="tools-words", on_change="rerun")


def _take_along(page: str, entry: Entry, trace: Trace) -> None:
    """The trace as a file, made when asked for, the charts, and a program."""
    st.markdown(_("**All numbers of this sentence**, every layer and step:"))
    with st.container(horizontal=True):
        _file(trace, "npz", trace.to_npz, "application/octet-stream", _("For NumPy: an array per name"))
        _file(
            trace,
            "parquet",
            trace.to_parquet,
            "application/vnd.apache.parquet",
            _("For tables: a row per number"),
        )
    st.markdown(_("**The charts on this page** as drawings that stay sharp at any size:"))
    draw_svg(f"{page}-{trace.model}")
    if entry.path is None:  # no file that a program could read
        return
    st.markdown(_("**Copy as PyTorch**: a program that computes the same numbers from the shipped weights:"))
    files = {name: f"checkpoints/{place}" for name, place in vocabularies.shared_by(entry.path).items()}
    st.code(program(entry.spec, trace, tokenizers=files), language="python", height=280)


def _file(trace: Trace, ending: str, make: Callable[[], bytes], mime: str, about: str) -> None:
    st.download_button(
        f".{ending}",
        data=make,
        file_name=f"{trace.model}.{ending}",
        mime=mime,
        key=f"trace-{ending}",
        icon=":material/download:",
        on_click="ignore",
        help=about,
    )
