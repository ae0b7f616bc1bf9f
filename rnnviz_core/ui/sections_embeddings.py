"""Sections of the embeddings page: the map of a neighbourhood, and an axis between two words."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from .. import limits
from ..charts import word_map as charts
from ..frames import embeddings as frames
from ..frames import word_map
from . import loaders
from .drawing import show
from .words import download_rows, explain, plain

if TYPE_CHECKING:
    from . import View

WORD_CHARACTERS = 40  # characters of a word that is searched
ENDS = {"en": ("good", "bad"), "es": ("bueno", "malo")}  # the axis at first, by language


@st.cache_resource(
    max_entries=limits.CACHED_TRACES, ttl=limits.CACHE_SECONDS, show_spinner="Drawing the map …"
)
def _map(path: str, stamp: str, part: str, chosen: int, method: str) -> pd.DataFrame:
    matrix, pieces = frames.vocabulary(loaders._model(path, stamp), part)
    return word_map.neighbourhood(matrix, pieces, chosen, method)


def draw_map(view: "View", part: str, position: int) -> None:
    """The nearest pieces around the chosen token, or around a word that is searched."""
    st.subheader("The neighbourhood as a map", anchor=False)
    pieces = frames.vocabulary(view.model, part)[1]
    left, right = st.columns(2)
    with left:
        typed = st.text_input(
            "Search the vocabulary",
            key="embeddings-search",
            max_chars=WORD_CHARACTERS,
            placeholder="a word; empty: the chosen token",
        )
    with right:
        method = st.segmented_control(
            "Method",
            list(word_map.METHODS),
            format_func=word_map.METHODS.__getitem__,
            default="pca",
            key="embeddings-method",
        )
    chosen = frames.token_id(view.trace, part, position)
    if typed:
        found = _find(pieces, typed)
        chosen = chosen if found is None else found
    method, entry = method or "pca", view.entry
    rows = _map(str(entry.path), loaders._stamp(entry.path), part, chosen, method)
    name = rows["piece"].iloc[0]
    show(
        charts.neighbourhood_map(word_map.METHODS[method]),
        key=f"embeddings-map-{method}",
        description=f"Map of the {len(rows)} pieces nearest to “{name}”: {', '.join(rows['piece'][1:6])}, …",
        pieces=rows,
    )
    explain(
        f"The {len(rows)} pieces that point most nearly where “{plain(name)}” does, flattened to a plane. "
        "PCA is a straight look from the side that shows most; t-SNE keeps neighbours together and bends "
        "the rest, so its far distances mean nothing.",
        "Search a number, a name, a verb: do words of one kind gather in one corner?",
    )
    download_rows(rows, "embeddings-map")


def draw_axis(view: "View", part: str) -> None:
    """The sentence's tokens on the line between two words that the person types."""
    st.subheader("Between two words", anchor=False)
    matrix, pieces = frames.vocabulary(view.model, part)
    spec = view.entry.spec
    language = str(getattr(spec, "target" if part == "decoder" else "source", "en"))
    defaults = ENDS.get(language, ENDS["en"])
    ends = []
    for column, label, default in zip(st.columns(2), ("From", "To"), defaults, strict=True):
        with column:
            ends.append(
                st.text_input(
                    label, default, key=f"embeddings-axis-{label}-{language}", max_chars=WORD_CHARACTERS
                )
            )
    found = [_find(pieces, word) for word in ends]
    low, high = found
    if low is None or high is None:
        return
    if low == high:
        st.info("An axis needs two different words.", icon=":material/info:")
        return
    rows = word_map.axis(view.trace, part, matrix, low, high)
    show(
        charts.word_axis(),
        key="embeddings-axis",
        description=f"Tokens on the axis. {word_map.axis_in_words(rows, *ends)}",
        tokens=rows,
    )
    explain(
        f"At 0 stands “{plain(ends[0])}”, at 1 “{plain(ends[1])}”; a dot shows how far its token lies from "
        "the one towards the other. Words that have nothing to do with either gather in the middle.",
        "Write words you would put at either end. Does the network agree?",
    )
    download_rows(rows, "embeddings-axis")


def _find(pieces: tuple[str, ...], word: str) -> int | None:
    """The id of a word, or None with a message when it is not one piece of the vocabulary."""
    found = word_map.find(pieces, word)
    if found is not None:
        return found
    if word.strip():
        st.info(
            f"“{plain(word.strip())}” is not a piece of this network’s vocabulary: the tokenizer cuts it "
            "into parts, or does not know it. Try another word, or “…ing” for a piece inside words.",
            icon=":material/info:",
        )
    else:
        st.info("Type a word.", icon=":material/info:")
    return None
