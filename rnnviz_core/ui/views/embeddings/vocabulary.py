"""The text among the whole vocabulary: on a map of neighbours, and on the line between two words."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from rnnviz_core import limits
from rnnviz_core.charts import word_map as map_charts
from rnnviz_core.frames import embeddings as frames
from rnnviz_core.frames import word_map
from rnnviz_core.languages import _, pgettext
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, choose_token, current_token, type_word
from rnnviz_core.ui.controls.clicks import clicked, follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.serving.caches import Cache, heavy
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

ENDS = {  # the axis at first: the first pair that the vocabulary holds
    "en": (("good", "bad"), ("man", "woman")),
    "es": (("bueno", "malo"), ("hombre", "mujer")),
    "de": (("Mann", "Frau"), ("gut", "schlecht")),
    "fr": (("homme", "femme"), ("bon", "mauvais")),
}

_maps: Cache[pd.DataFrame] = Cache(limits.CACHED_MAPS, seconds=limits.CACHE_SECONDS)


def neighbourhood(view: "View", part: str) -> None:
    """The nearest pieces around the chosen token, or around a word that is searched."""
    with st.container(horizontal=True, vertical_alignment="center"):
        position = choose_token(view, part)
        method = choose_one("map", _("Method"), word_map.METHODS)
        if found := clicked(f"embeddings-map-{method}"):
            url.put("word", str(found["piece"])[: limits.WORD_CHARACTERS])
            url.write()
        typed = type_word("word", _("Search the vocabulary"), placeholder=_("a word"))
    for shown in side_by_side(view):
        _draw_map(shown, part, position, method, typed)
    explain(
        _(
            "The tokens that point most nearly where the chosen one does, flattened to a plane. "
            "PCA is a straight look from the side that shows most; t-SNE keeps neighbours "
            "together and bends the rest, so its far distances mean nothing. A clicked dot "
            "becomes the middle of the map."
        ),
        _("Search a number, a name, a verb: do words of one kind gather in one corner?"),
    )
    download_rows(lambda: _map(view, part, _around(view, part, position, typed), method), "embeddings-map")


def _draw_map(shown: "View", part: str, position: int, method: str, typed: str) -> None:
    if typed and _find(shown, part, typed) is None:
        _not_a_piece(typed)
    around = _around(shown, part, position, typed)
    with _waiting(
        shown,
        _("Computing the {method} map …", method=word_map.METHODS[method]),
        _map_key(shown, part, around, method),
    ):
        rows = _map(shown, part, around, method)
        name, near = rows["piece"].iloc[0], ", ".join(rows["piece"][1:6])
        show(
            map_charts.neighbourhood_map(word_map.METHODS[method]),
            key=shown.key(f"embeddings-map-{method}"),
            select=None if shown.second else "cell",
            description=_(
                "Map of the {count} tokens nearest to “{name}”: {near}, …",
                count=len(rows),
                name=name,
                near=near,
            ),
            pieces=rows,
        )


def _waiting(view: "View", words: str, key: tuple[object, ...]) -> AbstractContextManager[object]:
    """Where a map is drawn; while it must be computed first, that is said in the old map's place."""
    if key in _kept(view):
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

    return _kept(view).get(_map_key(view, part, chosen, method), make)


def _kept(view: "View") -> Cache[pd.DataFrame]:
    """The cache of everybody's maps, or of a network of somebody's own that of their session."""
    return _maps if view.entry.path is not None else loaders.own_cache("maps")


def _map_key(view: "View", part: str, chosen: int, method: str) -> tuple[object, ...]:
    return (loaders.stamp(view.entry), part, chosen, method)


def axis(view: "View", part: str) -> None:
    """The sentence's tokens on the line between two words that the person types."""
    follow(view, part, "embeddings-axis")
    position, ends = current_token(view, part), []
    titles = {
        "from": pgettext("an axis from one word to another", "From"),
        "to": pgettext("an axis from one word to another", "To"),
    }
    for column, name, default in zip(st.columns(2), titles, ends_of(view, part), strict=True):
        with column:
            ends.append(type_word(name, titles[name], default))
    found = {shown.second: _axis(shown, part, ends) for shown in (view, view.other) if shown}
    fitted = iter(word_map.fit(*[rows for rows in found.values() if rows is not None]))
    for shown in side_by_side(view):
        if found[shown.second] is None:
            for word in (word for word in ends if _find(shown, part, word) is None):
                _not_a_piece(word)
            if ends[0].strip() == ends[1].strip():
                st.info(_("An axis needs two different words."), icon=":material/info:")
            continue
        rows = next(fitted)
        show(
            map_charts.word_axis(),
            key=shown.key("embeddings-axis"),
            description=_("Tokens on the axis. {about}", about=word_map.axis_in_words(rows, *ends)),
            select=None if shown.second else "cell",
            tokens=rows,
            chosen=frames.chosen(shown.trace, part, position),
        )
    neutral = "" if found[False] is None else word_map.neutral_in_words(found[False])
    explain(
        _(
            "At 0 stands “{one}”, at 1 “{two}”; a dot shows how far its token’s embedding points "
            "from the one towards the other, seen from the mean of the vocabulary. Only "
            "directions count. {neutral}",
            one=plain(ends[0]),
            two=plain(ends[1]),
            neutral=neutral,
        ),
        _("Write words you would put at either end. Does the network agree?"),
    )
    if found[False] is not None:
        download_rows(found[False], "embeddings-axis")


def ends_of(view: "View", part: str) -> tuple[str, str]:
    """The two words of the axis at first: a pair of `ENDS` that the vocabulary holds."""
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
            _(
                "“{word}” is not a token of this network’s vocabulary: the tokenizer cuts it into "
                "parts, or does not know it. Try another word, or “…ing” for a token inside words.",
                word=plain(word.strip()),
            ),
            icon=":material/info:",
        )
    else:
        st.info(_("Type a word."), icon=":material/info:")
