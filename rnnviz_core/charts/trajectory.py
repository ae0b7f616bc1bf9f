"""Template of a state's path through a plane."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks, spoken, theme

READINGS = (N_("this one"), N_("the other"))  # as frames.trajectory names two texts
OTHER = theme.LINE_COLOURS[2]  # of the other text
_TITLES = {
    "hidden": N_("The trajectory of the hidden state"),
    "cell": N_("The trajectory of the cell state"),
}
GAP = "datum.chosen ? 13 : datum.end ? 9 : 6"  # px from a dot to its label; frames.trajectory knows them, too
SHAPES = theme.SHAPES[:2]


@cached
def state_path(name: str, classes: bool = False, two: bool = False) -> alt.LayerChart:
    """The path of the hidden or cell state, perhaps of two texts, with the classes' directions.

    A click on a dot chooses its token. Selection: ``cell``, with ``position`` (-1: before the first).

    Datasets: ``path`` (`frames.trajectory.path`) and, with `classes`, ``directions``
    (`frames.trajectory.directions`).
    """
    told = spoken.column("reading", READINGS) if two else {}
    base = alt.Chart(alt.NamedData("path")).transform_calculate(**told)
    base = base.encode(x=_axis("x", _("first direction")), y=_axis("y", _("second direction")))
    tips = [
        building_blocks.tip("token", _("after"), "text"),
        alt.Tooltip("order:Q", title=_("tokens read"), format="d"),
        *([spoken.tip("reading", _("text"), READINGS)] if two else []),
        building_blocks.tip("x", _("first direction")),
        building_blocks.tip("y", _("second direction")),
    ]
    legend = alt.Legend(orient="top", direction="horizontal", **spoken.labels(READINGS)) if two else None
    colour = alt.Color(
        "reading:N",
        title=None,
        sort=list(READINGS),
        scale=alt.Scale(domain=list(READINGS), range=[theme.STATE_COLOURS[name], OTHER]),
        legend=legend,
    )
    shape = alt.Shape(
        "reading:N",
        title=None,
        sort=list(READINGS),
        scale=alt.Scale(domain=list(READINGS), range=list(SHAPES)),
        legend=legend,
    )
    line = base.mark_line(strokeWidth=1.5, opacity=0.7).encode(
        order="order:Q", color=colour, tooltip=alt.value(None)
    )
    dots = (
        base.mark_point(filled=True, opacity=1, stroke=theme.OUTLINE, strokeWidth=1, cursor="pointer")
        .encode(
            color=colour,
            shape=shape,
            size=alt.condition("datum.end", alt.value(160), alt.value(70)),
            tooltip=tips,
        )
        .add_params(building_blocks.cell_click("position"))
    )
    ring = base.mark_point(
        filled=False, opacity=1, size=330, stroke=theme.either(theme.TEXT), strokeWidth=2
    ).transform_filter("datum.chosen")
    ring = ring.encode(tooltip=alt.value(None))
    words = building_blocks.words_on_top(
        base.mark_text(
            align=alt.expr("datum.left ? 'right' : 'left'"),
            baseline=alt.expr("datum.below ? 'top' : 'bottom'"),
            dx=alt.expr(f"(datum.left ? -1 : 1) * ({GAP})"),
            dy=alt.expr("datum.below ? 4 : -4"),
        ),
        text="label:N",
        tooltip=tips,
    )
    layers = [*(_arrows() if classes else []), line, ring, dots, *words]
    chart = alt.layer(*layers).properties(
        title=building_blocks.heading(_(_TITLES[name]), _("One dot per step; the large one is the end")),
        height=400,
    )
    return theme.finish(chart)


def _arrows() -> list[alt.Chart]:
    base = alt.Chart(alt.NamedData("directions"))
    field = spoken.field_of("name", spoken.sentiments())
    base = base.transform_calculate(**spoken.column("name", spoken.sentiments()))
    tips = [
        spoken.tip("name", _("class"), spoken.sentiments()),
        building_blocks.tip("share", _("of it in this plane"), "share"),
    ]
    line = base.mark_rule(color=theme.LINE_COLOURS[1], strokeWidth=2).encode(
        x=_axis("x", _("first direction")),
        y=_axis("y", _("second direction")),
        x2="x2:Q",
        y2="y2:Q",
        tooltip=tips,
    )
    ends = base.encode(
        x=_axis("x2", _("first direction")), y=_axis("y2", _("second direction")), tooltip=tips
    )
    return [
        line,
        ends.mark_point(filled=True, shape="diamond", size=60, color=theme.LINE_COLOURS[1], opacity=1),
        *building_blocks.words_on_top(ends.mark_text(fontStyle="italic", dy=14), text=f"{field}:N"),
    ]


def _axis(field: str, title: str) -> alt.X | alt.Y:
    kind = alt.X if field.startswith("x") else alt.Y
    return kind(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(padding=24, zero=False),
        axis=alt.Axis(grid=True, tickCount=5),
    )
