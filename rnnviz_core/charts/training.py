"""Templates of the training page: curves over epochs and updates, and figures along the moments of a run."""

from functools import lru_cache
from typing import Any

import altair as alt

from rnnviz_core.languages import N_, _, cached, language, pgettext

from . import building_blocks as parts
from . import spoken, theme, watched
from .gradients import DECADES, WRITTEN

MOMENTS = N_("updates, then epochs")
NO_TIP = alt.value(None)
LONG_STROKE = 300  # px² of a legend's symbol: room for a dash, and one height for legends side by side
_KINDS: dict[str, Any] = {  # the legend of two kinds of lines, on a phone one below the other
    "orient": "top",
    "direction": "horizontal",
    "columns": alt.ExprRef("width < 480 ? 1 : 2"),
    "symbolType": "stroke",
    "symbolSize": LONG_STROKE,
}


_FULL: dict[str, Any] = {"symbolType": "stroke", "symbolSize": LONG_STROKE, "symbolOpacity": 1}


def _run_colour(count: int, columns: Any = 2) -> alt.Color:
    """The colour of each run, by its place; what it is called stands in the rows."""
    shown = alt.Legend(orient="top", direction="horizontal", columns=columns, labelLimit=260, **_FULL)
    return alt.Color(
        "run:N",
        title=None,
        sort=alt.EncodingSortField("order", op="min"),
        scale=alt.Scale(range=list(theme.LINE_COLOURS[:count])),
        legend=shown if count > 1 else None,
    )


def _epochs(*, labels: bool = True, field: str = "epoch") -> alt.X:
    scale = alt.Scale(nice=False, padding=6)
    title = _("epoch") if field == "epoch" else _("updates done")
    return alt.X(f"{field}:Q", title=title if labels else None, scale=scale).axis(
        format=",d", tickMinStep=1, labels=labels
    )


@cached
def losses(count: int) -> alt.LayerChart:
    """Training and validation loss of every run over its epochs, the lowest validation loss marked.

    Datasets: ``losses`` (`frames.training.losses`), ``bests`` (`frames.training.bests`).
    """
    kinds = [N_("training"), N_("validation")]
    base = alt.Chart(alt.NamedData("losses"))
    y = alt.Y("value:Q", title=_("loss"), scale=alt.Scale(zero=False)).axis(grid=True, tickCount=6)
    dash = alt.StrokeDash(
        "kind:N",
        title=None,
        sort=kinds,
        scale=alt.Scale(domain=kinds, range=[[2, 3], [1, 0]]),
        legend=alt.Legend(**_KINDS, **spoken.labels(kinds)),
    )
    colour = _run_colour(count, _KINDS["columns"])
    tips = [
        parts.tip("run", _("run"), "text"),
        spoken.tip("kind", _("loss"), kinds),
        alt.Tooltip("epoch:Q", title=_("epoch"), format="d"),
        parts.tip("value", _("value")),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(
        x=_epochs(), y=y, color=colour, strokeDash=dash, tooltip=NO_TIP
    )
    spelled = base.transform_calculate(**spoken.column("kind", kinds))
    dots = spelled.mark_point(filled=True, size=30, opacity=1).encode(
        x=_epochs(), y=y, color=colour, tooltip=tips
    )
    best = alt.Chart(alt.NamedData("bests")).encode(x=_epochs(), y=y, color=colour)
    marks = best.mark_point(shape="diamond", size=150, filled=True, opacity=1, stroke=theme.OUTLINE).encode(
        tooltip=[parts.tip("run", _("run"), "text"), parts.tip("words", _("validation loss"), "text")]
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
                _("Loss"), _("Dotted: training, solid: validation"), _("Diamond: the lowest validation loss")
            ),
            height=300,
        )
    )


