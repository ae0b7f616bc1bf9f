"""Templates of what reads numbers: the series with its forecasts, errors, and what goes in and comes out."""

from typing import Any

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import spoken, theme
from .unrolled import FADED, HERE, LINE, Row, highlight, line, of, picture, pixels, x_at
from .unrolled_rows import boxes

PANEL = 132  # px of the series above the boxes
NEXT = 22  # px of the line of words under it
COLOURS = {  # of the lines; the network's has the accent
    N_("series"): theme.OUTLINE,
    N_("network"): theme.ACCENT,
    N_("the same again"): theme.LINE_COLOURS[1],
    N_("last season"): theme.LINE_COLOURS[4],
}
DASHES = {"series": [1, 0], "network": [1, 0], "the same again": [2, 2], "last season": [7, 3]}


@cached
def unrolled(rows: tuple[Row, ...]) -> alt.LayerChart:
    """The network unrolled under its series: values, what was expected of them, what goes in, the states.

    Datasets: ``series`` (`frames.series.picture`), ``cells``, ``columns`` and ``now``
    (`frames.overview`). Selection: ``cell``, with ``site``, ``position`` and ``unit``.
    """
    layers: list[Any] = [line(_("Series (grey) and forecast one step ahead (blue)"), 0)]
    top = LINE
    layers += _panel(top)
    y, drawn = boxes(rows, "columns", top + PANEL + NEXT)
    return picture([highlight(y), *layers, *drawn], y)


def _panel(top: int) -> list[Any]:
    """The lines, their range at the left edge, and the chosen step in words below."""
    bottom = top + PANEL
    base = of("series")

    def curve(field: str, colour: str, known: str, opacity: float) -> alt.Chart:
        return (
            base.transform_filter(f"isValid(datum.{field}) && {known}")
            .mark_line(color=colour, strokeWidth=1.6, opacity=opacity, aria=False, tooltip=None)
            .encode(x=x_at("middle"), y=pixels(f"{bottom} - datum.{field} * {PANEL}"))
        )

    ends = {"align": "left", "aria": False, "tooltip": None, "fontSize": theme.LABEL}
    first = base.transform_filter("datum.position == 0")
    return [
        curve("height", theme.OUTLINE, "true", 3 * FADED),
        curve("height", theme.OUTLINE, "datum.position <= read", 1),
        curve("expected_height", theme.ACCENT, "datum.position <= read + 1", 0.9),
        base.transform_filter(HERE)
        .mark_point(filled=True, size=60, color=theme.OUTLINE, opacity=1, aria=False, tooltip=None)
        .encode(x=x_at("middle"), y=pixels(f"{bottom} - datum.height * {PANEL}")),
        base.transform_calculate(site="'readout'")
        .mark_rect(opacity=0, cursor="pointer", aria=False)
        .encode(
            x=x_at("x"),
            x2="x2:Q",
            y=alt.value(top),
            y2=alt.value(bottom),
            tooltip=[
                alt.Tooltip("position:Q", title=_("step t"), format="d"),
                parts.tip("value", _("value")),
                parts.tip("expected", _("was expected")),
                parts.tip("next", _("expects next")),
            ],
        ),
        first.transform_calculate(words="format(datum.high, ',.4~r')")
        .mark_text(**ends, baseline="top")
        .encode(x=alt.value(0), y=alt.value(top), text="words:N"),
        first.transform_calculate(words="format(datum.low, ',.4~r')")
        .mark_text(**ends, baseline="bottom")
        .encode(x=alt.value(0), y=alt.value(bottom), text="words:N"),
        base.transform_filter(HERE)
        .transform_calculate(
            words=spoken.sentence(
                _("Step {step}: reads {value}, expects {forecast} next"),
                step="datum.position",
                value="format(datum.value, '.4~r')",
                forecast="format(datum.next, '.4~r')",
            )
        )
        .mark_text(align="left", baseline="top", fontWeight=600, fontSize=13, aria=False, tooltip=None)
        .encode(x=alt.value(0), y=alt.value(bottom + 6), text="words:N"),
    ]


def _time() -> alt.X:
    return alt.X(
        "position:Q",
        title=_(parts.TIME),
        scale=alt.Scale(nice=False, padding=4),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )


