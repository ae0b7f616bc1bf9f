"""Templates of a class's votes: a bar per answer, a histogram along a scale, curves, the share that is right.

The rows are those of `classroom.tally.count`. The second vote stands beside the first.
"""

import altair as alt

from rnnviz_core.languages import N_, _, cached, pgettext

from . import building_blocks, spoken, theme

ROUNDS = (N_("first vote"), N_("second vote"))  # as classroom.tally names them
COLOURS = (theme.OUTLINE, theme.ACCENT)
RIGHT = "#009E73"
LOW, HIGH = 0.35, 0.70  # as classroom.tally draws the line
_SHARE = alt.Axis(format=".0%", grid=True, tickCount=5)


def _colour(rounds: int) -> alt.Color:
    kinds, colours = list(ROUNDS), list(COLOURS)
    looks = {"direction": "horizontal", "titleOrient": "left", **spoken.labels(ROUNDS)}
    legend = alt.Legend(orient="top", **looks) if rounds > 1 else None
    return alt.Color(
        "round:N", title="", sort=kinds, scale=alt.Scale(domain=kinds, range=colours), legend=legend
    )


def _title(told: bool) -> alt.Title:
    words = _("Share of the votes; framed: right") if told else _("Share of the votes")
    return building_blocks.heading(_("What the class answers"), words)


def _tips() -> list[alt.Tooltip]:
    return [
        spoken.tip("round", _("round"), ROUNDS),
        building_blocks.tip("votes", _("votes")),
        building_blocks.tip("share", _("of the votes"), "share"),
    ]


@cached
def bars(rounds: int, told: bool, tall: bool = False) -> alt.LayerChart:
    """A bar per answer and round. Dataset: ``votes``.

    Parameters
    ----------
    rounds
        How many rounds are shown, 1 or 2.
    told
        Whether what is right is framed.
    tall
        Answers down the side, for long words; otherwise along the bottom.
    """
    order = alt.EncodingSortField("position", op="min", order="ascending")
    share = {"title": _("share of the votes"), "scale": alt.Scale(domain=[0, 1], nice=False), "axis": _SHARE}
    if tall:
        names = alt.Axis(labelLimit=280, labelExpr="split(datum.value, '\\n')")
        place = {
            "y": alt.Y("answer:N", title="", sort=order, axis=names),
            "yOffset": alt.YOffset("round:N", sort=list(ROUNDS)),
            "x": alt.X("share:Q", **share),
        }
    else:
        place = {
            "x": alt.X("tick:O", title="", sort=order, axis=alt.Axis(**building_blocks.label())),
            "xOffset": alt.XOffset("round:N", sort=list(ROUNDS)),
            "y": alt.Y("share:Q", **share),
        }
    if rounds == 1:
        place.pop("yOffset", None), place.pop("xOffset", None)
    base = alt.Chart(alt.NamedData("votes")).transform_calculate(
        tick="pad(datum.position, 4, '0', 'left') + ' ' + datum.answer",
        count="datum.votes ? '' + datum.votes : ''",
        **spoken.column("round", ROUNDS),
    )
    tips = [building_blocks.tip("answer", _("answer"), "text"), *_tips()]
    drawn = base.mark_bar(cornerRadiusEnd=2).encode(**place, color=_colour(rounds), tooltip=tips)
    along = {"dx": 5, "align": "left"} if tall else {"dy": -8}
    numbers = base.mark_text(aria=False, tooltip=None, fontSize=theme.LABEL, **along).encode(
        **place, text="count:N"
    )
    layers: list[alt.Chart] = [drawn, numbers]
    if told:
        frame = base.transform_filter("datum.right").mark_bar(
            fillOpacity=0, stroke=RIGHT, strokeWidth=4, cornerRadiusEnd=2, tooltip=None, aria=False
        )
        layers.append(frame.encode(**place))
    size = {"height": alt.Step(48, **{"for": "position"})} if tall else {"height": 240}
    return theme.finish(alt.layer(*layers).properties(title=_title(told), **size))