@cached
def told_losses(count: int) -> alt.LayerChart:
    """The loss that a loop told `rnnviz_core.watch`, over the updates of every run.

    Datasets: ``updates`` (`frames.training.updates`).
    """
    base = alt.Chart(alt.NamedData("updates")).encode(
        x=_epochs(field="step"),
        y=alt.Y("loss:Q", title=_("loss"), scale=alt.Scale(zero=False)).axis(grid=True, tickCount=6),
        color=_run_colour(count, _KINDS["columns"]),
    )
    tips = [
        parts.tip("run", _("run"), "text"),
        alt.Tooltip("step:Q", title=pgettext("of the weights", "update"), format=",d"),
        parts.tip("loss", _("loss")),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(tooltip=NO_TIP)
    dots = base.mark_point(filled=True, size=30, opacity=1).encode(tooltip=tips)
    title = parts.heading(_("Loss"), _("A mean over the updates since the point before"))
    return theme.finish(alt.layer(lines, dots).properties(title=title, height=300))


@cached
def updates(count: int, field: str = "epoch") -> alt.VConcatChart:
    """Rate, and the gradient's length before and after clipping, over the run: by ``epoch`` or by ``step``.

    Datasets: ``updates`` (`frames.training.updates`), ``limits`` (`frames.training.clip_limits`).
    """
    base = alt.Chart(alt.NamedData("updates"))
    colour = _run_colour(count)
    tips = [
        parts.tip("run", _("run"), "text"),
        alt.Tooltip("step:Q", title=pgettext("of the weights", "update"), format=",d"),
        alt.Tooltip("rate:Q", title=_("rate"), format=".2~e"),
        parts.tip("loss", _("loss of the batch")),
        alt.Tooltip("norm:Q", title=_("length before clipping"), format=".3~g"),
        alt.Tooltip("clipped:Q", title=_("after it"), format=".3~g"),
    ]
    log = alt.Scale(type="log", nice=True)
    decades: dict[str, Any] = {
        "grid": True,
        "labelExpr": WRITTEN,
        "values": [one for power in DECADES for one in (power, 3 * power)],
        "labelOverlap": "greedy",
        "minExtent": parts.SIDE,
    }
    x = _epochs(labels=False, field=field)
    rate = (
        base.mark_line(strokeWidth=2)
        .encode(
            x=x, y=alt.Y("rate:Q", title=_("rate"), scale=log).axis(**decades), color=colour, tooltip=tips
        )
        .properties(
            title=parts.heading(_("Learning rate"), _("A grid line up is about three times more")), height=110
        )
    )
    y = alt.Y("norm:Q", title=_("length"), scale=log).axis(**decades)
    faint = base.mark_line(strokeWidth=1, opacity=0.45).encode(
        x=_epochs(field=field), y=y, color=colour, tooltip=tips
    )
    cut = alt.Y("clipped:Q", title=_("length"), scale=log)
    after = base.mark_line(strokeWidth=1.6).encode(
        x=_epochs(field=field), y=cut, color=colour, tooltip=NO_TIP
    )
    limits = (
        alt.Chart(alt.NamedData("limits"))
        .mark_rule(strokeDash=[5, 4], aria=False, tooltip=None)
        .encode(y=alt.Y("limit:Q", title=_("length"), scale=log))
    )
    words = _("Pale: before clipping, full: after it"), _("Dashed: what it is clipped to")
    norm = alt.layer(faint, after, limits).properties(
        title=parts.heading(_("Length of the gradient"), *words), height=200
    )
    return theme.finish(alt.vconcat(rate, norm, spacing=18).resolve_scale(color="shared"))


def _moments_x() -> alt.X:
    return parts.tokens_x(MOMENTS)


@cached
def saturation(gates: tuple[str, ...]) -> alt.LayerChart:
    """The share of each gate's values that are as good as shut, or open, at every moment.

    Dataset: ``saturation`` (`frames.training.saturation`).
    """
    ends = [N_("low end"), N_("high end")]
    base = alt.Chart(alt.NamedData("saturation"))
    colours = [{**theme.GATE_COLOURS, **theme.STATE_COLOURS}[gate] for gate in gates]
    named = spoken.labels(gates)
    legend = alt.Legend(orient="top", direction="horizontal", columns=4, **_FULL, **named)
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
        legend=alt.Legend(**_KINDS, **spoken.labels(ends)),
    )
    y = alt.Y("share:Q", title=_("share of values"), scale=alt.Scale(domainMin=0)).axis(
        grid=True, format=".0%", tickCount=5
    )
    tips = [
        parts.tip("token", _("moment"), "text"),
        spoken.tip("gate", _("gate"), gates),
        spoken.tip("end", _("values"), ends),
        parts.tip("share", _("share"), "share"),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(
        x=_moments_x(), y=y, color=colour, strokeDash=dash, tooltip=NO_TIP
    )
    told = spoken.column("gate", gates) | spoken.column("end", ends)
    dots = base.transform_calculate(**told).mark_point(filled=True, size=26, opacity=1)
    dots = dots.encode(x=_moments_x(), y=y, color=colour, tooltip=tips)
    heading = parts.heading(
        _("Saturated gates"),
        _("Share of values below 0.1 and above 0.9"),
        _("Of a state without gates: beyond ±0.9"),
    )
    layers = [lines, dots, *parts.reach(base, "y", "top")]
    return theme.finish(alt.layer(*layers).properties(title=heading, height=190))


@cached
def horizons(count: int) -> alt.LayerChart:
    """The memory horizon of every run at every moment.

    Dataset: ``horizons`` (`frames.training.horizons`).
    """
    base = alt.Chart(alt.NamedData("horizons"))
    colour = _run_colour(count)
    x, y = _moments_x(), alt.Y("steps:Q", title=_("steps")).axis(grid=True, tickCount=5)
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, tooltip=NO_TIP)
    dots = base.mark_point(filled=True, size=30, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[
            parts.tip("run", _("run"), "text"),
            parts.tip("token", _("moment"), "text"),
            alt.Tooltip("steps:Q", title=_("steps"), format=".2f"),
        ],
    )
    heading = parts.heading(_("Memory horizon"), _("Steps until 1/e is left, at the mean kept share"))
    return theme.finish(alt.layer(lines, dots).properties(title=heading, height=170))


