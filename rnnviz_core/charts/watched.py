"""Templates for a run that `rnnviz_core.watch` looked at."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import theme

MOMENTS, DISTANCE = N_("updates done"), N_("steps before the last")


def length_colour(low: float, high: float) -> alt.Color:
    """The colour of the length of a gradient: ``shade`` is its power of ten, from `low` to `high`."""
    return alt.Color(
        "shade:Q",
        scale=theme.between(low, high),
        title=_("length"),
        legend=alt.Legend(
            orient="top",
            direction="horizontal",
            titleOrient="left",
            gradientLength=180,
            gradientThickness=10,
            values=[low, (low + high) / 2, high],
            labelExpr="format(pow(10, datum.value), abs(datum.value) < 4 ? ',.1~r' : '.0e')",
        ),
    )


@cached
def distances(moments: int, low: int, high: int) -> alt.Chart:
    """Length of the gradient by how long before the last step something was read; a row per moment.

    Dataset: ``distances`` (`frames.watched.distances`).
    """
    return theme.finish(
        alt.Chart(alt.NamedData("distances"))
        .mark_rect()
        .encode(
            x=parts.tokens_x(DISTANCE),
            y=parts.tokens_y(_(MOMENTS), field="row_tick", sort="row"),
            color=length_colour(low, high),
            tooltip=[
                parts.tip("row_token", _("moment"), "text"),
                parts.tip("token", _(DISTANCE), "text"),
                alt.Tooltip("value:Q", title=_("length"), format=".3~g"),
            ],
        )
        .properties(
            title=parts.heading(
                _("Gradient by distance"), _("By what was read so many steps before the last")
            ),
            height=max(120, 17 * moments),
        )
    )


@cached
def lines(what: str, count: int) -> alt.LayerChart:
    """A line per name over the moments: ``dead`` units (a share), or the gradient of ``blocks`` (in powers).

    Dataset: ``lines`` (`frames.watched.lines`).
    """
    shares = what == "dead"
    base = alt.Chart(alt.NamedData("lines"))
    if not shares:
        base = base.transform_filter("datum.value > 0")  # a logarithm has no place for 0
    scale = alt.Scale(domain=[0, 1]) if shares else alt.Scale(type="log")
    y = alt.Y("value:Q", title=_("share of units") if shares else _("length"), scale=scale).axis(
        grid=True, format=".0%" if shares else ".1~g", tickCount=5
    )
    colour = alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(range=list(theme.LINE_COLOURS)),
        legend=alt.Legend(orient="top", columns=2, symbolType="stroke") if count > 1 else None,
    )
    x = parts.tokens_x(MOMENTS)
    tips = [
        parts.tip("name", _("layer") if shares else _("parameter"), "text"),
        parts.tip("token", _("moment"), "text"),
        alt.Tooltip(
            "value:Q", title=_("share") if shares else _("length"), format=".0%" if shares else ".3~g"
        ),
    ]
    heading = (
        parts.heading(_("Dead units"), _("Share of units that never left 0 on the texts of the moment"))
        if shares
        else parts.heading(
            _("Gradient by parameter"), _("Length after clipping; a grid line up is a power of ten")
        )
    )
    drawn = (
        base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, tooltip=alt.value(None)),
        base.mark_point(filled=True, size=26, opacity=1).encode(x=x, y=y, color=colour, tooltip=tips),
    )
    return theme.finish(alt.layer(*drawn).properties(title=heading, height=170))
