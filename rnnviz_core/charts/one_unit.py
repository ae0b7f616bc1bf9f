"""The template of one unit: its gates and states over the steps."""

import altair as alt

from rnnviz_core.languages import _, cached, pgettext

from . import building_blocks, spoken, theme


@cached
def unit_over_steps(gates: tuple[str, ...], states: tuple[str, ...], part: str = "encoder") -> alt.LayerChart:
    """Lines of every gate and state of one unit.

    Dataset: ``unit``, a row per step and line: the step's columns, ``name`` (of gate or state), ``value``.
    """
    names = (*gates, *states)
    colours = [{**theme.GATE_COLOURS, **theme.STATE_COLOURS}[name] for name in names]
    shapes = [*theme.SHAPES[: len(gates)], *("cross", "diamond")[: len(states)]]
    legend = alt.Legend(orient="top", direction="horizontal", symbolOpacity=1, **spoken.labels(names))
    base = alt.Chart(alt.NamedData("unit")).transform_calculate(**spoken.column("name", names))
    base = base.encode(
        x=building_blocks.tokens_x(building_blocks.steps_title(part)),
        y=alt.Y("value:Q", title=_("value"), axis=alt.Axis(grid=True, tickCount=5)),
        detail="name:N",
        tooltip=[
            spoken.tip("name", pgettext("of which line a value is", "of"), names),
            *building_blocks.step_tips(),
            building_blocks.tip("value", _("value")),
        ],
    )
    colour = alt.Color(
        "name:N",
        title="",
        sort=list(names),
        legend=legend,
        scale=alt.Scale(domain=list(names), range=colours),
    )
    shape = alt.Shape(
        "name:N", title="", sort=list(names), legend=legend, scale=alt.Scale(domain=list(names), range=shapes)
    )
    lines = base.mark_line(strokeWidth=2).encode(color=colour)
    points = base.mark_point(filled=True, size=42, opacity=1).encode(color=colour, shape=shape)
    return theme.finish(alt.layer(lines, points).properties(height=220))