@cached
def scale(low: float, high: float, unit: str, rounds: int, told: bool) -> alt.LayerChart:
    """A histogram along a scale from `low` to `high`. Datasets: ``votes``, ``truth``."""
    x = alt.Scale(domain=[low, high], nice=False)
    base = alt.Chart(alt.NamedData("votes"))
    half = "(datum.end - datum.start) / 2" if rounds > 1 else "0"
    second = f"datum.round == '{ROUNDS[1]}'"
    base = base.transform_calculate(
        left=f"datum.start + ({second} ? {half} : 0)",
        right=f"datum.end - ({second} ? 0 : {half})",
        **spoken.column("round", ROUNDS),
    )
    tips = [
        building_blocks.tip("start", pgettext("of a range", "from")),
        building_blocks.tip("end", pgettext("of a range", "to")),
        *_tips(),
    ]
    drawn = base.mark_rect(stroke="transparent", strokeWidth=1).encode(
        x=alt.X("left:Q", title=unit, scale=x),
        x2="right:Q",
        y=alt.Y("share:Q", title=_("share of the votes"), axis=_SHARE, scale=alt.Scale(domainMin=0)),
        color=_colour(rounds),
        tooltip=tips,
    )
    layers: list[alt.Chart] = [drawn]
    if told:
        truth = alt.Chart(alt.NamedData("truth"))
        band = truth.mark_rect(color=RIGHT, opacity=0.18).encode(
            x=alt.X("from:Q", scale=x), x2="to:Q", tooltip=alt.value(None)
        )
        line = truth.mark_rule(color=RIGHT, strokeWidth=3).encode(
            x=alt.X("at:Q", scale=x), tooltip=[building_blocks.tip("at", _("the network"))]
        )
        layers = [band, drawn, line]
    words = _("Share of the votes; green: right") if told else _("Share of the votes")
    title = building_blocks.heading(_("What the class answers"), words)
    return theme.finish(alt.layer(*layers).properties(title=title, height=240))


@cached
def curves(low: float, high: float, label: str, rounds: int, told: bool) -> alt.LayerChart:
    """The middle of the class over the tokens, and where half of it lies. Datasets: ``votes``, ``truth``."""
    x = building_blocks.tokens_x()
    scale_ = alt.Scale(domain=[low, high], nice=False)
    base = alt.Chart(alt.NamedData("votes")).transform_calculate(**spoken.column("round", ROUNDS))
    band = base.mark_area(opacity=0.22, interpolate="monotone").encode(
        x=x, y=alt.Y("low:Q", title=label, scale=scale_), y2="high:Q", color=_colour(rounds)
    )
    tips = [
        building_blocks.tip("token", _("token"), "text"),
        spoken.tip("round", _("round"), ROUNDS),
        building_blocks.tip("middle", _("middle of the class")),
        building_blocks.tip("low", _("a quarter is below")),
        building_blocks.tip("high", _("a quarter is above")),
    ]
    line = base.mark_line(point=True, strokeWidth=2).encode(
        x=x, y=alt.Y("middle:Q", title=label, scale=scale_), color=_colour(rounds), tooltip=tips
    )
    layers = [band, line]
    if told:
        truth = alt.Chart(alt.NamedData("truth"))
        layers.append(
            truth.mark_line(point=True, color=RIGHT, strokeWidth=3).encode(
                x=x,
                y=alt.Y("at:Q", title=label, scale=scale_),
                tooltip=[building_blocks.tip("at", _("the network"))],
            )
        )
    words = _("Shade: half of the class; green: the network") if told else _("Shade: half of the class")
    title = building_blocks.heading(_("What the class draws"), words)
    return theme.finish(alt.layer(*layers).properties(title=title, height=240))


@cached
def meter() -> alt.LayerChart:
    """The share that is right, by round, between the lines at 35 and 70 %. Dataset: ``right``.

    Its rows: ``round`` and ``share``.
    """
    base = alt.Chart(alt.NamedData("right")).transform_calculate(**spoken.column("round", ROUNDS))
    x = alt.X(
        "share:Q",
        title=pgettext("answered correctly", "right"),
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=_SHARE,
    )
    y = alt.Y("round:N", title="", sort=list(ROUNDS), **spoken.axis(ROUNDS))
    drawn = base.mark_bar(cornerRadiusEnd=2).encode(
        x=x,
        y=y,
        color=_colour(1),
        tooltip=[
            spoken.tip("round", _("round"), ROUNDS),
            building_blocks.tip("share", pgettext("answered correctly", "right"), "share"),
        ],
    )
    lines = [
        base.mark_rule(strokeWidth=2, strokeDash=[5, 3], color=theme.either(theme.TEXT), tooltip=None)
        .encode(x=alt.X("min(mark):Q", scale=alt.Scale(domain=[0, 1], nice=False)))
        .transform_calculate(mark=f"{at}")
        for at in (LOW, HIGH)
    ]
    title = building_blocks.heading(
        _("How many are right"), _("Lines at 35 and 70 %: hint, discuss, explain")
    )
    return theme.finish(alt.layer(drawn, *lines).properties(title=title, height=alt.Step(26)))
