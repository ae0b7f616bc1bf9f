"""Templates of the states page."""

import altair as alt

from rnnviz_core.languages import N_, SOURCE, _, cached, language

from . import building_blocks, spoken, theme

LIMITS = {"hidden": 1.0, "cell": 3.0}  # the colours end here; frames.states counts what lies beyond
MEANINGS = {
    "hidden": N_("What the cell passes on after each step"),
    "cell": N_("What the cell remembers inside"),
}
TITLES = {"hidden": N_("Hidden state"), "cell": N_("Cell state")}
PANEL = 256  # px at most for one of two heatmaps above each other, unless it has more units
PICKS = 6  # units drawn as lines at once: one per colour


def map_height(states: int, units: int) -> int:
    """The pixels of the heatmap of one of so many states."""
    return building_blocks.rows_height(units) if states == 1 else panel_height(units)


@cached
def state_maps(
    names: tuple[str, ...],
    units: int,
    part: str = "encoder",
    limits: tuple[float, ...] = (),
    height: int | None = None,
) -> alt.VConcatChart:
    """Unit x token of every state, above each other on one token axis; a click selects a cell.

    The colours of each state end at its limit (`frames.states.limit`), by default that of `LIMITS`. `height`
    is that of one heatmap, where it must fit another view (`map_height`).

    Datasets: ``cells`` (`frames.states.cells`), ``chosen`` (`frames.tokens.one_step`; no row: no ring).
    Selection: ``cell``, with ``position`` and ``unit``.
    """
    ends = limits or tuple(LIMITS[name] for name in names)
    height = height or map_height(len(names), units)
    panels = [
        alt.layer(
            _heatmap(name, units, part, end, labels=name == names[-1]),
            *building_blocks.chosen_ring(
                _x(part, f"{name}_panel_x", labels=name == names[-1]), height / units, height
            ),
            name=f"{name}_panel",
        ).properties(title=building_blocks.heading(_(TITLES[name]), _(MEANINGS[name])), height=height)
        for name, end in zip(names, ends, strict=True)
    ]
    chart = alt.vconcat(*panels, spacing=18).resolve_scale(color="independent")
    return theme.finish(building_blocks.shared_click(chart, "position", "unit"))


@cached
def unit_lines(name: str, units: int, part: str = "encoder", limit: float | None = None) -> alt.VConcatChart:
    """One state as a heatmap, and the picked units as lines below; a click in the heatmap picks a row.

    Datasets: ``cells`` (`frames.states.cells`), ``picked`` (`frames.states.picked`), ``lines``
    (`frames.states.lines`). Selection: ``cell``, with ``position`` and ``unit``.
    """
    click = building_blocks.cell_click("position", "unit")
    end = LIMITS[name] if limit is None else limit
    heatmap = _heatmap(name, units, part, end, labels=True).add_params(click)
    marks = (
        alt.Chart(alt.NamedData("picked"))
        .mark_point(
            shape="triangle-left", size=90, filled=True, opacity=1, stroke=theme.CHOSEN, strokeWidth=1
        )
        .encode(
            x=alt.value("width"),
            y=_y(name, units),
            color=_line_colour("line", None),
            tooltip=alt.Tooltip("unit:O", title=alt.Undefined if language() == SOURCE else _("unit")),
        )
    )
    above = (
        alt.layer(heatmap, marks, name=f"{name}_panel")
        .resolve_scale(color="independent")
        .properties(
            title=building_blocks.heading(_(TITLES[name]), _("Click a row to draw it, again to remove it")),
            height=panel_height(units),
        )
    )
    chart = alt.vconcat(above, _lines(end, part), spacing=22)
    chart = chart.resolve_scale(color="independent", shape="independent")
    return theme.finish(chart)


