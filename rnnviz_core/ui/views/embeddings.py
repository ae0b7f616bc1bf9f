"""The sections of the embeddings page, for one view or for two side by side."""

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from rnnviz_core import limits
from rnnviz_core.charts import embeddings as charts
from rnnviz_core.charts import series as series_charts
from rnnviz_core.charts import word_map as map_charts
from rnnviz_core.frames import embeddings as frames
from rnnviz_core.frames import series, word_map
from rnnviz_core.frames.tokens import one_step, spread, step_texts
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, choose_token, current_token, type_word
from rnnviz_core.ui.controls.clicks import clicked, follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.serving.caches import Cache, heavy
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.sections import NUMBERS, Needs, Section

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

ENDS = {  # the axis at first: the first pair that the vocabulary holds
    "en": (("good", "bad"), ("man", "woman")),
    "es": (("bueno", "malo"), ("hombre", "mujer")),
    "de": (("Mann", "Frau"), ("gut", "schlecht")),
}

_maps: Cache[pd.DataFrame] = Cache(limits.CACHED_MAPS, seconds=limits.CACHE_SECONDS)


def vectors(view: "View", part: str) -> None:
    """The embeddings of all tokens; a click names the chosen one's neighbours."""
    follow(view, part, "embeddings-cells")
    position = current_token(view, part)
    for shown in side_by_side(view):
        values = shown.trace[f"{part}.embedding"]
        show(
            charts.embedding_heatmap(values.shape[1]),
            key=shown.key("embeddings-cells"),
            description=f"Embeddings: {values.shape[1]} numbers per token, {spread(values)}",
            select=None if shown.second else "cell",
            cells=frames.vectors(shown.trace, part),
            chosen=frames.chosen(shown.trace, part, position),
        )
    _name_neighbours(view, part, position)
    explain(
        "Each column is an embedding: the list of numbers that stands for one token, the same wherever the "
        "token appears. Blue is below zero, orange above. Click a token to read its neighbours."
        + frames.clipped_in_words(view.trace, part),
        "Write a word twice, or the same word with a capital letter. Which columns are equal?"
        if part == "encoder"
        else "Find a sentence whose translation has a token twice. Are the two columns equal?",
    )
    download_rows(partial(frames.vectors, view.trace, part), "embeddings")


def _name_neighbours(view: "View", part: str, position: int) -> None:
    rows = _neighbours(view, part, position)
    token = plain(str(frames.chosen(view.trace, part, position)["token"][0]))
    st.markdown(f"Nearest to **“{token}”** in the vocabulary: {plain(frames.neighbours_in_words(rows))}.")


def _neighbours(view: "View", part: str, position: int) -> frames.Columns:
    chosen = frames.token_id(view.trace, part, position)
    return frames.neighbours(*frames.vocabulary(view.model, part), chosen=chosen)


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
        "A cell of the matrix compares two tokens by the angle between their numbers: orange points the "
        "same way, blue the opposite way (cosine similarity). The bars: the tokens of the whole "
        f"vocabulary most similar to “{token}”. Dots before a token: it continues a word.",
        _pair_question(view, part),
    )
    with st.container(horizontal=True):
        download_rows(partial(frames.similarity, view.trace, part), "embeddings-pairs")
        download_rows(partial(_neighbours, view, part, position), "embeddings-neighbours")


def _pair_question(view: "View", part: str) -> str:
    """What to compare, in words of the language on this side that are pieces of the vocabulary."""
    if part == "decoder":
        return "Choose a noun, then a verb. Are the tokens nearest to them words of the same kind?"
    one, two = _ends(view, part)
    return (
        f"Write “{one}” and “{two}” into the sentence. Are they alike? A network that learns opinions has "
        "reason to keep words apart that one that translates may put side by side."
    )


