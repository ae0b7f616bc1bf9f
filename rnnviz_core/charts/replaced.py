"""Templates of answers side by side: with replaced weights of attention, and in other orders of the words."""

from functools import cache
from typing import Any

import altair as alt

from . import building_blocks, theme

KINDS = ("its own", "all equal", "shuffled")  # as frames.replaced names them
COLOURS = (theme.ACCENT, theme.OUTLINE, theme.LINE_COLOURS[1])
ORDERS = ("as written", "backwards", "shuffled", "without order")  # as frames.order names them
ORDER_COLOURS = (theme.ACCENT, theme.LINE_COLOURS[1], theme.LINE_COLOURS[4], theme.OUTLINE)


@cache
def replaced_classes() -> alt.Chart:
    """Sentiment: every class, three times. Dataset: ``replaced`` (`frames.replaced.classes`)."""
    tips = [building_blocks.tip("name", "class", "text")]
    words = ("What the verdict becomes", "Only attention’s weights were changed")
    return theme.finish(_bars(_classes_x(), tips, words, "probability"))


@cache
def orders(yardstick: bool) -> alt.Chart:
    """Every class in three orders of the words, and without any.

    Dataset: ``orders`` (`frames.order.classes`).

    `yardstick` tells whether there is a network without recurrence to stand beside them.
    """
    tips = [building_blocks.tip("name", "class", "text")]
    kinds = ORDERS if yardstick else ORDERS[:-1]
    words = ("The same words in other orders", "Nothing but their order was changed")
    chart = _bars(_classes_x(), tips, words, "probability", ("order", "orders", kinds, ORDER_COLOURS))
    return theme.finish(chart)


def _classes_x() -> alt.X:
    return alt.X("name:N", title="", sort=alt.EncodingSortField("order", op="min")).axis(
        labelAngle=0, labelLimit=90, labelExpr="split(datum.value, ' ')"
    )


@cache
def replaced_pieces() -> alt.Chart:
    """Translation: every piece written. Dataset: ``replaced`` (`frames.replaced.pieces`)."""
    tips = [
        *building_blocks.step_tips(),
        building_blocks.tip("writes", "most probable now", "text"),
        building_blocks.tip("moved", "of the probability moved", "share"),
    ]
    chart = _bars(
        building_blocks.tokens_x("target tokens"),
        tips,
        ("What becomes of each word", "Only attention’s weights were changed"),
        "probability of that word",
    )
    return theme.finish(chart)


def _bars(
    x: alt.X,
    tips: list[Any],
    words: tuple[str, str],
    y: str,
    kept: tuple[str, str, tuple[str, ...], tuple[str, ...]] = ("weights", "replaced", KINDS, COLOURS),
) -> alt.Chart:
    """A bar per place and kind; `kept`: what the kinds are of, the dataset, the kinds and their colours."""
    title, dataset, kinds, colours = kept
    return (
        alt.Chart(alt.NamedData(dataset))
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
                orient="top", direction="horizontal", columns=3 if len(kinds) < 4 else 2, titleOrient="left"
            ),
            tooltip=[
                building_blocks.tip("kind", title, "text"),
                *tips,
                building_blocks.tip("probability", "probability", "share"),
            ],
        )
        .properties(title=building_blocks.heading(*words), height=240)
    )
