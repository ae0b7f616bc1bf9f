"""Templates of attention's test: the answer with its own, equal and shuffled weights."""

from functools import cache
from typing import Any

import altair as alt

from . import building_blocks, theme

KINDS = ("its own", "all equal", "shuffled")  # as frames.replaced names them
COLOURS = (theme.ACCENT, theme.OUTLINE, theme.LINE_COLOURS[1])


@cache
def replaced_classes() -> alt.Chart:
    """Sentiment: every class, three times. Dataset: ``replaced`` (`frames.replaced.classes`)."""
    x = alt.X("name:N", title="", sort=alt.EncodingSortField("order", op="min")).axis(
        labelAngle=0, labelLimit=90, labelExpr="split(datum.value, ' ')"
    )
    tips = [building_blocks.tip("name", "class", "text")]
    return theme.finish(_bars(x, tips, "What the verdict becomes", "probability"))


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
        "What becomes of each word",
        "probability of that word",
    )
    return theme.finish(chart)


def _bars(x: alt.X, tips: list[Any], title: str, y: str) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("replaced"))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=x,
            xOffset=alt.XOffset("kind:N", sort=list(KINDS)),
            y=alt.Y("probability:Q", title=y, scale=alt.Scale(domain=[0, 1])).axis(
                format=".0%", grid=True, tickCount=5
            ),
            color=alt.Color(
                "kind:N",
                sort=list(KINDS),
                title="weights",
                scale=alt.Scale(domain=list(KINDS), range=list(COLOURS)),
            ).legend(orient="top", direction="horizontal", columns=3, titleOrient="left"),
            tooltip=[
                building_blocks.tip("kind", "weights", "text"),
                *tips,
                building_blocks.tip("probability", "probability", "share"),
            ],
        )
        .properties(title=building_blocks.heading(title, "Only attention’s weights were changed"), height=240)
    )
