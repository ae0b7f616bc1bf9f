"""Templates of the diagnosis page: how near every detector came, and the numbers behind a finding."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import spoken, theme
from .gradients import DECADES, WRITTEN

NAMED = 24  # places whose names have room under the axis
AXES = {"unit": N_("unit"), "step": N_("step"), "column": N_("column"), "position": N_("sequence")}
KINDS = (N_("below its limit"), N_("a finding"))
MARKS = (N_("what it is about"), N_("the others"))


@cached
def nearness(count: int) -> alt.LayerChart:
    """A bar for each detector, from 0 to where it becomes a finding and a little beyond.

    Dataset: ``nearness`` (`frames.diagnosis.nearness`).
    """
    base = alt.Chart(alt.NamedData("nearness"))
    found, none, half = map(spoken.quoted, (_("a finding"), _("no sign"), _("half way")))
    y = alt.Y(
        "name:N",
        title=None,
        sort=alt.EncodingSortField("order", op="min", order="ascending"),
        axis=alt.Axis(labelLimit=190, ticks=False, domain=False, labelPadding=8),
    )
    x = alt.X(
        "shown:Q",
        title=_("how near it came"),
        scale=alt.Scale(domain=[0, 1.25]),
        axis=alt.Axis(
            values=[0, 0.5, 1],
            labelExpr=f"datum.value == 1 ? {found} : datum.value == 0 ? {none} : {half}",
            grid=False,
        ),
    )
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=list(KINDS), range=[theme.ACCENT, theme.POSITIVE]), legend=None
    )
    tips = [parts.tip("name", _("looked for"), "text"), parts.tip("said", _("measured"), "text")]
    track = base.mark_bar(height=12, color=theme.either(theme.GRID), aria=False).encode(
        y=y, x=alt.X("zero:Q").scale(domain=[0, 1.25]), x2="end:Q", tooltip=tips
    )
    track = track.transform_calculate(zero="0", end="1.25")
    bars = base.mark_bar(height=12).encode(y=y, x=x, color=colour, tooltip=tips)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x=x, color=colour, tooltip=tips)
    rule = (
        base.transform_aggregate(found="count()")
        .transform_calculate(at="1")
        .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=theme.either(theme.MUTED), aria=False)
        .encode(x="at:Q", tooltip=alt.value(None))
    )
    return theme.finish(
        alt.layer(track, bars, dots, rule).properties(
            title=parts.heading(
                _("What was looked for"), _("A bar that reaches the dashed line is a finding")
            ),
            height=max(60, 19 * count),
        )
    )


@cached
def evidence(
    over: str, title: str, value: str, log: bool, limited: bool, marked: bool, named: bool
) -> alt.LayerChart:
    """The numbers behind a finding: a line over steps, else bars, or points on a logarithmic axis.

    Dataset: ``evidence`` (`frames.diagnosis.evidence`). `limited`: there is a line at the limit; `marked`:
    some of the places are what it is about; `named`: their names stand under the axis.
    """
    base = alt.Chart(alt.NamedData("evidence"))
    what = _(AXES[over])
    if named:
        x: alt.X = alt.X("label:N", title=what, sort=None, axis=alt.Axis(labelLimit=120))
    else:
        x = alt.X(
            "place:Q",
            title=what,
            scale=alt.Scale(nice=False, padding=8),
            axis=alt.Axis(format="d", tickMinStep=1, grid=False),
        )
    scale = alt.Scale(type="log", nice=True) if log else alt.Scale(zero=over != "step")
    y = alt.Y("shown:Q", title=value, scale=scale)
    y = (
        y.axis(grid=True, labelExpr=WRITTEN, values=DECADES, labelOverlap="greedy")
        if log
        else y.axis(grid=True, tickCount=5)
    )
    colour: alt.Color | alt.ColorValue = alt.value(theme.ACCENT)
    if marked:
        colour = alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=list(MARKS), range=[theme.POSITIVE, theme.ACCENT]),
            legend=alt.Legend(orient="top", direction="horizontal", **spoken.labels(MARKS)),
        )
    tips = [parts.tip("label", what, "text"), alt.Tooltip("value:Q", title=value, format=".4~g")]
    layers: list[alt.Chart] = []
    if over == "step":
        layers.append(base.mark_line(strokeWidth=2, color=theme.ACCENT).encode(x=x, y=y))
        layers.append(
            base.mark_point(filled=True, size=24, opacity=1).encode(x=x, y=y, color=colour, tooltip=tips)
        )
    elif log:
        layers.append(
            base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=colour, tooltip=tips)
        )
    else:
        layers.append(
            base.mark_bar(**({} if named else {"size": 5})).encode(x=x, y=y, color=colour, tooltip=tips)
        )
    if limited:
        layers.append(
            base.mark_rule(
                strokeDash=[4, 3], strokeWidth=1.5, color=theme.either(theme.MUTED), aria=False
            ).encode(y=alt.Y("max(limit):Q"), tooltip=alt.value(None))
        )
    return theme.finish(alt.layer(*layers).properties(title=parts.heading(title), height=150))
