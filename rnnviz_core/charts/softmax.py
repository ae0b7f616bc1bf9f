"""Templates of the softmax page. The temperature is a Vega param: nothing is asked of the server."""

from functools import cache
from typing import Any

import altair as alt

from . import building_blocks, theme

FORMULA = "exp(logit / temperature), shared out to sum to 100 %"
VERDICTS = 260  # px of the lines of all classes
BAR = 30  # px of a horizontal bar and its gap


def _temperature() -> alt.Parameter:
    return alt.param(
        name="temperature", value=1, bind=alt.binding_range(min=0.1, max=5, step=0.1, name="Temperature ")
    )


def _softened(chart: alt.Chart) -> alt.Chart:
    """``share``: softmax of ``logit`` at the temperature, exactly, over all rows."""
    return (
        chart.transform_joinaggregate(largest="max(logit)")
        .transform_calculate(power="exp((datum.logit - datum.largest) / temperature)")
        .transform_joinaggregate(whole="sum(power)")
        .transform_calculate(share="datum.power / datum.whole")
    )


@cache
def probabilities(classes: tuple[str, ...], ordered: bool = True) -> alt.LayerChart:
    """Sentiment: a bar per class, with its logit. Dataset: ``classes`` (`frames.softmax.classes`)."""
    base = _softened(alt.Chart(alt.NamedData("classes"))).transform_calculate(
        label="datum.number + ' ' + datum['class'] + '  ' + format(datum.logit, '+.2f')",
        words="format(datum.share, '.1%')",
    )
    y = alt.Y("label:N", title=None, sort=alt.EncodingSortField("number", op="min")).axis(
        labelExpr="slice(datum.value, indexof(datum.value, ' ') + 1)", labelLimit=160
    )
    x = _share_x()
    tips = [
        building_blocks.tip("class", "class", "text"),
        building_blocks.tip("logit", "logit"),
        building_blocks.tip("share", "at this temperature", "share"),
        building_blocks.tip("probability", "at temperature 1", "share"),
    ]
    colour = alt.Color("class:N", scale=theme.class_scale(classes, ordered), legend=None)
    bars = base.mark_bar(cornerRadiusEnd=2, height=18).encode(x=x, y=y, color=colour, tooltip=tips)
    words = base.mark_text(align="left", dx=6, tooltip=None).encode(x=x, y=y, text="words:N")
    return theme.finish(
        alt.layer(bars, words)
        .add_params(_temperature())
        .properties(
            title=building_blocks.heading("Probabilities, and beside each class its logit", FORMULA),
            height=BAR * len(classes),
        )
    )


@cache
def terms(classes: tuple[str, ...], chosen: str, label: str = "Class ") -> alt.LayerChart:
    """The summands of the logit of one class, or one piece, largest first; a click chooses the unit.

    Dataset: ``terms``. Selection: ``cell``, with ``unit`` (-1 for the bias).
    """
    pick = alt.param(name="class_", value=chosen, bind=alt.binding_select(options=list(classes), name=label))
    base = alt.Chart(alt.NamedData("terms")).transform_filter("datum['class'] == class_")
    x = alt.X("rank:O", title="units and bias, sorted").axis(labels=False, titlePadding=building_blocks.UNDER)
    tips = [
        building_blocks.tip("name", "summand", "text"),
        building_blocks.tip("term", "weight × unit"),
        building_blocks.tip("running", "sum so far"),
    ]
    scale = alt.Scale(domain=["pushes up", "pushes down"], range=[theme.POSITIVE, theme.NEGATIVE])
    bars = base.mark_bar(cursor="pointer").encode(
        x=x,
        y=alt.Y("term:Q", title="added to the logit", scale=building_blocks.under_a_line()).axis(
            grid=True, tickCount=5
        ),
        color=alt.Color(
            "kind:N", scale=scale, title=None, legend=alt.Legend(orient="top", direction="horizontal")
        ),
        tooltip=tips,
    )
    total = (
        base.transform_filter("datum.rank == 0")
        .mark_text(align="right", baseline="top", fontWeight=600, fontSize=13, tooltip=None)
        .encode(x=alt.value("width"), y=alt.value(2), text="total:N")
    )
    numbers = building_blocks.unit_numbers(base, x)
    ends = [  # unseen: they stretch the axis to what the view beside this one needs
        base.transform_filter("datum.rank == 0")
        .mark_point(opacity=0, tooltip=None, aria=False)
        .encode(x=x, y=y)
        for y in ("high:Q", "low:Q")
    ]
    return theme.finish(
        alt.layer(bars.add_params(building_blocks.cell_click("unit")), total, *ends, numbers)
        .add_params(pick)
        .properties(
            title=building_blocks.heading("What the logit is made of", "Every unit adds weight × its value"),
            height=220,
        )
    )