@cached
def reach(moments: int, low: int, high: int) -> alt.Chart:
    """Length of the gradient by every step's state, a row per moment; colour by powers of ten.

    Dataset: ``reach`` (`frames.training.reach`).
    """
    return theme.finish(
        alt.Chart(alt.NamedData("reach"))
        .mark_rect()
        .encode(
            x=parts.tokens_x(),
            y=parts.tokens_y(_(MOMENTS), field="row_tick", sort="row"),
            color=watched.length_colour(low, high),
            tooltip=[
                parts.tip("row_token", _("moment"), "text"),
                parts.tip("token", _("state after"), "text"),
                alt.Tooltip("value:Q", title=_("length"), format=".3~g"),
            ],
        )
        .properties(
            title=parts.heading(_("How far the gradient reaches"), _("A row per moment of the training")),
            height=max(120, 17 * moments),
        )
    )


def verdicts(classes: tuple[str, ...], ordered: bool) -> alt.LayerChart:
    """The probability of every class at every snapshot; a click chooses one.

    Datasets: ``verdicts`` (`frames.film.verdicts`), ``chosen`` (`frames.tokens.one_step`). Selection:
    ``cell``, with ``position``.
    """
    return _verdicts(classes, ordered, language())


@lru_cache(maxsize=32)  # the classes may be those of a file that somebody brought along
def _verdicts(classes: tuple[str, ...], ordered: bool, _code: str) -> alt.LayerChart:
    said = spoken.classes(classes)
    base = alt.Chart(alt.NamedData("verdicts"))
    _shapes, dashes = theme.class_looks(classes)
    named = spoken.labels(said)
    legend = alt.Legend(orient="top", direction="horizontal", symbolType="stroke", columns=3, **named)
    colour = alt.Color(
        "class:N", title=None, sort=list(classes), scale=theme.class_scale(classes, ordered), legend=legend
    )
    dash = alt.StrokeDash(
        "class:N", sort=list(classes), scale=alt.Scale(domain=list(classes), range=dashes), legend=None
    )
    y = alt.Y("probability:Q", title=_("probability"), scale=alt.Scale(domain=[0, 1])).axis(
        grid=True, format=".0%", tickCount=5
    )
    x = _moments_x()
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=NO_TIP)
    spelled = base.transform_calculate(**spoken.column("class", said))
    dots = spelled.mark_point(filled=True, size=30, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[
            parts.tip("token", _("moment"), "text"),
            spoken.tip("class", _("class"), said),
            parts.tip("probability", _("probability"), "share"),
        ],
    )
    columns = parts.whole_columns(base, "position").encode(
        x=x, tooltip=[parts.tip("token", _("moment"), "text")]
    )
    return theme.finish(
        alt.layer(columns, parts.chosen_band(x), lines, dots).properties(
            title=parts.heading(_("Its verdict on this text"), _("At every snapshot; click one")), height=120
        )
    )