def _draw_pairs(shown: "View", part: str, position: int) -> None:
    trace = shown.trace
    steps, words = len(trace[f"{part}.embedding"]), frames.similarity_in_words(trace, part)
    show(
        charts.similarity_matrix(charts.row_height(steps)),
        key=shown.key("embeddings-pairs"),
        description=f"Cosine of every pair of {steps} tokens. {words}",
        select=None if shown.second else "cell",
        pairs=frames.similarity(trace, part),
        chosen=frames.chosen(trace, part, position),
    )


def _draw_neighbours(shown: "View", part: str, position: int) -> None:
    rows = _neighbours(shown, part, min(position, len(shown.trace[f"{part}.embedding"]) - 1))
    show(
        charts.neighbour_bars(),
        key=shown.key("embeddings-neighbours"),
        description=f"Nearest tokens of the whole vocabulary: {frames.neighbours_in_words(rows)}.",
        neighbours=rows,
    )


def neighbourhood(view: "View", part: str) -> None:
    """The nearest pieces around the chosen token, or around a word that is searched."""
    with st.container(horizontal=True, vertical_alignment="center"):
        position = choose_token(view, part)
        method = choose_one("map", "Method", word_map.METHODS)
        if found := clicked(f"embeddings-map-{method}"):
            url.put("word", str(found["piece"])[: limits.WORD_CHARACTERS])
            url.write()
        typed = type_word("word", "Search the vocabulary", placeholder="a word; empty: the chosen token")
    for shown in side_by_side(view):
        _draw_map(shown, part, position, method, typed)
    explain(
        "The tokens that point most nearly where the chosen one does, flattened to a plane. PCA is "
        "a straight look from the side that shows most; t-SNE keeps neighbours together and bends the "
        "rest, so its far distances mean nothing. A clicked dot becomes the middle of the map.",
        "Search a number, a name, a verb: do words of one kind gather in one corner?",
    )
    download_rows(lambda: _map(view, part, _around(view, part, position, typed), method), "embeddings-map")


def _draw_map(shown: "View", part: str, position: int, method: str, typed: str) -> None:
    if typed and _find(shown, part, typed) is None:
        _not_a_piece(typed)
    around = _around(shown, part, position, typed)
    with _waiting(f"Computing the {word_map.METHODS[method]} map …", _map_key(shown, part, around, method)):
        rows = _map(shown, part, around, method)
        name, near = rows["piece"].iloc[0], ", ".join(rows["piece"][1:6])
        show(
            map_charts.neighbourhood_map(word_map.METHODS[method]),
            key=shown.key(f"embeddings-map-{method}"),
            select=None if shown.second else "cell",
            description=f"Map of the {len(rows)} tokens nearest to “{name}”: {near}, …",
            pieces=rows,
        )


def _waiting(words: str, key: tuple[object, ...]) -> AbstractContextManager[object]:
    """Where a map is drawn; while it must be computed first, that is said in the old map's place."""
    if key in _maps:
        return nullcontext()
    place = st.empty()
    place.status(words, state="running")
    return place


def _around(view: "View", part: str, position: int, typed: str) -> int:
    """The piece in the middle: the one that was searched, else the chosen token's."""
    found = _find(view, part, typed) if typed else None
    at = min(position, len(view.trace[f"{part}.embedding"]) - 1)
    return frames.token_id(view.trace, part, at) if found is None else found


def _map(view: "View", part: str, chosen: int, method: str) -> pd.DataFrame:
    """Made once, and a slow one after the other, so that nobody else waits for it."""
    matrix, pieces = frames.vocabulary(view.model, part)

    def make() -> pd.DataFrame:
        if method != "tsne":
            return word_map.neighbourhood(matrix, pieces, chosen, method)
        with heavy():
            return word_map.neighbourhood(matrix, pieces, chosen, method)

    return _maps.get(_map_key(view, part, chosen, method), make)


def _map_key(view: "View", part: str, chosen: int, method: str) -> tuple[object, ...]:
    return (str(view.entry.path), loaders._stamp(view.entry.path), part, chosen, method)