@cached
def change_bars(names: tuple[str, ...], part: str = "encoder") -> alt.LayerChart:
    """How far each token moved each state; a click chooses a token.

    Datasets: ``changes`` (`frames.states.changes`), ``chosen`` (`frames.tokens.one_step`). Selection:
    ``cell``, with ``position``.
    """
    said = spoken.labels(names)
    legend = alt.Legend(orient="top", direction="horizontal", **said) if len(names) > 1 else None
    base, x = alt.Chart(alt.NamedData("changes")), building_blocks.tokens_x(building_blocks.steps_title(part))
    base = base.transform_calculate(**spoken.column("state", names))
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=x,
        y=alt.Y("change:Q", title=_("length of the change"), axis=alt.Axis(grid=True, tickCount=5)),
        xOffset=alt.XOffset("state:N", sort=list(names)),
        color=alt.Color(
            "state:N",
            sort=list(names),
            title="",
            scale=alt.Scale(domain=list(names), range=[theme.STATE_COLOURS[name] for name in names]),
            legend=legend,
        ),
        tooltip=[
            *building_blocks.step_tips(),
            spoken.tip("state", _("state"), names),
            building_blocks.tip("change", _("length of the change")),
            building_blocks.tip("size", _("length of the state")),
        ],
    )
    clicked = building_blocks.whole_columns(base.encode(x=x, tooltip=building_blocks.step_tips()), "position")
    chart = alt.layer(
        building_blocks.chosen_band(x), clicked, bars, *building_blocks.reach(base, "y", "high")
    ).properties(
        title=building_blocks.heading(
            _("How far each step moved the state"), _("A tall bar: this step changed much")
        ),
        height=240,
    )
    return theme.finish(chart)


def _x(part: str, scale: str, *, labels: bool = True) -> alt.X:
    return building_blocks.tokens_x(building_blocks.steps_title(part), scale=scale, labels=labels)


def _y(name: str, units: int) -> alt.Y:
    return building_blocks.rows_y("unit", units, _("unit"), theme.STATE_COLOURS[name])


def panel_height(units: int) -> int:
    """Whole pixels per row for a heatmap that has other panels above or below it."""
    return units * max(1, min(12, PANEL // units))


def _heatmap(name: str, units: int, part: str, limit: float, *, labels: bool) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("cells"), name=f"{name}_map")
        .mark_rect(cursor="pointer")
        .encode(
            x=_x(part, f"{name}_panel_x", labels=labels),
            y=_y(name, units),
            color=building_blocks.colour(name, theme.diverging(limit), _("value"), [-limit, 0, limit]),
            tooltip=[
                *building_blocks.step_tips(),
                alt.Tooltip("unit:O", title=_("unit")),
                building_blocks.tip(name, _(name)),
            ],
        )
    )


def _line_colour(field: str, legend: alt.Legend | None) -> alt.Color:
    return alt.Color(
        f"{field}:N",
        title="",
        sort=alt.EncodingSortField("order", op="min"),
        scale=alt.Scale(range=list(theme.LINE_COLOURS)),
        legend=legend,
    )


def _lines(limit: float, part: str) -> alt.LayerChart:
    columns = alt.ExprRef("width < 480 ? 3 : 6")
    legend = alt.Legend(orient="top", direction="horizontal", columns=columns, symbolOpacity=1)
    base = alt.Chart(alt.NamedData("lines")).encode(
        x=_x(part, "lines_x"),
        y=alt.Y("value:Q", title=_("value")).scale(domain=[-limit, limit], clamp=True).axis(grid=True),
        tooltip=[
            alt.Tooltip("unit:O", title=_("unit")),
            *building_blocks.step_tips(),
            building_blocks.tip("value", _("value")),
        ],
        color=_line_colour("line", legend),
    )
    return alt.layer(
        alt.Chart(alt.NamedData("lines")).mark_rule(strokeDash=[3, 3]).encode(y=alt.datum(0)),
        base.mark_line(strokeWidth=2),
        base.mark_point(filled=True, opacity=building_blocks.dots("lines_x"), size=55).encode(
            shape=alt.Shape(
                "line:N",
                title="",
                sort=alt.EncodingSortField("order", op="min"),
                scale=alt.Scale(range=list(theme.SHAPES)),
                legend=legend,
            )
        ),
        name="lines",
    ).properties(title=building_blocks.heading(_("The chosen units, step by step")), height=240)