@cached
def forecasts(kinds: tuple[str, ...]) -> alt.LayerChart:
    """The series, what the network expected one step before, and the baselines; the legend picks lines.

    Datasets: ``lines`` (`frames.series.lines`), ``chosen`` (`frames.tokens.one_step`). Selection:
    ``cell``, with ``position``.
    """
    shown = alt.selection_point(name="kinds", fields=["kind"], bind="legend")
    base = alt.Chart(alt.NamedData("lines")).transform_calculate(**spoken.column("kind", kinds))
    y = alt.Y("value:Q", title=_("value"), scale=alt.Scale(zero=False)).axis(grid=True, tickCount=6)
    names = list(kinds)
    colour = alt.Color(
        "kind:N",
        title=None,
        sort=names,
        scale=alt.Scale(domain=names, range=[COLOURS[kind] for kind in names]),
        legend=alt.Legend(
            orient="top", direction="horizontal", symbolType="stroke", columns=2, **spoken.labels(kinds)
        ),
    )
    dash = alt.StrokeDash(
        "kind:N",
        sort=names,
        scale=alt.Scale(domain=names, range=[DASHES[kind] for kind in names]),
        legend=None,
    )
    curves = (
        base.mark_line(strokeWidth=1.8)
        .encode(
            x=_time(),
            y=y,
            color=colour,
            strokeDash=dash,
            opacity=alt.condition(shown, alt.value(0.95), alt.value(0.08)),
            tooltip=[
                spoken.tip("kind", _("line"), kinds),
                alt.Tooltip("position:Q", title=_("step t"), format="d"),
                parts.tip("value", _("value")),
            ],
        )
        .add_params(shown)
    )
    columns = (
        base.transform_filter("datum.kind == 'series'")
        .mark_rule(opacity=0, strokeWidth=6, cursor="pointer", aria=False)
        .encode(
            x=_time(),
            tooltip=[
                alt.Tooltip("position:Q", title=_("step t"), format="d"),
                parts.tip("value", _("value")),
            ],
        )
        .add_params(parts.cell_click("position"))
    )
    mark = (
        alt.Chart(alt.NamedData("chosen"))
        .mark_rule(color=theme.either(theme.MUTED), opacity=0.6, strokeWidth=2, tooltip=None)
        .encode(x=_time())
    )
    return theme.finish(
        alt.layer(columns, mark, curves).properties(
            title=parts.heading(_("The series, and its forecast one step ahead")), height=300
        )
    )


@cached
def errors(count: int) -> alt.LayerChart:
    """Errors on the test part, with those of the baselines. Dataset: ``scores`` (`frames.series.scores`)."""
    names = (*COLOURS, N_("autoregression"))
    base = alt.Chart(alt.NamedData("scores")).transform_calculate(**spoken.column("name", names))
    y = alt.Y("name:N", title=None, sort=alt.EncodingSortField("order", op="min"), **spoken.axis(names))
    x = alt.X("error:Q", title=_("root mean squared error"), scale=alt.Scale(zero=True))
    bars = base.mark_bar(cornerRadiusEnd=2, height=18).encode(
        x=x,
        y=y,
        color=alt.condition("datum.own", alt.value(theme.ACCENT), alt.value(theme.OUTLINE)),
        tooltip=[spoken.tip("name", _("forecast"), names), parts.tip("error", _("error"))],
    )
    words = base.mark_text(align="left", dx=6, tooltip=None).encode(
        x=x, y=y, text=alt.Text("error:Q", format=".2f")
    )
    return theme.finish(
        alt.layer(bars, words).properties(
            title=parts.heading(_("On the test part, one step ahead"), _("Shorter is better")),
            height=30 * count,
        )
    )


@cached
def terms() -> alt.LayerChart:
    """What every unit adds to the number that comes out; a click chooses the unit.

    Dataset: ``terms`` (`frames.series.terms`). Selection: ``cell``, with ``unit`` (-1 for the bias).
    """
    scale = alt.Scale(domain=list(parts.PUSHES), range=[theme.POSITIVE, theme.NEGATIVE])
    x = alt.X("rank:O", title=_("units and bias, sorted")).axis(labels=False, titlePadding=parts.UNDER)
    base = alt.Chart(alt.NamedData("terms")).transform_calculate(**spoken.column("name", parts.BIAS))
    bars = base.mark_bar(cursor="pointer").encode(
        x=x,
        y=alt.Y("term:Q", title=_("added to the number")).axis(grid=True, tickCount=5),
        color=alt.Color("kind:N", scale=scale, title=None, legend=parts.pushes_legend()),
        tooltip=[
            spoken.tip("name", _("summand"), parts.BIAS),
            parts.tip("term", _("weight × unit")),
            parts.tip("running", _("sum so far")),
        ],
    )
    return theme.finish(
        alt.layer(bars.add_params(parts.cell_click("unit")), parts.unit_numbers(base, x)).properties(
            title=parts.heading(_("What the number is made of"), _("Every unit adds weight × its value")),
            height=220,
        )
    )


@cached
def inputs() -> alt.VConcatChart:
    """The values, and below them the numbers that the first layer reads.

    Datasets: ``inputs`` (`frames.series.inputs`), ``chosen`` (`frames.tokens.one_step`).
    """
    panels = []
    for field, name, title, about in (
        ("value", _("value"), _("The series"), _("in its own unit")),
        (
            "number",
            _("number"),
            _("What the network reads"),
            _("scaled: mean 0 and standard deviation 1 over its training series"),
        ),
    ):
        base = alt.Chart(alt.NamedData("inputs"))
        curve = base.mark_line(
            strokeWidth=1.8, color=theme.OUTLINE if field == "value" else theme.ACCENT
        ).encode(
            x=_time(),
            y=alt.Y(f"{field}:Q", title=name, scale=alt.Scale(zero=False)).axis(grid=True, tickCount=5),
        )
        rules = base.mark_rule(opacity=0, strokeWidth=6, aria=False).encode(
            x=_time(),
            tooltip=[
                alt.Tooltip("position:Q", title=_("step t"), format="d"),
                parts.tip("value", _("value")),
                parts.tip("number", _("number read")),
            ],
        )
        mark = (
            alt.Chart(alt.NamedData("chosen"))
            .mark_rule(color=theme.either(theme.MUTED), opacity=0.6, strokeWidth=2, tooltip=None)
            .encode(x=_time())
        )
        panels.append(alt.layer(curve, rules, mark).properties(title=parts.heading(title, about), height=170))
    return theme.finish(alt.vconcat(*panels, spacing=18))