def axis(view: "View", part: str) -> None:
    """The sentence's tokens on the line between two words that the person types."""
    follow(view, part, "embeddings-axis")
    position, ends = current_token(view, part), []
    for column, name, default in zip(st.columns(2), ("from", "to"), _ends(view, part), strict=True):
        with column:
            ends.append(type_word(name, name.capitalize(), default))
    found = {shown.second: _axis(shown, part, ends) for shown in (view, view.other) if shown}
    fitted = iter(word_map.fit(*[rows for rows in found.values() if rows is not None]))
    for shown in side_by_side(view):
        if found[shown.second] is None:
            for word in (word for word in ends if _find(shown, part, word) is None):
                _not_a_piece(word)
            if ends[0].strip() == ends[1].strip():
                st.info("An axis needs two different words.", icon=":material/info:")
            continue
        rows = next(fitted)
        show(
            map_charts.word_axis(),
            key=shown.key("embeddings-axis"),
            description=f"Tokens on the axis. {word_map.axis_in_words(rows, *ends)}",
            select=None if shown.second else "cell",
            tokens=rows,
            chosen=frames.chosen(shown.trace, part, position),
        )
    neutral = "" if found[False] is None else word_map.neutral_in_words(found[False])
    explain(
        f"At 0 stands “{plain(ends[0])}”, at 1 “{plain(ends[1])}”; a dot shows how far its token’s embedding "
        "points from the one towards the other, seen from the mean of the vocabulary. Only directions "
        f"count. {neutral}",
        "Write words you would put at either end. Does the network agree?",
    )
    if found[False] is not None:
        download_rows(found[False], "embeddings-axis")


def _ends(view: "View", part: str) -> tuple[str, str]:
    spec = view.entry.spec
    pairs = ENDS.get(str(getattr(spec, "target" if part == "decoder" else "source", "en")), ENDS["en"])
    known = [pair for pair in pairs if all(_find(view, part, word) is not None for word in pair)]
    return (*known, *pairs)[0]


def _axis(view: "View", part: str, ends: list[str]) -> pd.DataFrame | None:
    """The rows of one view; None when a word is no piece of its vocabulary or both are the same."""
    low, high = (_find(view, part, word) for word in ends)
    if low is None or high is None or low == high:
        return None
    return word_map.axis(view.trace, part, frames.vocabulary(view.model, part)[0], low, high)


def _find(view: "View", part: str, word: str) -> int | None:
    return word_map.find(frames.vocabulary(view.model, part)[1], word)


def _not_a_piece(word: str) -> None:
    if word.strip():
        st.info(
            f"“{plain(word.strip())}” is not a token of this network’s vocabulary: the tokenizer cuts it "
            "into parts, or does not know it. Try another word, or “…ing” for a token inside words.",
            icon=":material/info:",
        )
    else:
        st.info("Type a word.", icon=":material/info:")


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
    gives = (
        "It gives the change from the last number, which is added to it (differencing)."
        if meta["difference"]
        else "It gives the next number."
    )
    explain(
        "This network has no embedding: it reads one number per step. "
        + "It takes the square root first, so that high values weigh no more than low ones. " * meta["root"]
        + "Mean and deviation are those of the series it was trained on. "
        + gives,
        "Which values lie far outside the range it was trained on (below −2 or above 3)? How good are the "
        "forecasts there?",
    )
    download_rows(partial(series.inputs, view.trace), "embeddings-numbers")


PIECES = Needs(without=(NUMBERS,))

SECTIONS = (
    Section("vectors", "Vectors", vectors, PIECES, brush=True),
    Section("alike", "Similarity", alike, PIECES),
    Section("map", "Map", neighbourhood, PIECES),
    Section("axis", "Between two words", axis, PIECES),
    Section("numbers", "Input", numbers, Needs(sites=(NUMBERS,))),
)
