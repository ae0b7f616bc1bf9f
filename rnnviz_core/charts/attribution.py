"""Template of attributions: a word per column, a method per row, one scale for all."""

from functools import cache

import altair as alt

from . import building_blocks as parts
from . import theme


@cache
def grid(methods: tuple[str, ...], limit: float, title: str, *, pieces: bool = False) -> alt.Chart:
    """Word x method, each number as a share of all in its row, coloured up to `limit`.

    Dataset: ``words`` (`frames.attribution.grid`).
    """
    noun = "token" if pieces else "word"
    return theme.finish(
        alt.Chart(alt.NamedData("words"))
        .mark_rect()
        .encode(
            x=parts.tokens_x(f"{noun}s, in reading order"),
            y=alt.Y("method:N", title=None, sort=list(methods)).axis(labelLimit=130),
            color=parts.colour(
                "share", theme.diverging(limit), "share", [-limit, 0, limit], length=80, shares=True
            ),
            tooltip=[
                parts.tip("token", noun, "text"),
                parts.tip("method", "method", "text"),
                parts.tip("value", "value"),
                parts.tip("size", "share of its row", "share"),
            ],
        )
        .properties(
            title=parts.heading(title, "Orange speaks for it, blue against it"),
            height=34 * len(methods),
        )
    )
