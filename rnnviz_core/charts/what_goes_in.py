"""Templates of several numbers per step: the columns of a table over time."""

from typing import Any

import altair as alt

from rnnviz_core.languages import _, cached, pgettext

from . import building_blocks as parts
from . import theme

STRIP, PANEL = 74, 92  # px of the lines above a heatmap, and of one column's own panel
# The name of a step; of a part that a brush leaves, its rows begin later.
TOKEN = (
    "length(data('steps')) ? "
    "(data('steps')[datum.value - data('steps')[0].position] || {token: ''}).token : ''"
)


def _colour(columns: tuple[str, ...]) -> alt.Color:
    return alt.Color(
        "column:N",
        title=None,
        sort=list(columns),
        scale=alt.Scale(domain=list(columns), range=list(theme.LINE_COLOURS[: len(columns)])),
        legend=alt.Legend(orient="top", direction="horizontal", symbolType="stroke", columns=3)
        if len(columns) > 1
        else None,
    )


def _time(*, labels: str = "", title: str | None = None, bare: bool = False) -> alt.X:
    settings: dict[str, Any] = {"labelExpr": labels} if labels else {"format": "d"}
    if bare:  # the panel below has the names of the steps
        settings = {"labels": False}
    return alt.X(
        "position:Q",
        title=title,
        scale=alt.Scale(nice=False, padding=2),
        axis=alt.Axis(tickMinStep=1, grid=False, labelLimit=90, labelOverlap="greedy", **settings),
    )


def _rules(x: alt.X) -> alt.Chart:
    """An unseen rule for each step, which tells its values."""
    return (
        alt.Chart(alt.NamedData("steps"))
        .mark_rule(opacity=0, strokeWidth=5, aria=False)
        .encode(
            x=x,
            tooltip=[
                alt.Tooltip("position:Q", title=_("step t"), format="d"),
                parts.tip("token", pgettext("the name of a step", "named"), "text"),
                parts.tip("words", pgettext("what the network reads at a step", "reads"), "text"),
            ],
        )
    )


@cached
def above(columns: tuple[str, ...], *, part: bool) -> alt.LayerChart:
    """The series over a heatmap, each column between its own lowest and highest value.

    With `part` it is all of a longer series, and what is shown of it is marked. Datasets: ``lines`` and
    ``steps`` (`frames.what_goes_in`), with `part` also ``span``.
    """
    curves = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeWidth=1.3, opacity=0.9, aria=False, tooltip=None)
        .encode(
            x=_time(labels="" if part else TOKEN),
            y=alt.Y("height:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
            color=_colour(columns),
        )
    )
    layers: list[Any] = [curves, _rules(_time(labels="" if part else TOKEN))]
    if part:
        shade = (
            alt.Chart(alt.NamedData("span"))
            .mark_rect(color=theme.ACCENT, opacity=0.22, aria=False, tooltip=None)
            .encode(x=alt.X("first:Q"), x2="last:Q")
        )
        layers.insert(0, shade)
    title = _("All that is read, and the steps shown (shaded)") if part else _("The series")
    about = _("Each column from its lowest to its highest value")
    return theme.finish(alt.layer(*layers).properties(title=parts.heading(title, about), height=STRIP))


@cached
def panels(columns: tuple[str, ...]) -> alt.VConcatChart:
    """Every column in its own unit, one below the other. Datasets: as of `above`, and ``chosen``."""
    found = []
    for place, name in enumerate(columns):
        last = place == len(columns) - 1
        x = _time(labels=TOKEN, title=_(parts.TIME)) if last else _time(bare=True)
        curve = (
            alt.Chart(alt.NamedData("lines"))
            .transform_filter(alt.datum.column == name)
            .mark_line(strokeWidth=1.6, color=theme.LINE_COLOURS[place % len(theme.LINE_COLOURS)])
            .encode(
                x=x,
                y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)).axis(grid=True, tickCount=4),
                tooltip=[
                    parts.tip("token", _("step"), "text"),
                    parts.tip("value", _("value")),
                    parts.tip("read", _("number read")),
                ],
            )
        )
        mark = (
            alt.Chart(alt.NamedData("chosen"))
            .mark_rule(color=theme.either(theme.MUTED), opacity=0.6, strokeWidth=2, tooltip=None)
            .encode(x=x)
        )
        rules = _rules(x)
        found.append(alt.layer(rules, curve, mark).properties(title=parts.heading(name), height=PANEL))
    return theme.finish(alt.vconcat(*found, spacing=10))


@cached
def read_map(width: int, part: str, limit: float) -> alt.Chart:
    """What the first layer reads, number by step; colours end at ±`limit`. Dataset: ``cells``."""
    return theme.finish(
        alt.Chart(alt.NamedData("cells"))
        .mark_rect()
        .encode(
            x=parts.tokens_x(parts.steps_title(part)),
            y=parts.rows_y("dim", width, _("number")),
            color=parts.colour("value", theme.diverging(limit), _("value"), [-limit, 0, limit]),
            tooltip=[
                *parts.step_tips(),
                alt.Tooltip("dim:O", title=_("number")),
                parts.tip("value", _("value")),
            ],
        )
        .properties(
            title=parts.heading(_("What the first layer reads"), _("One column of numbers per step")),
            height=parts.rows_height(width),
        )
    )


@cached
def outputs(count: int) -> alt.Chart:
    """The numbers of a prediction as bars. Dataset: ``outputs``, with ``name``, ``order``, ``value``."""
    return theme.finish(
        alt.Chart(alt.NamedData("outputs"))
        .mark_bar(color=theme.ACCENT, cornerRadiusEnd=2)
        .encode(
            x=alt.X("value:Q", title=_("prediction")),
            y=alt.Y("name:N", title=None, sort=alt.EncodingSortField("order", op="min")),
            tooltip=[
                parts.tip("name", pgettext("of the network", "output"), "text"),
                parts.tip("value", _("value")),
            ],
        )
        .properties(title=parts.heading(_("What comes out")), height=max(40, 22 * min(count, 24)))
    )
