"""What of the answer each word is said to be responsible for, method by method, beside attention."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.charts import attribution as charts
from rnnviz_core.derivatives.methods import TITLES, WORDS
from rnnviz_core.frames import attribution as frames
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .chosen import choose_quantity, same_quantity

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View


def words(view: "View", layer: "Layer") -> None:
    """Every method that the text is short enough for, attention, and what each is worth."""
    del layer
    of, pieces = choose(view)
    draw(view, of, pieces, "gradients-words", "Word by word")
    explain(
        "Each row is a method with a question of its own. A cell is the number’s share of its row, both "
        "signs counted, so that the rows have one scale; attention’s weights are never negative; the numbers "
        "themselves stand in the tooltips. Left out and unknown run the network again without the word; "
        "Shapley values average over all orders in which the words could come in; integrated gradients sum "
        "the gradient up on a straight way from nothing to the text; gradient × input is local; relevance "
        "hands the logits back layer by layer, and gates get none of it. Where they "
        "disagree, none of them is wrong: the question “which word?” has no single answer.",
        "Type a sentence with “not”. Which methods see it, and which see only the word it negates?",
    )
    download(view, of, pieces, "gradients-words")


def choose(view: "View") -> tuple[str, bool]:
    """The quantity, and whether pieces stand alone."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = choose_quantity(view)
        return of, _choose_pieces(view)


def _choose_pieces(view: "View") -> bool:
    """A switch where a word of the text has several pieces."""
    chosen = url.checked("cut", url.one_of(("pieces",)), "", shown="words") == "pieces"
    if len(derivatives.words_of(view.trace)) == len(view.trace.tokens["time"]):
        return chosen
    key = url.widget("cut", chosen)
    st.toggle(
        "Tokens alone",
        key=key,
        on_change=lambda: url.put("cut", "pieces" if st.session_state[key] else None),
        help="A token may be a part of a word. Off: the tokens of a word count together.",
    )
    return chosen


def draw(shown: "View", of: str, pieces: bool, key: str, title: str) -> None:
    """The grid of a view, its sums, and the table of what each method is worth."""
    found = derivatives.attributions(
        shown.entry, shown.trace, same_quantity(shown.entry, shown.trace, of), pieces=pieces
    )
    names, rows = _rows(shown, found, pieces)
    said = frames.in_words(names, rows)
    show(
        charts.grid(tuple(rows), frames.limit(rows), title, pieces=pieces),
        key=shown.key(key),
        description=f"Heatmap of {'tokens' if pieces else 'words'} and methods. {said}",
        words=frames.grid(names, rows),
    )
    more = "" if "shapley" in found else f" Shapley values are computed for up to {WORDS} words."
    st.caption(plain(frames.sums_in_words(found) + more))
    _draw_believed(shown, len(derivatives.words_of(shown.trace)))


def _rows(
    shown: "View", found: derivatives.Found, pieces: bool
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    groups = derivatives.groups_of(shown.trace, pieces)
    rows = {TITLES[name]: one.values for name, one in found.items()}
    weights = frames.attention(shown.trace, groups)
    if weights is not None:
        rows = {TITLES["attention"]: weights, **rows}
    return next(iter(found.values())).words, rows


def _draw_believed(shown: "View", count: int) -> None:
    """The figures of the model's card, where they were measured."""
    found = frames.believed(shown.entry.metrics, count)
    if found is None:
        return
    st.markdown("**Which one should one believe?** " + plain(frames.believed_in_words(found)))
    head = "| method | agreement (AUC) | drop (points) | keep (%) |\n|:--|--:|--:|--:|\n"
    best = found.best
    lines = []
    for title, *cells in found.rows:
        marked = [
            f"**{cell}**" if title == best[key] else cell
            for key, cell in zip(("auc", "drop", "keep"), cells, strict=True)
        ]
        lines.append(f"| {plain(title)} | {' | '.join(marked)} |")
    st.markdown(head + "\n".join(lines))
    st.caption(
        "AUC: how often a word that people call positive or negative has more attribution than a neutral one "
        "(0.5 is chance). Drop: by how much the answer’s probability, "
        f"{found.probability:.1f} % on average, falls without the fifth of the words that speaks most for "
        "it. Keep: how much of it stays when nothing but these words is read. The figures are those of the "
        "model’s card."
    )


def download(view: "View", of: str, pieces: bool, name: str) -> None:
    """The rows behind the grid."""
    found = derivatives.attributions(view.entry, view.trace, of, pieces=pieces)
    download_rows(partial(frames.grid, *_rows(view, found, pieces)), name)
