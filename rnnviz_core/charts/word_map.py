"""Templates of the map of a neighbourhood and of the axis between two words."""

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, theme


@cached
def neighbourhood_map(method: str) -> alt.LayerChart:
    """The nearest pieces in a plane. Dataset: ``pieces`` (`frames.word_map.neighbourhood`).

    Wheel and drag zoom and move (`view`), in the browser alone. Selection: ``cell``, with ``piece``.
    """
    base = alt.Chart(alt.NamedData("pieces")).encode(
        x=alt.X("x:Q", title="", scale=alt.Scale(zero=False, padding=20), axis=None),
        y=alt.Y("y:Q", title="", scale=alt.Scale(zero=False, padding=20), axis=None),
        tooltip=[
            building_blocks.tip("piece", _("token"), "text"),
            alt.Tooltip("rank:Q", title=_("rank as neighbour"), format="d"),
            building_blocks.tip("value", _("cosine")),
        ],
    )
    chosen = "datum.rank == 0"
    dots = base.mark_point(
        filled=True, opacity=1, stroke=theme.OUTLINE, strokeWidth=0.5, cursor="pointer"
    ).encode(
        size=alt.condition(chosen, alt.value(220), alt.value(36)),
        color=alt.condition(chosen, alt.value(theme.LINE_COLOURS[1]), alt.value(theme.ACCENT)),
    )
    near_edge = "scale('x', datum.x) > width - 80"  # its word goes to the left of it
    place = {"align": alt.expr(f"{near_edge} ? 'right' : 'left'"), "dx": alt.expr(f"{near_edge} ? -6 : 6")}
    words = building_blocks.words_on_top(base.mark_text(**place, dy=-3), text="label:N")
    view = alt.selection_interval(name="view", bind="scales")
    dots = dots.add_params(view, building_blocks.cell_click("piece"))
    chart = alt.layer(dots, *words).properties(
        title=building_blocks.heading(
            _("The neighbourhood by {method}", method=method), _("Scroll to zoom, drag to move, click a dot")
        ),
        height=440,
    )
    return theme.finish(chart)


@cached
def word_axis() -> alt.LayerChart:
    """Tokens between two words; a click chooses one.

    Datasets: ``tokens`` (`frames.word_map.axis`, `fit`), ``chosen`` (`frames.embeddings.chosen`).
    Selection: ``cell``, with ``position``.
    """
    base = alt.Chart(alt.NamedData("tokens")).encode(
        x=building_blocks.tokens_x(),
        y=alt.Y("value:Q", title=_("0: first word, 1: second")).axis(grid=True, tickCount=6),
        tooltip=[
            *building_blocks.step_tips(),
            building_blocks.tip("value", _("place on the axis")),
            building_blocks.tip("near_low", _("cosine to the first word")),
            building_blocks.tip("near_high", _("cosine to the second word")),
        ],
    )
    half = (
        alt.Chart(alt.NamedData("tokens"))
        .mark_rect(color=theme.OUTLINE, opacity=0.18, aria=False)
        .encode(
            y=alt.Y("min(bottom):Q", title=_("0: first word, 1: second")),
            y2="max(top):Q",
            tooltip=alt.value(None),
        )
    )
    ends = [
        alt.Chart(alt.NamedData("tokens")).mark_rule(strokeDash=[4, 3]).encode(y=alt.datum(at))
        for at in (0, 1)
    ]
    stems = base.mark_rule(color=theme.OUTLINE).encode(y2=alt.datum(0.5))
    dots = base.mark_point(filled=True, opacity=1, size=110, color=theme.ACCENT)
    every = alt.Chart(alt.NamedData("tokens"))
    columns = building_blocks.whole_columns(
        every.encode(x=building_blocks.tokens_x(), tooltip=alt.value(None)), "position"
    )
    room = building_blocks.reach(every, "y", "least", "most")
    band = building_blocks.chosen_band(building_blocks.tokens_x())
    chart = alt.layer(half, columns, band, *ends, *room, stems, dots).properties(
        title=building_blocks.heading(
            _("Between two words"),
            _("Half-way: equally near to both"),
            _("Shaded: the middle half of the vocabulary"),
        ),
        height=240,
    )
    return theme.finish(chart)
