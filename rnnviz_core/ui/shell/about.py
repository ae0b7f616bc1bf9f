"""At the foot of the sidebar: the model's card, the documentation, the licence, and where the source is.

All of it is read from files that come with RNNViz, in a dialog: an app in a classroom may have no internet.
"""

import functools
import re
from importlib import metadata
from pathlib import Path

import streamlit as st

from rnnviz_core import languages, places
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.languages import N_, _
from rnnviz_core.ui.controls import language as switch

from . import projector

CARD, DOCUMENTATION, SOURCE = N_("Model card"), N_("Documentation"), N_("Source and licence")
PROJECTOR = projector.ENTER
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://)[^)]*\)")
# “ ([class](class.md))”: nothing but a link to a file
_ASIDE = re.compile(r" \((?:\[[^\]]*\]\((?!https?://)[^)]*\))(?:, [^()\[\]]*)?\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def readable(markdown: str) -> str:
    """Markdown of a file as the app may show it: no images, no links to files, no mathematics by accident.

    A checkpoint's card is somebody's file: a picture in it would be fetched from wherever it says.
    """
    kept = _ASIDE.sub("", _COMMENT.sub("", markdown))
    return _LINK.sub(r"\1", _IMAGE.sub("", kept)).replace("$", r"\$")


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def draw(entry: Entry | None) -> None:
    """One button with a menu; what it opens is read then. Without a model there is no card among it.

    The languages stand in it by their own names: one element more in the sidebar would cost every run.
    """
    offered = [CARD] * bool(entry and entry.card.strip()) + [DOCUMENTATION, SOURCE, PROJECTOR]
    offered += [languages.NAMES[code] for code in languages.NAMES if code != languages.language()]
    label = _("Model card, documentation, language") if entry else _("Documentation, language")
    match st.menu_button(label, offered, format_func=_, key="about", type="tertiary", icon=":material/info:"):
        case "Model card":
            assert entry is not None, "only a model has a card"
            card(entry)
        case "Documentation":
            documentation(places.documents())
        case "Source and licence":
            source(places.documents())
        case "Projector view":
            projector.put(True)
            st.rerun()
        case str(name):
            switch.put(next(code for code, found in languages.NAMES.items() if found == name))
            st.rerun()


@st.dialog(CARD, width="large")
def card(entry: Entry) -> None:
    """What the model was trained on, how often it is right, and where it fails."""
    _in_english()
    st.markdown(readable(entry.card))


@st.dialog(DOCUMENTATION, width="large")
def documentation(documents: dict[str, Path]) -> None:
    """The chapters, one at a time."""
    chapters = [name for name in documents if name not in ("LICENSE", "NOTICE")]
    chosen = st.selectbox(_("Chapter"), chapters, format_func=_title, key="about-chapter")
    if chosen:
        _in_english()
        st.markdown(readable(_text(documents[chosen])))


def _in_english() -> None:
    """Cards and documents are written in English alone; said to whoever reads the app in another language."""
    if languages.language() != languages.SOURCE:
        st.caption(_("This text is in English."))


def _title(name: str) -> str:
    return _("Start here") if name == "README" else name.capitalize()


@st.dialog(SOURCE, width="large")
def source(documents: dict[str, Path]) -> None:
    """Where the program is that drew this page, and what may be done with it."""
    st.markdown(
        _(
            "RNNViz is free software: everything that this page shows is computed by the Python package "
            "`rnnviz_core`, which you can read, run and change. The tables of numbers come from there too: "
            "**Download** gives you the trace and a program in plain PyTorch that computes the same."
        )
    )
    st.code(f"{places.PACKAGE.name} {_version()}", language=None)
    for name in ("LICENSE", "NOTICE"):
        if name in documents:
            st.text(_text(documents[name]))


def _version() -> str:
    try:
        return metadata.version("rnnviz")
    except metadata.PackageNotFoundError:  # run from a clone
        return _("from a clone of the repository")
