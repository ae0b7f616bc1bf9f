"""Template of attributions: a word per column, a method per row."""

from functools import cache

import altair as alt

from . import building_blocks as parts
from . import theme


@cache
def grid(methods: tuple[str, ...]) -> alt.Chart:
    """Word x method, each row by its own largest. Dataset: ``words`` (`frames.attribution.grid`)."""
    return theme.finish(
        alt.Chart(alt.NamedData("words"))
        .mark_rect()
        .encode(
            x=parts.tokens_x("words, in reading order"),
            y=alt.Y("method:N", title=None, sort=list(methods)).axis(labelLimit=130),
            color=parts.colour("shade", theme.diverging(), "of its largest", [-1, 0, 1], length=80),
            tooltip=[
                parts.tip("token", "word", "text"),
                parts.tip("method", "method", "text"),
                parts.tip("value", "value"),
            ],
        )
        .properties(
            title=parts.heading("Word by word", "Orange speaks for it, blue against it"),
            height=34 * len(methods),
        )
    )
