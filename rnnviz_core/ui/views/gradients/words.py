"""What of the answer each word is said to be responsible for, method by method, beside attention."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import attribution as charts
from rnnviz_core.frames import attribution as frames
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .chosen import choose_quantity

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

TITLES = {
    "delete": "word left out",
    "unknown": "read as unknown",
    "shapley": "Shapley value",
    "integrated": "integrated gradients",
    "sensitivity": "sensitivity",
}
NOTHING = {"shapley": "an empty text", "integrated": "embeddings of zero"}  # what the sums start from


def words(view: "View", layer: "Layer") -> None:
    """Every method that the text is short enough for, and attention where there is some."""
    del layer
    of = choose_quantity(view)
    found = derivatives.attributions(view.entry, view.trace, of)
    first = next(iter(found.values()))
    rows = {TITLES[name]: one.values for name, one in found.items()}
    weights = frames.attention(view.trace, derivatives.words_of(view.trace))
    if weights is not None:
        rows = {"attention": weights, **rows}
    said = frames.in_words(first.words, rows)
    show(
        charts.grid(tuple(rows)),
        key="gradients-words",
        description=f"Heatmap of words and methods. {said}",
        words=frames.grid(first.words, rows),
    )
    st.markdown(plain(said))
    st.caption(
        " ".join(
            f"{TITLES[name][:1].upper()}{TITLES[name][1:]}: the values sum to {one.values.sum():.3f}; the "
            f"difference to {NOTHING[name]} is {one.total:.3f} (gap {one.gap:.1e})."
            for name, one in found.items()
            if one.total is not None
        )
        + ("" if "shapley" in found else f" Shapley values are computed for up to {derivatives.WORDS} words.")
    )
    explain(
        "Each row is a method with a question of its own, scaled by its own largest number; the numbers "
        "themselves stand in the tooltips. Left out and unknown run the network again without the word; "
        "Shapley values average over all orders in which the words could come in; integrated gradients sum "
        "the gradient up on a straight way from nothing to the text; sensitivity, the "
        "gradient times the input, is local. Where they "
        "disagree, none of them is wrong: the question “which word?” has no single answer.",
        "Type a sentence with “not”. Which methods see it, and which see only the word it negates?",
    )
    download_rows(partial(frames.grid, first.words, rows), "gradients-words")
