"""Template of attributions: a word per column, a method per row, one scale for all."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import spoken, theme


@cached
def grid(methods: tuple[str, ...], limit: float, title: str, *, pieces: bool = False) -> alt.Chart:
    """Word x method, each number as a share of all in its row, coloured up to `limit`.

    Dataset: ``words`` (`frames.attribution.grid`).
    """
    title_x = parts.READS if pieces else N_("words, in reading order")
    return theme.finish(
        alt.Chart(alt.NamedData("words"))
        .transform_calculate(**spoken.column("method", methods))
        .mark_rect()
        .encode(
            x=parts.tokens_x(title_x),
            y=alt.Y("method:N", title=None, sort=list(methods)).axis(
                labelLimit=130, **spoken.labels(methods)
            ),
            color=parts.colour(
                "share", theme.diverging(limit), _("share"), [-limit, 0, limit], length=100, shares=True
            ),
            tooltip=[
                parts.tip("token", _("token") if pieces else _("word"), "text"),
                spoken.tip("method", _("method"), methods),
                parts.tip("value", _("value")),
                parts.tip("size", _("share of its row"), "share"),
            ],
        )
        .properties(
            title=parts.heading(title, _("Orange speaks for it, blue against it")),
            height=34 * len(methods),
        )
    )
