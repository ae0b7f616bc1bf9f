"""Templates of answers side by side: with replaced weights of attention, and in other orders of the words."""

from typing import Any

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks, spoken, theme

KINDS = (N_("its own"), N_("all equal"), N_("shuffled"))  # as frames.replaced names them
COLOURS = (theme.ACCENT, theme.OUTLINE, theme.LINE_COLOURS[1])
ORDERS = (
    N_("as written"),
    N_("backwards"),
    N_("shuffled"),
    N_("without order"),
)  # as frames.order names them
ORDER_COLOURS = (theme.ACCENT, theme.LINE_COLOURS[1], theme.LINE_COLOURS[4], theme.OUTLINE)


@cached
def replaced_classes() -> alt.Chart:
    """Sentiment: every class, three times. Dataset: ``replaced`` (`frames.replaced.classes`)."""
    tips = [spoken.tip("name", _("class"), spoken.sentiments())]
    words = (_("What the verdict becomes"), _("Only attention’s weights were changed"))
    return theme.finish(_bars(_classes_x(), tips, words, _("probability")))


@cached
def orders(baseline: bool) -> alt.Chart:
    """Every class in three orders of the words, and without any.

    Dataset: ``orders`` (`frames.order.classes`).

    `baseline` tells whether there is a network without recurrence to stand beside them.
    """
    tips = [spoken.tip("name", _("class"), spoken.sentiments())]
    kinds = ORDERS if baseline else ORDERS[:-1]
    words = (_("The same words in other orders"), _("Nothing but their order was changed"))
    kept = (N_("order"), "orders", kinds, ORDER_COLOURS)
    chart = _bars(_classes_x(), tips, words, _("probability"), kept)
    return theme.finish(chart)


def _classes_x() -> alt.X:
    name = spoken.look_up("datum.value", spoken.sentiments())
    return alt.X("name:N", title="", sort=alt.EncodingSortField("order", op="min")).axis(
        labelAngle=0, labelLimit=90, labelExpr=f"split({name}, ' ')"
    )


@cached
def replaced_pieces() -> alt.Chart:
    """Translation: every piece written. Dataset: ``replaced`` (`frames.replaced.pieces`)."""
    tips = [
        *building_blocks.step_tips(),
        building_blocks.tip("writes", _("most probable now"), "text"),
        building_blocks.tip("moved", _("of the probability moved"), "share"),
    ]
    chart = _bars(
        building_blocks.tokens_x(building_blocks.TARGET),
        tips,
        (_("What becomes of each word"), _("Only attention’s weights were changed")),
        _("probability of that word"),
    )
    return theme.finish(chart)


def _bars(
    x: alt.X,
    tips: list[Any],
    words: tuple[str, str],
    y: str,
    kept: tuple[str, str, tuple[str, ...], tuple[str, ...]] = (N_("weights"), "replaced", KINDS, COLOURS),
) -> alt.Chart:
    """A bar per place and kind; `kept`: what the kinds are of, the dataset, the kinds and their colours."""
    what, dataset, kinds, colours = kept
    title = _(what)
    told = spoken.column("kind", kinds) | spoken.column("name", spoken.sentiments())
    return (
        alt.Chart(alt.NamedData(dataset))
        .transform_calculate(**told)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=x,
            xOffset=alt.XOffset("kind:N", sort=list(kinds)),
            y=alt.Y("probability:Q", title=y, scale=alt.Scale(domain=[0, 1])).axis(
                format=".0%", grid=True, tickCount=5
            ),
            color=alt.Color(
                "kind:N",
                sort=list(kinds),
                title=title,
                scale=alt.Scale(domain=list(kinds), range=list(colours[: len(kinds)])),
            ).legend(
                orient="top",
                direction="horizontal",
                columns=3 if len(kinds) < 4 else 2,
                titleOrient="left",
                **spoken.labels(kinds),
            ),
            tooltip=[
                spoken.tip("kind", title, kinds),
                *tips,
                building_blocks.tip("probability", _("probability"), "share"),
            ],
        )
        .properties(title=building_blocks.heading(*words), height=240)
    )
