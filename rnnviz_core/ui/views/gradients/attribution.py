"""What of the answer each word is said to be responsible for, method by method, beside attention."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.charts import attribution as charts
from rnnviz_core.derivatives.methods import TITLES, WORDS
from rnnviz_core.frames import attribution as frames
from rnnviz_core.languages import _, numerals
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .chosen import choose_quantity, same_quantity

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View


def attribution(view: "View", layer: "Layer") -> None:
    """Every method that the text is short enough for, attention, and what each is worth."""
    del layer
    of, pieces = choose(view)
    draw(view, of, pieces, "gradients-words", _("Word by word"))
    explain(
        _(
            "Each row is a method with a question of its own. A cell is the number’s share of "
            "its row, both signs counted, so that the rows have one scale; attention’s weights "
            "are never negative; the numbers themselves stand in the tooltips. Left out and "
            "unknown run the network again without the word; Shapley values average over all "
            "orders in which the words could come in; integrated gradients sum the gradient up "
            "on a straight way from nothing to the text; gradient × input is local; relevance "
            "hands the logits back layer by layer, and gates get none of it. Where they "
            "disagree, none of them is wrong: the question “which word?” has no single answer."
        ),
        _("Type a sentence with “not”. Which methods see it, and which see only the word it negates?"),
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
        _("Tokens alone"),
        key=key,
        on_change=lambda: url.put("cut", "pieces" if st.session_state[key] else None),
        help=_("A token may be a part of a word. Off: the tokens of a word count together."),
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
        description=_("Heatmap of tokens and methods. {said}", said=said)
        if pieces
        else _("Heatmap of words and methods. {said}", said=said),
        words=frames.grid(names, rows),
    )
    sums = frames.sums_in_words(found)
    if "shapley" not in found:
        sums += " " + _("Shapley values are computed for up to {count} words.", count=WORDS)
    st.caption(plain(sums))
    _draw_believed(shown, len(derivatives.words_of(shown.trace)))


def _rows(
    shown: "View", found: derivatives.Found, pieces: bool
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    groups = derivatives.groups_of(shown.trace, pieces)
    rows = {_(TITLES[name]): one.values for name, one in found.items()}
    weights = frames.attention(shown.trace, groups)
    if weights is not None:
        rows = {_(TITLES["attention"]): weights, **rows}
    return next(iter(found.values())).words, rows


def _draw_believed(shown: "View", count: int) -> None:
    """The figures of the model's card, where they were measured."""
    found = frames.believed(shown.entry.metrics, count)
    if found is None:
        return
    st.markdown(_("**Which one should one believe?**") + " " + plain(frames.believed_in_words(found)))
    titles = (_("method"), _("agreement (AUC)"), _("drop (points)"), _("keep (%)"))
    head = f"| {' | '.join(titles)} |\n|:--|--:|--:|--:|\n"
    best = found.best
    lines = []
    for title, *cells in found.rows:
        marked = [
            f"**{numerals(cell)}**" if title == best[key] else numerals(cell)
            for key, cell in zip(("auc", "drop", "keep"), cells, strict=True)
        ]
        lines.append(f"| {plain(_(title))} | {' | '.join(marked)} |")
    st.markdown(head + "\n".join(lines))
    st.caption(
        _(
            "AUC: how often a word that people call positive or negative has more attribution "
            "than a neutral one (0.5 is chance). Drop: by how much the answer’s probability, "
            "{share:.1f} % on average, falls without the fifth of the words that speaks most for "
            "it. Keep: how much of it stays when nothing but these words is read. The figures "
            "are those of the model’s card.",
            share=found.probability,
        )
    )


def download(view: "View", of: str, pieces: bool, name: str) -> None:
    """The rows behind the grid."""
    found = derivatives.attributions(view.entry, view.trace, of, pieces=pieces)
    download_rows(partial(frames.grid, *_rows(view, found, pieces)), name)
