"""The template of the beam search."""

import altair as alt

from rnnviz_core.languages import _, cached, pgettext

from . import building_blocks, spoken, theme

KINDS = ("chosen", "kept", "dropped")  # as frames.beam names them
ROW = 58  # px from one step to the next: a word, its score, and room for the lines
ROOM = 46  # px a column needs for its words; narrower ones show dots and the chosen path's words alone


@cached
def tree(slots: int) -> alt.LayerChart:
    """Translation: the beam search from the top down, best piece left. Dataset: ``tree`` (`frames.beam`).

    Lines run in the room between two rows of words, so that they cross none.
    """
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False))
    y = alt.Y("step:Q", axis=None, scale=alt.Scale(reverse=True, nice=False, zero=False, padding=24))
    said = _kinds()
    base = alt.Chart(alt.NamedData("tree")).transform_calculate(**spoken.column("kind", said))
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=list(KINDS), range=[theme.POSITIVE, theme.ACCENT, theme.OUTLINE]),
        legend=alt.Legend(orient="top", direction="horizontal", **spoken.labels(said)),
    )
    ways = base.mark_rule(strokeCap="round", yOffset=19, y2Offset=-16, tooltip=None).encode(
        x=alt.X("x2:Q", axis=None),
        y=alt.Y("step2:Q", axis=None),
        x2="x:Q",
        y2="step:Q",
        color=colour,
        strokeWidth=alt.condition("datum.kind == 'chosen'", alt.value(4), alt.value(1.3)),
        opacity=alt.condition("datum.kind == 'dropped'", alt.value(0.7), alt.value(1)),
    )
    wide = f"datum.kind == 'chosen' || width / {slots} >= {ROOM}"
    dots = base.mark_point(filled=True, size=60).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=_tips(),
        opacity=alt.condition(wide, alt.value(0), alt.value(1)),
    )
    texts = _texts(base.encode(x=x, y=y), wide, slots)
    start = (
        base.transform_filter("datum.step == 0 && datum.rank == 0")
        .mark_text(text=_("(start)"), dy=4, color=theme.either(theme.MUTED))
        .encode(x=alt.datum(0.5), y=alt.Y("step2:Q", axis=None), tooltip=alt.value(None))
    )
    return theme.finish(
        alt.layer(ways, dots, *texts, start).properties(
            title=building_blocks.heading(
                _("The beam, from the first token down"), _("Below each token: score of the path")
            )
        )
    )


def _kinds() -> dict[str, str]:
    return {
        "chosen": pgettext("a path of the beam", "chosen"),
        "kept": pgettext("a path of the beam", "kept"),
        "dropped": pgettext("a path of the beam", "dropped"),
    }


def _tips() -> list[alt.Tooltip]:
    return [
        building_blocks.tip("piece", _("token"), "text"),
        alt.Tooltip("step:Q", title=_("step")),
        building_blocks.tip("probability", _("after what was output"), "share"),
        building_blocks.tip("log_probability", _("log-probability so far")),
        building_blocks.tip("score", _("score: that per token")),
        spoken.tip("kind", _("it was"), _kinds()),
    ]


def _texts(base: alt.Chart, wide: str, slots: int) -> list[alt.Chart]:
    """The piece, bold on the chosen path, and under it the score; both on a halo of the page's colour."""
    room = alt.ExprRef(f"max(width / {slots} - 6, 64)")
    found = []
    for kinds, weight in (("datum.kind == 'chosen'", 700), ("datum.kind != 'chosen'", 400)):
        mine = base.transform_filter(kinds).transform_calculate(words="format(datum.score, '.2f')")
        seen = alt.condition(wide, alt.value(1), alt.value(0))
        shade = theme.either(theme.TEXT if weight > 400 else theme.MUTED)
        for text, dy in (("piece:N", -5), ("words:N", 10)):
            mark = mine.mark_text(
                dy=dy, limit=room, fontSize=13 if dy < 0 else 12, fontWeight=weight, color=shade
            )
            found += building_blocks.words_on_top(mark, text=text, opacity=seen, tooltip=_tips())
    return found[4:] + found[:4]  # the chosen path is drawn last
