"""The template of the beam search."""

from functools import cache

import altair as alt

from . import parts, theme


@cache
def tree(slots: int) -> alt.LayerChart:
    """Translation: the beam search from the top down, best piece left. Dataset: ``tree``."""
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False))
    y = alt.Y("step:Q", axis=None, scale=alt.Scale(reverse=True, nice=False, zero=False))
    kinds = ["chosen", "kept", "dropped"]
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[theme.POSITIVE, theme.ACCENT, theme.OUTLINE]),
        legend=alt.Legend(orient="top", direction="horizontal"),
    )
    strength = alt.condition("datum.kind == 'dropped'", alt.value(0.75), alt.value(1.0))
    thick = alt.condition("datum.kind == 'chosen'", alt.value(4), alt.value(1.2))
    tips = [
        parts.tip("piece", "piece", "text"),
        alt.Tooltip("step:Q", title="step"),
        parts.tip("probability", "after what was written", "share"),
        parts.tip("log_probability", "log-probability so far"),
        parts.tip("score", "score: that per piece"),
        parts.tip("kind", "it was", "text"),
    ]
    base = alt.Chart(alt.NamedData("tree"))
    edges = base.mark_rule(strokeCap="round", tooltip=None).encode(
        x=x, y=y, x2="x2:Q", y2="step2:Q", color=colour, opacity=strength, strokeWidth=thick
    )
    points = base.mark_point(filled=True, size=70).encode(
        x=x, y=y, color=colour, opacity=strength, tooltip=tips
    )
    room = alt.ExprRef(f"width / {slots} - 18")
    words = base.mark_text(align="left", dx=8, dy=-5, limit=room, tooltip=None).encode(
        x=x, y=y, text="piece:N", opacity=strength
    )
    scores = base.mark_text(
        align="left", dx=8, dy=9, limit=room, tooltip=None, color=theme.either(theme.MUTED)
    )
    scores = scores.transform_calculate(words="format(datum.score, '.2f')").encode(
        x=x, y=y, text="words:N", opacity=strength
    )
    return theme.finish(
        alt.layer(edges, points, words, scores).properties(
            title=parts.heading("The beam, from the first piece down", "Below each piece: score of the path")
        )
    )
