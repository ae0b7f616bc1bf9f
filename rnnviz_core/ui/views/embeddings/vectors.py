"""What goes in: the vectors of the text, how alike they are, and the numbers of a series."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import embeddings as charts
from rnnviz_core.charts import series as series_charts
from rnnviz_core.frames import embeddings as frames
from rnnviz_core.frames import series
from rnnviz_core.frames.tokens import one_step, spread, step_texts
from rnnviz_core.languages import _
from rnnviz_core.ui.controls.choose import choose_token, current_token
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving.nearest import nearest
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.sections import NUMBERS

from .vocabulary import ends_of

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View


def vectors(view: "View", part: str) -> None:
    """The embeddings of all tokens; a click names the chosen one's neighbours."""
    follow(view, part, "embeddings-cells")
    position = current_token(view, part)
    for shown in side_by_side(view):
        values = shown.trace[f"{part}.embedding"]
        show(
            charts.embedding_heatmap(values.shape[1]),
            key=shown.key("embeddings-cells"),
            description=_(
                "Embeddings: {count} numbers per token, {values}",
                count=values.shape[1],
                values=spread(values),
            ),
            select=None if shown.second else "cell",
            cells=frames.vectors(shown.trace, part),
            chosen=frames.chosen(shown.trace, part, position),
        )
    _name_neighbours(view, part, position)
    explain(
        _(
            "Each column is an embedding: the list of numbers that stands for one token, the "
            "same wherever the token appears. Blue is below zero, orange above. Click a token to "
            "read its neighbours."
        )
        + frames.clipped_in_words(view.trace, part),
        _("Write a word twice, or the same word with a capital letter. Which columns are equal?")
        if part == "encoder"
        else _("Find a sentence whose translation has a token twice. Are the two columns equal?"),
    )
    download_rows(partial(frames.vectors, view.trace, part), "embeddings")


def _name_neighbours(view: "View", part: str, position: int) -> None:
    """Nothing where a trace stands alone, without its network's table."""
    rows = nearest(view.entry, part, frames.token_id(view.trace, part, position))
    if rows is None:
        return
    token = plain(str(frames.chosen(view.trace, part, position)["token"][0]))
    st.markdown(
        _(
            "Nearest to **“{token}”** in the vocabulary: {tokens}.",
            token=token,
            tokens=plain(frames.neighbours_in_words(rows)),
        )
    )


def _neighbours(view: "View", part: str, position: int) -> frames.Columns:
    rows = nearest(view.entry, part, frames.token_id(view.trace, part, position))
    assert rows is not None, "the section needs the network's table"
    return rows


def alike(view: "View", part: str) -> None:
    """How alike the tokens are to each other, and what is nearest to the chosen one."""
    follow(view, part, "embeddings-pairs")
    position = choose_token(view, part)
    if view.other is None:
        left, right = st.columns(2)
        with left:
            _draw_pairs(view, part, position)
        with right:
            _draw_neighbours(view, part, position)
    else:
        for shown in side_by_side(view):
            _draw_pairs(shown, part, position)
            _draw_neighbours(shown, part, position)
    token = plain(str(frames.chosen(view.trace, part, position)["token"][0]))
    explain(
        _(
            "A cell of the matrix compares two tokens by the angle between their numbers: orange "
            "points the same way, blue the opposite way (cosine similarity). The bars: the "
            "tokens of the whole vocabulary most similar to “{token}”. Dots before a token: it "
            "continues a word.",
            token=token,
        ),
        _pair_question(view, part),
    )
    with st.container(horizontal=True):
        download_rows(partial(frames.similarity, view.trace, part), "embeddings-pairs")
        download_rows(partial(_neighbours, view, part, position), "embeddings-neighbours")


def _pair_question(view: "View", part: str) -> str:
    """What to compare, in words of the language on this side that are pieces of the vocabulary."""
    if part == "decoder":
        return _("Choose a noun, then a verb. Are the tokens nearest to them words of the same kind?")
    one, two = ends_of(view, part)
    return _(
        "Write “{one}” and “{two}” into the sentence. Are they alike? A network that learns "
        "opinions has reason to keep words apart that one that translates may put side by "
        "side.",
        one=one,
        two=two,
    )


def _draw_pairs(shown: "View", part: str, position: int) -> None:
    trace = shown.trace
    steps, words = len(trace[f"{part}.embedding"]), frames.similarity_in_words(trace, part)
    show(
        charts.similarity_matrix(charts.row_height(steps)),
        key=shown.key("embeddings-pairs"),
        description=_("Cosine of every pair of {steps} tokens. {words}", steps=steps, words=words),
        select=None if shown.second else "cell",
        pairs=frames.similarity(trace, part),
        chosen=frames.chosen(trace, part, position),
    )


def _draw_neighbours(shown: "View", part: str, position: int) -> None:
    rows = _neighbours(shown, part, min(position, len(shown.trace[f"{part}.embedding"]) - 1))
    show(
        charts.neighbour_bars(),
        key=shown.key("embeddings-neighbours"),
        description=_(
            "Nearest tokens of the whole vocabulary: {tokens}.", tokens=frames.neighbours_in_words(rows)
        ),
        neighbours=rows,
    )


def numbers(view: "View", part: str) -> None:
    """What goes in where no pieces are read: the value, and the number that is made of it."""
    position = choose_token(view, part)
    for shown in side_by_side(view):
        trace = shown.trace
        at = min(position, len(trace[NUMBERS]) - 1)
        show(
            series_charts.inputs(),
            key=shown.key("embeddings-numbers"),
            description=series.describe(trace, at),
            inputs=series.inputs(trace),
            chosen=one_step(step_texts(trace, part), at),
        )
        st.markdown(plain(series.input_in_words(trace, at)))
    meta = view.trace.meta
    root = _("It takes the square root first, so that high values weigh no more than low ones.")
    gives = (
        _("It gives the change from the last number, which is added to it (differencing).")
        if meta["difference"]
        else _("It gives the next number.")
    )
    explain(
        " ".join(
            (
                _("This network has no embedding: it reads one number per step."),
                *([root] if meta["root"] else []),
                _("Mean and deviation are those of the series it was trained on."),
                gives,
            )
        ),
        _(
            "Which values lie far outside the range it was trained on (below −2 or above 3)? How "
            "good are the forecasts there?"
        ),
    )
    download_rows(partial(series.inputs, view.trace), "embeddings-numbers")
