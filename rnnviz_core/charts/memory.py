"""Templates of the memory ledger: what is left of every earlier token."""

from functools import cache

import altair as alt

from . import parts, theme
from .states import LIMITS


@cache
def ledger_heatmap(name: str, units: int, part: str = "encoder") -> alt.Chart:
    """Unit x earlier token: what is left of it. Dataset: ``left`` (`frames.memory.per_unit`)."""
    limit = LIMITS[name]
    chart = (
        alt.Chart(alt.NamedData("left"))
        .mark_rect()
        .encode(
            x=parts.tokens_x(parts.steps_title(part)),
            y=parts.rows_y("unit", units, "unit", theme.STATE_COLOURS[name]),
            color=parts.colour("value", theme.diverging(limit), "left", [-limit, 0, limit]),
            tooltip=[
                *parts.step_tips(),
                alt.Tooltip("unit:O", title="unit"),
                parts.tip("written", "written when it was read"),
                parts.tip("value", "left of it now"),
            ],
        )
        .properties(
            title=parts.heading("What is left of each token", "Each row of cells sums to the unit’s state"),
            height=parts.rows_height(units),
        )
    )
    return theme.finish(chart)


@cache
def ledger_bars(name: str, part: str = "encoder") -> alt.LayerChart:
    """What each token wrote and what is left, as lengths. Dataset: ``lengths`` (`frames.memory.in_norm`)."""
    tips = [
        *parts.step_tips(),
        parts.tip("written", "written (length)"),
        parts.tip("left", "left (length)"),
        parts.tip("share", "left of what was written", "share"),
        parts.tip("along", "along the state"),
    ]
    base = alt.Chart(alt.NamedData("lengths")).encode(x=parts.tokens_x(parts.steps_title(part)), tooltip=tips)
    title = alt.Y("written:Q", title="length").axis(grid=True, tickCount=5)
    written = base.mark_bar(
        filled=False, stroke=theme.OUTLINE, strokeWidth=1.5, strokeDash=[3, 2], cornerRadiusEnd=2
    ).encode(y=title)
    left = base.mark_bar(color=theme.STATE_COLOURS[name], cornerRadiusEnd=2).encode(
        y=alt.Y("left:Q", title="length")
    )
    chart = alt.layer(left, written).properties(
        title=parts.heading("Written and left", "Dashed: when it was read; filled: left now"), height=220
    )
    return theme.finish(chart)


@cache
def ledger_of_unit(name: str, part: str = "encoder") -> alt.LayerChart:
    """One unit's state as a sum over tokens. Dataset: ``shares`` (`frames.memory.of_unit`)."""
    base = alt.Chart(alt.NamedData("shares")).encode(
        x=parts.tokens_x(parts.steps_title(part)),
        tooltip=[
            *parts.step_tips(),
            parts.tip("written", "written when it was read"),
            parts.tip("value", "left of it now"),
            parts.tip("state", "the unit’s state"),
        ],
    )
    bars = base.mark_bar(color=theme.STATE_COLOURS[name], cornerRadiusEnd=2).encode(
        y=alt.Y("value:Q", title="left in this unit").axis(grid=True, tickCount=5)
    )
    whole = alt.Chart(alt.NamedData("shares"))
    zero = whole.mark_rule().encode(y=alt.datum(0))
    state = whole.mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(y="mean(state):Q")
    chart = alt.layer(bars, zero, state).properties(
        title=parts.heading("The chosen unit as a sum", "The bars add up to the dashed line"), height=220
    )
    return theme.finish(chart)
