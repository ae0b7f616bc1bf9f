"""Templates of what attention hands on, and of what is read where there is none."""

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, memory, theme

PARTS = 0.25  # the colours of weight × state end here: a weight takes most of a state away


@cached
def context(units: int, translates: bool) -> alt.VConcatChart:
    """The context, and below the sum behind its chosen number; a click chooses.

    Datasets: ``context``, ``chosen``, ``shares`` (`frames.attention.context_of_unit`). Selection:
    ``cell``, with ``position`` and ``unit``.
    """
    title = building_blocks.TARGET if translates else building_blocks.READS
    limit = 1.0 if translates else PARTS
    x, y = building_blocks.tokens_x(title, scale="above_x"), building_blocks.rows_y("unit", units, _("unit"))
    heatmap = (
        alt.Chart(alt.NamedData("context"), name="context")
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=building_blocks.colour("value", theme.diverging(limit), _("value"), [-limit, 0, limit]),
            tooltip=[
                *building_blocks.step_tips(),
                alt.Tooltip("unit:O", title=_("unit")),
                building_blocks.tip("value", _("value")),
            ],
        )
        .add_params(building_blocks.cell_click(*(["position"] if translates else []), "unit"))
    )
    words = (
        (_("The context"), _("What the decoder reads of the source"))
        if translates
        else (_("Weight × state"), _("A row sums to its number of the context"))
    )
    height = building_blocks.rows_height(units)
    above = alt.layer(
        heatmap, *building_blocks.chosen_ring(x, height // units, height), name="above"
    ).properties(title=building_blocks.heading(*words), height=height)
    return theme.finish(
        alt.vconcat(
            above, _shares(building_blocks.SOURCE if translates else building_blocks.READS), spacing=24
        ).resolve_scale(color="independent")
    )


def _shares(tokens: str) -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("shares")).encode(
        x=building_blocks.tokens_x(tokens, scale="shares_x"),
        tooltip=[
            *building_blocks.step_tips(),
            building_blocks.tip("weight", _("weight"), "share"),
            building_blocks.tip("state", _("state")),
            building_blocks.tip("value", _("weight × state")),
            building_blocks.tip("whole", _("the context’s number")),
        ],
    )
    whole = alt.Chart(alt.NamedData("shares"))
    return alt.layer(
        base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
            y=alt.Y("value:Q", title=_("weight × state")).axis(
                grid=True, tickCount=5, minExtent=building_blocks.SIDE
            )
        ),
        whole.mark_rule().encode(y=alt.datum(0)),
        whole.mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(y="mean(whole):Q"),
        name="shares",
    ).properties(
        title=building_blocks.heading(
            _("The chosen number as a sum"), _("The bars add up to the dashed line")
        ),
        height=160,
    )


@cached
def verdict(classes: tuple[str, ...], chosen: str, *, mean: bool = False) -> alt.LayerChart:
    """Sentiment: what each token adds to one class's logit. Dataset: ``verdict``.

    With `mean` all weights are equal, and what speaks are embeddings.
    """
    about, tip = _("Weight × its state’s contribution to the class"), _("weight × its state’s contribution")
    if mean:
        about = _("Weight × its embedding’s contribution to the class")
        tip = _("weight × its embedding’s contribution")
    pick = building_blocks.class_menu(classes, chosen)
    base = alt.Chart(alt.NamedData("verdict")).transform_filter("datum['class'] == class_")
    scale = alt.Scale(domain=list(building_blocks.PUSHES), range=[theme.POSITIVE, theme.NEGATIVE])
    bars = (
        base.transform_calculate(kind="datum.value > 0 ? 'pushes up' : 'pushes down'")
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=building_blocks.tokens_x(),
            y=alt.Y("value:Q", title=_("added to the logit"), scale=building_blocks.under_a_line()).axis(
                grid=True, tickCount=5
            ),
            color=alt.Color("kind:N", title=None, scale=scale, legend=building_blocks.pushes_legend()),
            tooltip=[*building_blocks.step_tips(), building_blocks.tip("value", tip)],
        )
    )
    total = (
        base.transform_filter("datum.position == 0")
        .mark_text(align="right", baseline="top", fontWeight=600, fontSize=13)
        .encode(x=alt.value("width"), y=alt.value(2), text="total:N", tooltip=alt.value(None))
    )
    zero = alt.Chart(alt.NamedData("verdict")).mark_rule().encode(y=alt.datum(0))
    return theme.finish(
        alt.layer(bars, zero, total)
        .add_params(pick)
        .properties(
            title=building_blocks.heading(_("What each token adds"), about),
            height=240,
        )
    )


@cached
def fixed(units: int, name: str | None, tokens: str) -> alt.VConcatChart:
    """Without attention: the list of numbers that is read, and what is left in it of each token.

    Datasets: ``fixed`` and, where the state `name` keeps a ledger, ``lengths``
    (`frames.attention.left_at_the_end`). `tokens` is the title of their axis. Selection: ``cell``, with
    ``unit``.
    """
    every = max(4, 2 ** max(0, (units // 8 - 1).bit_length()))
    sign = alt.condition("datum.value > 0", alt.value(theme.POSITIVE), alt.value(theme.NEGATIVE))
    numbers = (
        alt.Chart(alt.NamedData("fixed"))
        .mark_bar(cursor="pointer")
        .encode(
            x=alt.X(
                "unit:O", title=_("unit"), axis=alt.Axis(values=list(range(0, units, every)), labelAngle=0)
            ),
            y=alt.Y("value:Q", title=_("value"), scale=alt.Scale(domain=[-1, 1])).axis(
                grid=True, tickCount=5, minExtent=building_blocks.SIDE
            ),
            color=sign,
            tooltip=[alt.Tooltip("unit:O", title=_("unit")), building_blocks.tip("value", _("value"))],
        )
        .add_params(building_blocks.cell_click("unit"))
        .properties(
            title=building_blocks.heading(
                _("All that is read"), _("{units} numbers, however much was read", units=units)
            ),
            height=150,
        )
    )
    return theme.finish(alt.vconcat(*([_left(name, tokens)] if name else []), numbers, spacing=24))


@cached
def small_fixed(name: str, tokens: str) -> alt.LayerChart:
    """What is left of each token alone, to stand beside others. Dataset: ``lengths``."""
    return theme.finish(_left(name, tokens))


def _left(name: str, tokens: str) -> alt.LayerChart:
    tips = [
        building_blocks.tip("left", _("left at the end (length)")),
        building_blocks.tip("share", _("left of what was written"), "share"),
    ]
    title = building_blocks.heading(_("What reaches the end"), _("Filled: what is left at the end"))
    return memory.written_and_left(name, title, tokens, tips)