@cache
def verdicts(classes: tuple[str, ...], ordered: bool = True) -> alt.LayerChart:
    """Sentiment: the probabilities after every token, with one token shaded; a click chooses it.

    Each line has a colour, a shape and dashes of its own, and its name at its end. Datasets: ``verdicts``,
    ``ends`` (`frames.softmax.ends`), ``chosen`` (`frames.tokens.one_step`). Selection: ``cell``, with
    ``position``.
    """
    click = alt.selection_point(
        name="cell", fields=["position"], on="click", nearest=True, clear=False, toggle="true"
    )
    y = alt.Y("probability:Q", title="probability", scale=alt.Scale(domain=[0, 1])).axis(
        format=".0%", grid=True, tickCount=5
    )
    shapes, dashes = theme.class_looks(classes)
    look: dict[str, Any] = {"sort": list(classes), "title": None}
    legend = alt.Legend(
        orient="top", direction="horizontal", columns=alt.ExprRef("width < 480 ? 3 : 5"), symbolDash=[1, 0]
    )
    base = alt.Chart(alt.NamedData("verdicts")).encode(
        x=building_blocks.tokens_x(),
        y=y,
        color=alt.Color("class:N", scale=theme.class_scale(classes, ordered), legend=legend, **look),
    )
    lines = base.mark_line(strokeWidth=2).encode(
        # No encoding, whose legend would draw the symbols with dashed edges.
        strokeDash=alt.value(alt.ExprRef(f"{dashes}[indexof(domain('color'), datum['class'])]")),
    )
    points = base.mark_point(filled=True, opacity=1, size=55, cursor="pointer").encode(
        shape=alt.Shape(
            "class:N", scale=alt.Scale(domain=list(classes), range=shapes), legend=legend, **look
        ),
        tooltip=[
            *building_blocks.step_tips(),
            building_blocks.tip("class", "class", "text"),
            building_blocks.tip("probability", "probability", "share"),
        ],
    )
    names = (
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="left", dx=9)
        .encode(
            x=building_blocks.tokens_x(),
            y=alt.Y("spot:Q", title="probability"),
            text="class:N",
            tooltip=alt.value(None),
        )
    )
    return theme.finish(
        alt.layer(
            building_blocks.chosen_band(building_blocks.tokens_x()), lines, points.add_params(click), names
        ).properties(
            title=building_blocks.heading(
                "The verdict after every token", "What it would say if the sentence ended there"
            ),
            height=VERDICTS,
        )
    )


@cache
def confidence() -> alt.LayerChart:
    """Translation: how sure every step was. Dataset: ``steps`` (`frames.softmax.steps`)."""
    tips = [
        *building_blocks.step_tips(),
        building_blocks.tip("probability", "its probability", "share"),
        building_blocks.tip("entropy", "entropy in bits"),
        alt.Tooltip("choices:Q", title="as unsure as between", format=".1f"),
    ]
    base = alt.Chart(alt.NamedData("steps")).encode(
        x=building_blocks.tokens_x("tokens output, in order"), tooltip=tips
    )
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y(
            "probability:Q", title="probability of the token output", scale=alt.Scale(domain=[0, 1])
        ).axis(format=".0%", grid=True, tickCount=5)
    )
    words = (
        base.transform_calculate(bits="format(datum.entropy, '.1f')")
        .mark_text(dy=-7)
        .encode(y="probability:Q", text="bits:N")
    )
    return theme.finish(
        alt.layer(bars, words, building_blocks.whole_columns(base, "position")).properties(
            title=building_blocks.heading(
                "How sure it was at every step", "Above each bar: the entropy of that step in bits"
            ),
            height=240,
        )
    )


@cache
def candidates(named: int = 12) -> alt.LayerChart:
    """Translation: the most probable pieces of one step. Dataset: ``candidates``."""
    base = (
        _softened(alt.Chart(alt.NamedData("candidates")))
        .transform_filter(f"datum.rank < {named}")
        .transform_calculate(
            label="(datum.rank < 10 ? '0' : '') + datum.rank + ' ' + datum.piece",
            words="format(datum.share, '.1%')",
            kind="datum.written ? 'output' : 'not output'",
        )
    )
    y = alt.Y("label:N", title=None, sort=alt.EncodingSortField("rank", op="min")).axis(
        labelExpr="slice(datum.value, 3)", labelLimit=120
    )
    x = _share_x()
    scale = alt.Scale(domain=["output", "not output"], range=[theme.ACCENT, theme.OUTLINE])
    bars = base.mark_bar(cornerRadiusEnd=2, height=16).encode(
        x=x,
        y=y,
        color=alt.Color(
            "kind:N", scale=scale, title=None, legend=alt.Legend(orient="top", direction="horizontal")
        ),
        tooltip=[
            building_blocks.tip("piece", "token", "text"),
            building_blocks.tip("logit", "logit"),
            building_blocks.tip("share", "at this temperature", "share"),
        ],
    )
    words = base.mark_text(align="left", dx=4, tooltip=None).encode(x=x, y=y, text="words:N")
    return theme.finish(
        alt.layer(bars, words)
        .add_params(_temperature())
        .properties(
            title=building_blocks.heading(
                "The most probable tokens of this step", "Softmax over the whole vocabulary"
            ),
            height=26 * named,
        )
    )


def _share_x() -> alt.X:
    """A probability to the right, with room for its number beyond 100 %."""
    return alt.X("share:Q", title="probability", scale=alt.Scale(domain=[0, 1.12], nice=False)).axis(
        format=".0%", grid=True, values=[0, 0.25, 0.5, 0.75, 1]
    )
