"""Templates of a study: parallel coordinates, the course of the search, and what mattered."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import spoken, theme

HEIGHT = 300
_STATES = [N_("to the end"), N_("ended early")]
_NARROW = "width < 560"  # px: names of axes lean, their ends are left to the tooltips


@cached
def parallel(axes: tuple[str, ...], metric: str, low: float, high: float) -> alt.LayerChart:
    """A line per trial through its settings, the figure at the right; a click picks a trial out.

    Datasets: ``lines``, ``marks`` (`frames.study`). The colour is the figure, from `low` to `high`.
    """
    picked = alt.selection_point(name="trial", fields=["trial"], on="click", clear="dblclick")
    x = alt.X("axis:N", title=None, sort=list(axes), scale=alt.Scale(type="point", padding=0.4)).axis(
        labelAngle=alt.ExprRef(f"{_NARROW} ? -55 : 0"),
        labelAlign=alt.ExprRef(f"{_NARROW} ? 'left' : 'center'"),
        orient="top",
        labelPadding=14,
        labelLimit=110,
        labelOverlap=False,
    )
    y = alt.Y("place:Q", title=None, scale=alt.Scale(domain=[0, 1])).axis(None)
    base = alt.Chart(alt.NamedData("lines")).encode(
        x=x,
        y=y,
        detail="trial:N",
        color=alt.Color(
            "figure:Q",
            scale=theme.between(low, high),
            title=metric,
            legend=alt.Legend(
                orient="bottom",
                direction="horizontal",
                titleOrient="left",
                gradientLength=180,
                gradientThickness=10,
                format=".3~g",
                tickCount=3,
            ),
        ),
    )
    tips = [
        alt.Tooltip("trial:Q", title=_("trial")),
        parts.tip("axis", _("setting"), "text"),
        parts.tip("shown", _("value"), "text"),
        alt.Tooltip("figure:Q", title=metric, format=".4~g"),
        spoken.tip("state", _("run"), _STATES),
    ]
    rules = (
        alt.Chart(alt.NamedData("marks"))
        .mark_line(strokeWidth=1, color=theme.OUTLINE)
        .encode(x=x, y=y, detail="axis:N")
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "state:N",
            title=None,
            sort=_STATES,
            scale=alt.Scale(domain=_STATES, range=[[1, 0], [3, 3]]),
            legend=None,
        ),
        opacity=alt.condition(picked, alt.value(0.85), alt.value(0.08)),
    )
    dots = (
        base.mark_point(filled=True, size=34, cursor="pointer")
        .transform_calculate(**spoken.column("state", _STATES))
        .encode(tooltip=tips, opacity=alt.condition(picked, alt.value(1), alt.value(0.08)))
        .add_params(picked)
    )
    words = (
        alt.Chart(alt.NamedData("marks"))
        .mark_text(align="left", dx=7, opacity=alt.ExprRef(f"{_NARROW} ? 0 : 1"))
        .encode(x=x, y=y, text="text:N")
    )
    return theme.finish(
        alt.layer(rules, lines, dots, words).properties(
            title=parts.heading(
                _("Every trial"),
                _("A line is a trial, dashed where it was ended early"),
                _("The settings that mattered most stand next to the figure"),
            ),
            height=HEIGHT,
        )
    )


@cached
def course(metric: str) -> alt.LayerChart:
    """The figure of every trial, and the best up to it. Dataset: ``course`` (`frames.study.course`)."""
    base = alt.Chart(alt.NamedData("course")).transform_calculate(**spoken.column("state", _STATES))
    base = base.encode(
        x=alt.X("trial:Q", title=_("trial, in the order of the search")).axis(format="d", tickMinStep=1)
    )
    y = alt.Y("figure:Q", title=metric, scale=alt.Scale(zero=False, nice=True)).axis(grid=True, tickCount=5)
    line = base.mark_line(strokeWidth=2, interpolate="step-after", color=theme.LINE_COLOURS[1]).encode(
        y=alt.Y("best:Q")
    )
    dots = base.mark_point(filled=True, size=40, opacity=0.9).encode(
        y=y,
        color=alt.Color(
            "state:N",
            title=None,
            sort=_STATES,
            scale=alt.Scale(domain=_STATES, range=[theme.LINE_COLOURS[0], theme.OUTLINE]),
            legend=alt.Legend(orient="top", direction="horizontal", **spoken.labels(_STATES)),
        ),
        shape=alt.Shape("state:N", sort=_STATES, scale=alt.Scale(domain=_STATES, range=["circle", "cross"])),
        tooltip=[
            alt.Tooltip("trial:Q", title=_("trial")),
            alt.Tooltip("figure:Q", title=metric, format=".4~g"),
            spoken.tip("state", _("run"), _STATES),
        ],
    )
    return theme.finish(
        alt.layer(line, dots).properties(
            title=parts.heading(_("Trial by trial"), _("The line is the best so far")), height=220
        )
    )


@cached
def importances(settings: tuple[str, ...]) -> alt.LayerChart:
    """A bar per setting, the most important on top. Dataset: ``importances``."""
    base = alt.Chart(alt.NamedData("importances")).encode(
        y=alt.Y("setting:N", title=None, sort=list(settings)).axis(labelLimit=120),
        x=alt.X("share:Q", title=_("share of the variance"), scale=alt.Scale(zero=True)).axis(
            format="%", grid=True, tickCount=4
        ),
        tooltip=[parts.tip("setting", _("setting"), "text"), parts.tip("share", _("share"), "share")],
    )
    return theme.finish(
        alt.layer(
            base.mark_bar(color=theme.ACCENT),
            base.mark_text(align="left", dx=4).encode(text=alt.Text("share:Q", format=".0%")),
        ).properties(
            title=parts.heading(_("What mattered"), _("Importance of each setting, by functional ANOVA")),
            height=max(120, 24 * len(settings)),
        )
    )
