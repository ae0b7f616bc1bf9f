"""Templates of the states page."""

from functools import cache

import altair as alt

from . import parts, theme

LIMITS = {"hidden": 1.0, "cell": 3.0}  # the colours end here; frames.states counts what lies beyond
MEANINGS = {
    "hidden": "What the cell passes on after each token",
    "cell": "What the cell remembers inside",
}


@cache
def state_heatmap(name: str, units: int, part: str = "encoder") -> alt.LayerChart:
    """Unit x token of the hidden or cell state; a click selects a cell.

    Datasets: ``cells`` (`frames.states.states`), ``chosen`` (`frames.gates.chosen_cell`).
    Selection: ``cell``, with ``position`` and ``unit``.
    """
    limit = LIMITS[name]
    x, y = (
        parts.tokens_x(parts.steps_title(part)),
        parts.rows_y("unit", units, "unit", theme.STATE_COLOURS[name]),
    )
    heatmap = (
        alt.Chart(alt.NamedData("cells"))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=parts.colour("value", theme.diverging(limit), "value", [-limit, 0, limit]),
            tooltip=[*parts.step_tips(), alt.Tooltip("unit:O", title="unit"), parts.tip("value", "value")],
        )
        .add_params(parts.cell_click("position", "unit"))
    )
    chart = alt.layer(heatmap, parts.chosen_ring(x, y)).properties(
        title=parts.heading(f"{name.capitalize()} state", MEANINGS[name]), height=parts.rows_height(units)
    )
    return theme.finish(chart)


@cache
def unit_lines(name: str, part: str = "encoder") -> alt.LayerChart:
    """A few units as lines. Dataset: ``lines`` (`frames.states.lines`)."""
    limit = LIMITS[name]
    base = alt.Chart(alt.NamedData("lines")).encode(
        x=parts.tokens_x(parts.steps_title(part)),
        y=alt.Y("value:Q", title="value").scale(domain=[-limit, limit], clamp=True).axis(grid=True),
        tooltip=[alt.Tooltip("unit:O", title="unit"), *parts.step_tips(), parts.tip("value", "value")],
    )
    colour = alt.Color(
        "line:N",
        title="",
        sort=alt.EncodingSortField("order", op="min"),
        scale=alt.Scale(range=list(theme.LINE_COLOURS)),
        legend=alt.Legend(orient="top", direction="horizontal", symbolType="circle", columns=4),
    )
    lines = base.mark_line().encode(
        color=colour, strokeWidth=alt.condition("datum.order == 0", alt.value(4), alt.value(1.75))
    )
    points = base.mark_point(filled=True, opacity=1).encode(
        color=colour, size=alt.condition("datum.order == 0", alt.value(80), alt.value(36))
    )
    zero = alt.Chart(alt.NamedData("lines")).mark_rule(strokeDash=[3, 3]).encode(y=alt.datum(0))
    chart = alt.layer(zero, lines, points).properties(
        title=parts.heading(f"Single units of the {name} state", "Thick: the chosen unit"), height=260
    )
    return theme.finish(chart)


@cache
def change_bars(names: tuple[str, ...], part: str = "encoder") -> alt.Chart:
    """How far each token moved each state. Dataset: ``changes`` (`frames.states.changes`)."""
    legend = alt.Legend(orient="top", direction="horizontal") if len(names) > 1 else None
    chart = (
        alt.Chart(alt.NamedData("changes"))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=parts.tokens_x(parts.steps_title(part)),
            y=alt.Y("change:Q", title="length of the change", axis=alt.Axis(grid=True, tickCount=5)),
            xOffset=alt.XOffset("state:N", sort=list(names)),
            color=alt.Color(
                "state:N",
                sort=list(names),
                title="",
                scale=alt.Scale(domain=list(names), range=[theme.STATE_COLOURS[name] for name in names]),
                legend=legend,
            ),
            tooltip=[
                *parts.step_tips(),
                parts.tip("state", "state", "text"),
                parts.tip("change", "length of the change"),
                parts.tip("size", "length of the state"),
            ],
        )
        .properties(
            title=parts.heading("How far each token moved the state", "A tall bar: this token changed much"),
            height=240,
        )
    )
    return theme.finish(chart)
