"""Templates of the softmax page. The temperature is a Vega param: nothing is asked of the server."""

from typing import Any

import altair as alt

from rnnviz_core.languages import N_, _, cached, pgettext

from . import building_blocks, spoken, theme

FORMULA = N_("exp(logit / temperature), normalised to sum to 100 %")
VERDICTS = 260  # px of the lines of all classes
BAR = 30  # px of a horizontal bar and its gap


def _temperature() -> alt.Parameter:
    slider = alt.binding_range(min=0.1, max=5, step=0.1, name=_("Temperature") + " ")
    return alt.param(name="temperature", value=1, bind=slider)


def _softened(chart: alt.Chart) -> alt.Chart:
    """``share``: softmax of ``logit`` at the temperature, exactly, over all rows."""
    return (
        chart.transform_joinaggregate(largest="max(logit)")
        .transform_calculate(power="exp((datum.logit - datum.largest) / temperature)")
        .transform_joinaggregate(whole="sum(power)")
        .transform_calculate(share="datum.power / datum.whole")
    )


@cached
def probabilities(classes: tuple[str, ...], ordered: bool = True) -> alt.LayerChart:
    """Sentiment: a bar per class, with its logit. Dataset: ``classes`` (`frames.softmax.classes`)."""
    said = spoken.classes(classes)
    name = spoken.look_up("datum['class']", said)
    base = _softened(alt.Chart(alt.NamedData("classes"))).transform_calculate(
        label=f"datum.number + ' ' + {name} + '  ' + format(datum.logit, '+.2f')",
        words="format(datum.share, '.1%')",
        **spoken.column("class", said),
    )
    y = alt.Y("label:N", title=None, sort=alt.EncodingSortField("number", op="min")).axis(
        labelExpr="slice(datum.value, indexof(datum.value, ' ') + 1)", labelLimit=160
    )
    x = _share_x()
    tips = [
        spoken.tip("class", _("class"), said),
        building_blocks.tip("logit", _("logit")),
        building_blocks.tip("share", _("at this temperature"), "share"),
        building_blocks.tip("probability", _("at temperature 1"), "share"),
    ]
    colour = alt.Color("class:N", scale=theme.class_scale(classes, ordered), legend=None)
    bars = base.mark_bar(cornerRadiusEnd=2, height=18).encode(x=x, y=y, color=colour, tooltip=tips)
    words = base.mark_text(align="left", dx=6, tooltip=None).encode(x=x, y=y, text="words:N")
    return theme.finish(
        alt.layer(bars, words)
        .add_params(_temperature())
        .properties(
            title=building_blocks.heading(_("Probabilities, and beside each class its logit"), _(FORMULA)),
            height=BAR * len(classes),
        )
    )


@cached
def terms(classes: tuple[str, ...], chosen: str, label: str = "") -> alt.LayerChart:
    """The summands of the logit of one class, or one piece, largest first; a click chooses the unit.

    Dataset: ``terms``. Selection: ``cell``, with ``unit`` (-1 for the bias).
    """
    pick = building_blocks.class_menu(classes, chosen, label)
    base = alt.Chart(alt.NamedData("terms")).transform_filter("datum['class'] == class_")
    base = base.transform_calculate(**spoken.column("name", building_blocks.BIAS))
    x = alt.X("rank:O", title=_("units and bias, sorted")).axis(
        labels=False, titlePadding=building_blocks.UNDER
    )
    tips = [
        spoken.tip("name", _("summand"), building_blocks.BIAS),
        building_blocks.tip("term", _("weight × unit")),
        building_blocks.tip("running", _("sum so far")),
    ]
    scale = alt.Scale(domain=list(building_blocks.PUSHES), range=[theme.POSITIVE, theme.NEGATIVE])
    bars = base.mark_bar(cursor="pointer").encode(
        x=x,
        y=alt.Y("term:Q", title=_("added to the logit"), scale=building_blocks.under_a_line()).axis(
            grid=True, tickCount=5
        ),
        color=alt.Color("kind:N", scale=scale, title=None, legend=building_blocks.pushes_legend()),
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
            title=building_blocks.heading(
                _("What the logit is made of"), _("Every unit adds weight × its value")
            ),
            height=220,
        )
    )


