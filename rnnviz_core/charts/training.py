"""Templates of the training page: curves over epochs and updates, and figures along the moments of a run."""

from functools import cache, lru_cache
from typing import Any

import altair as alt

from . import building_blocks as parts
from . import theme
from .gradients import DECADES, WRITTEN

MOMENTS = "updates, then epochs"
NO_TIP = alt.value(None)


def _run_colour(count: int) -> alt.Color:
    """The colour of each run, by its place; what it is called stands in the rows."""
    shown = alt.Legend(orient="top", direction="horizontal", columns=2, labelLimit=260, symbolType="stroke")
    return alt.Color(
        "run:N",
        title=None,
        sort=alt.EncodingSortField("order", op="min"),
        scale=alt.Scale(range=list(theme.LINE_COLOURS[:count])),
        legend=shown if count > 1 else None,
    )


def _epochs(title: str | None = "epoch", *, labels: bool = True) -> alt.X:
    scale = alt.Scale(nice=False, padding=6)
    return alt.X("epoch:Q", title=title, scale=scale).axis(format="d", tickMinStep=1, labels=labels)


@cache
def losses(count: int) -> alt.LayerChart:
    """Training and validation loss of every run over its epochs, the lowest validation loss marked.

    Datasets: ``losses`` (`frames.training.losses`), ``bests`` (`frames.training.bests`).
    """
    kinds = ["training", "validation"]
    base = alt.Chart(alt.NamedData("losses"))
    y = alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)).axis(grid=True, tickCount=6)
    dash = alt.StrokeDash(
        "kind:N",
        title=None,
        sort=kinds,
        scale=alt.Scale(domain=kinds, range=[[2, 3], [1, 0]]),
        legend=alt.Legend(orient="top", direction="vertical", columns=1, symbolType="stroke", symbolSize=300),
    )
    colour = _run_colour(count)
    tips = [
        parts.tip("run", "run", "text"),
        parts.tip("kind", "loss", "text"),
        alt.Tooltip("epoch:Q", title="epoch", format="d"),
        parts.tip("value", "value"),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(
        x=_epochs(), y=y, color=colour, strokeDash=dash, tooltip=NO_TIP
    )
    dots = base.mark_point(filled=True, size=30, opacity=1).encode(
        x=_epochs(), y=y, color=colour, tooltip=tips
    )
    best = alt.Chart(alt.NamedData("bests")).encode(x=_epochs(), y=y, color=colour)
    marks = best.mark_point(shape="diamond", size=150, filled=True, opacity=1, stroke=theme.OUTLINE).encode(
        tooltip=[parts.tip("run", "run", "text"), parts.tip("words", "validation loss", "text")]
    )
    words = parts.words_on_top(
        best.mark_text(dy=16, fontSize=theme.LABEL, baseline="top", aria=False),
        text="words:N",
        tooltip=NO_TIP,
    )
    layers: list[Any] = [lines, dots, marks, *(words if count <= 2 else [])]
    return theme.finish(
        alt.layer(*layers).properties(
            title=parts.heading(
                "Loss", "Dotted: training, solid: validation", "Diamond: the lowest validation loss"
            ),
            height=300,
        )
    )


@cache
def updates(count: int) -> alt.VConcatChart:
    """Rate, and the gradient's length before and after clipping, over the run.

    Datasets: ``updates`` (`frames.training.updates`), ``limits`` (`frames.training.clip_limits`).
    """
    base = alt.Chart(alt.NamedData("updates"))
    colour = _run_colour(count)
    tips = [
        parts.tip("run", "run", "text"),
        alt.Tooltip("step:Q", title="update", format=",d"),
        alt.Tooltip("rate:Q", title="rate", format=".2~e"),
        parts.tip("loss", "loss of the batch"),
        alt.Tooltip("norm:Q", title="length before clipping", format=".3~g"),
        alt.Tooltip("clipped:Q", title="after it", format=".3~g"),
    ]
    log = alt.Scale(type="log", nice=True)
    decades: dict[str, Any] = {
        "grid": True,
        "labelExpr": WRITTEN,
        "values": [one for power in DECADES for one in (power, 3 * power)],
        "labelOverlap": "greedy",
    }
    x = _epochs(None, labels=False)
    rate = (
        base.mark_line(strokeWidth=2)
        .encode(x=x, y=alt.Y("rate:Q", title="rate", scale=log).axis(**decades), color=colour, tooltip=tips)
        .properties(
            title=parts.heading("Learning rate", "A grid line up is about three times more"), height=110
        )
    )
    y = alt.Y("norm:Q", title="length", scale=log).axis(**decades)
    faint = base.mark_line(strokeWidth=1, opacity=0.45).encode(x=_epochs(), y=y, color=colour, tooltip=tips)
    after = base.mark_line(strokeWidth=1.6).encode(
        x=_epochs(), y=alt.Y("clipped:Q", title="length", scale=log), color=colour, tooltip=NO_TIP
    )
    limits = (
        alt.Chart(alt.NamedData("limits"))
        .mark_rule(strokeDash=[5, 4], aria=False, tooltip=None)
        .encode(y=alt.Y("limit:Q", title="length", scale=log))
    )
    words = "Pale: before clipping, full: after it", "Dashed: what it is clipped to"
    norm = alt.layer(faint, after, limits).properties(
        title=parts.heading("Length of the gradient", *words), height=200
    )
    return theme.finish(alt.vconcat(rate, norm, spacing=18).resolve_scale(color="shared"))


def _moments_x() -> alt.X:
    return parts.tokens_x(MOMENTS)


@cache
def saturation(gates: tuple[str, ...]) -> alt.LayerChart:
    """The share of each gate's values that are as good as shut, or open, at every moment.

    Dataset: ``saturation`` (`frames.training.saturation`).
    """
    ends = ["low end", "high end"]
    base = alt.Chart(alt.NamedData("saturation"))
    colours = [{**theme.GATE_COLOURS, **theme.STATE_COLOURS}[gate] for gate in gates]
    legend = alt.Legend(orient="top", direction="horizontal", symbolType="stroke", columns=4)
    colour = alt.Color(
        "gate:N",
        title=None,
        sort=list(gates),
        scale=alt.Scale(domain=list(gates), range=colours),
        legend=legend,
    )
    dash = alt.StrokeDash(
        "end:N",
        title=None,
        sort=ends,
        scale=alt.Scale(domain=ends, range=[[3, 3], [1, 0]]),
        legend=alt.Legend(orient="top", direction="vertical", columns=1, symbolType="stroke", symbolSize=300),
    )
    y = alt.Y("share:Q", title="share of values", scale=alt.Scale(domainMin=0)).axis(
        grid=True, format=".0%", tickCount=5
    )
    tips = [
        parts.tip("token", "moment", "text"),
        parts.tip("gate", "gate", "text"),
        parts.tip("end", "values", "text"),
        parts.tip("share", "share", "share"),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(
        x=_moments_x(), y=y, color=colour, strokeDash=dash, tooltip=NO_TIP
    )
    dots = base.mark_point(filled=True, size=26, opacity=1).encode(
        x=_moments_x(), y=y, color=colour, tooltip=tips
    )
    heading = parts.heading(
        "Saturated gates", "Share of values below 0.1 and above 0.9", "Of a state without gates: beyond ±0.9"
    )
    layers = [lines, dots, *parts.reach(base, "y", "top")]
    return theme.finish(alt.layer(*layers).properties(title=heading, height=190))


@cache
def horizons(count: int) -> alt.LayerChart:
    """The memory horizon of every run at every moment.

    Dataset: ``horizons`` (`frames.training.horizons`).
    """
    base = alt.Chart(alt.NamedData("horizons"))
    colour = _run_colour(count)
    x, y = _moments_x(), alt.Y("steps:Q", title="steps").axis(grid=True, tickCount=5)
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, tooltip=NO_TIP)
    dots = base.mark_point(filled=True, size=30, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[
            parts.tip("run", "run", "text"),
            parts.tip("token", "moment", "text"),
            alt.Tooltip("steps:Q", title="steps", format=".2f"),
        ],
    )
    heading = parts.heading("Memory horizon", "Steps until 1/e is left, at the mean kept share")
    return theme.finish(alt.layer(lines, dots).properties(title=heading, height=170))


@cache
def reach(moments: int, low: int, high: int) -> alt.Chart:
    """Length of the gradient by every step's state, a row per moment; colour by powers of ten.

    Dataset: ``reach`` (`frames.training.reach`).
    """
    return theme.finish(
        alt.Chart(alt.NamedData("reach"))
        .mark_rect()
        .encode(
            x=parts.tokens_x("tokens, in reading order"),
            y=parts.tokens_y(MOMENTS, field="row_tick", sort="row"),
            color=alt.Color(
                "shade:Q",
                scale=theme.between(low, high),
                title="length",
                legend=alt.Legend(
                    orient="top",
                    direction="horizontal",
                    titleOrient="left",
                    gradientLength=180,
                    gradientThickness=10,
                    values=[low, (low + high) / 2, high],
                    labelExpr="format(pow(10, datum.value), abs(datum.value) < 4 ? ',.1~r' : '.0e')",
                ),
            ),
            tooltip=[
                parts.tip("row_token", "moment", "text"),
                parts.tip("token", "state after", "text"),
                alt.Tooltip("value:Q", title="length", format=".3~g"),
            ],
        )
        .properties(
            title=parts.heading("How far the gradient reaches", "A row per moment of the training"),
            height=max(120, 17 * moments),
        )
    )


@lru_cache(maxsize=32)  # the classes may be those of a file that somebody brought along
def verdicts(classes: tuple[str, ...], ordered: bool) -> alt.LayerChart:
    """The probability of every class at every snapshot; a click chooses one.

    Datasets: ``verdicts`` (`frames.film.verdicts`), ``chosen`` (`frames.tokens.one_step`). Selection:
    ``cell``, with ``position``.
    """
    base = alt.Chart(alt.NamedData("verdicts"))
    _, dashes = theme.class_looks(classes)
    legend = alt.Legend(orient="top", direction="horizontal", symbolType="stroke", columns=3)
    colour = alt.Color(
        "class:N", title=None, sort=list(classes), scale=theme.class_scale(classes, ordered), legend=legend
    )
    dash = alt.StrokeDash(
        "class:N", sort=list(classes), scale=alt.Scale(domain=list(classes), range=dashes), legend=None
    )
    y = alt.Y("probability:Q", title="probability", scale=alt.Scale(domain=[0, 1])).axis(
        grid=True, format=".0%", tickCount=5
    )
    x = _moments_x()
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=NO_TIP)
    dots = base.mark_point(filled=True, size=30, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[
            parts.tip("token", "moment", "text"),
            parts.tip("class", "class", "text"),
            parts.tip("probability", "probability", "share"),
        ],
    )
    columns = parts.whole_columns(base, "position").encode(
        x=x, tooltip=[parts.tip("token", "moment", "text")]
    )
    return theme.finish(
        alt.layer(columns, parts.chosen_band(x), lines, dots).properties(
            title=parts.heading("Its verdict on this text", "At every snapshot; click one"), height=120
        )
    )