@cached
def verdicts(classes: tuple[str, ...], ordered: bool = True) -> alt.LayerChart:
    """Sentiment: the probabilities after every token, with one token shaded; a click chooses it.

    Each line has a colour, a shape and dashes of its own, and its name at its end. Datasets: ``verdicts``,
    ``ends`` (`frames.softmax.ends`), ``chosen`` (`frames.tokens.one_step`). Selection: ``cell``, with
    ``position``.
    """
    click = alt.selection_point(
        name="cell", fields=["position"], on="click", nearest=True, clear=False, toggle="true"
    )
    y = alt.Y("probability:Q", title=_("probability"), scale=alt.Scale(domain=[0, 1])).axis(
        format=".0%", grid=True, tickCount=5
    )
    said = spoken.classes(classes)
    shapes, dashes = theme.class_looks(classes)
    look: dict[str, Any] = {"sort": list(classes), "title": None}
    legend = alt.Legend(
        orient="top",
        direction="horizontal",
        columns=alt.ExprRef("width < 480 ? 3 : 5"),
        symbolDash=[1, 0],
        **spoken.labels(said),
    )
    base = alt.Chart(alt.NamedData("verdicts")).transform_calculate(**spoken.column("class", said))
    base = base.encode(
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
            spoken.tip("class", _("class"), said),
            building_blocks.tip("probability", _("probability"), "share"),
        ],
    )
    names = (
        alt.Chart(alt.NamedData("ends"))
        .transform_calculate(**spoken.column("class", said))
        .mark_text(align="left", dx=9)
        .encode(
            x=building_blocks.tokens_x(),
            y=alt.Y("spot:Q", title=_("probability")),
            text=f"{spoken.field_of('class', said)}:N",
            tooltip=alt.value(None),
        )
    )
    return theme.finish(
        alt.layer(
            building_blocks.chosen_band(building_blocks.tokens_x()), lines, points.add_params(click), names
        ).properties(
            title=building_blocks.heading(
                _("The verdict after every token"), _("The prediction if the sentence ended there")
            ),
            height=VERDICTS,
        )
    )


@cached
def confidence() -> alt.LayerChart:
    """Translation: how sure every step was. Dataset: ``steps`` (`frames.softmax.steps`)."""
    tips = [
        *building_blocks.step_tips(),
        building_blocks.tip("probability", _("its probability"), "share"),
        building_blocks.tip("entropy", _("entropy in bits")),
        alt.Tooltip("choices:Q", title=_("as unsure as between"), format=".1f"),
    ]
    base = alt.Chart(alt.NamedData("steps")).encode(
        x=building_blocks.tokens_x(N_("tokens output, in order")), tooltip=tips
    )
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y(
            "probability:Q", title=_("probability of the token output"), scale=alt.Scale(domain=[0, 1])
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
                _("How sure it was at every step"), _("Above each bar: the entropy of that step in bits")
            ),
            height=240,
        )
    )


@cached
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
    kinds = {"output": pgettext("a token", "output"), "not output": pgettext("a token", "not output")}
    scale = alt.Scale(domain=list(kinds), range=[theme.ACCENT, theme.OUTLINE])
    legend = alt.Legend(orient="top", direction="horizontal", **spoken.labels(kinds))
    bars = base.mark_bar(cornerRadiusEnd=2, height=16).encode(
        x=x,
        y=y,
        color=alt.Color("kind:N", scale=scale, title=None, legend=legend),
        tooltip=[
            building_blocks.tip("piece", _("token"), "text"),
            building_blocks.tip("logit", _("logit")),
            building_blocks.tip("share", _("at this temperature"), "share"),
        ],
    )
    words = base.mark_text(align="left", dx=4, tooltip=None).encode(x=x, y=y, text="words:N")
    return theme.finish(
        alt.layer(bars, words)
        .add_params(_temperature())
        .properties(
            title=building_blocks.heading(
                _("The most probable tokens of this step"), _("Softmax over the whole vocabulary")
            ),
            height=26 * named,
        )
    )


def _share_x() -> alt.X:
    """A probability to the right, with room for its number beyond 100 %."""
    return alt.X("share:Q", title=_("probability"), scale=alt.Scale(domain=[0, 1.12], nice=False)).axis(
        format=".0%", grid=True, values=[0, 0.25, 0.5, 0.75, 1]
    )
