"""Templates of the gates page."""

from functools import cache

import altair as alt

from . import parts, theme

MEANINGS = {
    "input": "How much of the new content is written",
    "forget": "How much of the old cell is kept",
    "output": "How much of the cell is shown outside",
    "reset": "How much of the past the candidate sees",
    "update": "How much of the old state is kept",
    "candidate": "The new content on offer, from -1 to 1",
}
STATES = ("closed", "between", "open")  # below 0.1, and above 0.9
STATE_NAMES = {"closed": "shut, < 0.1", "between": "between", "open": "open, > 0.9"}
TERMS = ("from the input", "from the state", "sum")


def gate_title(gate: str) -> str:
    """``Forget gate``; the candidate is no gate."""
    return "Candidate" if gate == "candidate" else f"{gate.capitalize()} gate"


def result_title(name: str) -> str:
    """The title of what a block of equations ends in: a gate, the candidate or a new state."""
    return f"New {name} state" if name in theme.STATE_COLOURS else gate_title(name)


@cache
def gate_heatmap(gate: str, units: int, part: str = "encoder", ordered: bool = False) -> alt.LayerChart:
    """Unit x token of one gate; a click selects a cell. `ordered` rows follow the column ``row``.

    Datasets: ``cells`` (`frames.gates.activations`), ``chosen`` (`frames.gates.chosen_cell`).
    Selection: ``cell``, with ``position`` and ``unit``.
    """
    x, y = (
        parts.tokens_x(parts.steps_title(part)),
        parts.rows_y("row", units, "units, ordered", theme.GATE_COLOURS[gate], numbers=False)
        if ordered
        else parts.rows_y("unit", units, "unit", theme.GATE_COLOURS[gate]),
    )
    if gate == "candidate":
        colour = parts.colour("value", theme.diverging(), "value", [-1, 0, 1])
    else:
        colour = parts.colour("value", theme.sequential(), "open", [0, 0.5, 1])
    heatmap = (
        alt.Chart(alt.NamedData("cells"))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[
                *parts.step_tips(),
                alt.Tooltip("unit:O", title="unit"),
                parts.tip("value", "value"),
                parts.tip("preactivation", "before squeezing"),
            ],
        )
        .add_params(parts.cell_click("position", "unit"))
    )
    chart = alt.layer(heatmap, parts.chosen_ring(x, y)).properties(
        title=parts.heading(gate_title(gate), MEANINGS[gate]), height=parts.rows_height(units)
    )
    return theme.finish(chart)


@cache
def gate_means(gates: tuple[str, ...], part: str = "encoder") -> alt.LayerChart:
    """The mean of each gate over its units, per token. Dataset: ``means`` (`frames.gates.means`)."""
    low = -1.0 if "candidate" in gates else 0.0
    base = alt.Chart(alt.NamedData("means")).encode(
        x=parts.tokens_x(parts.steps_title(part)),
        y=alt.Y(
            "mean:Q",
            title="mean over units",
            scale=alt.Scale(domain=[low, 1]),
            axis=alt.Axis(grid=True, tickCount=5),
        ),
        detail="gate:N",
        tooltip=[
            parts.tip("gate", "gate", "text"),
            *parts.step_tips(),
            parts.tip("mean", "mean"),
            parts.tip("low", "a tenth of the units is below"),
            parts.tip("high", "a tenth of the units is above"),
        ],
    )
    colour = alt.Color(
        "gate:N",
        scale=theme.gate_scale(gates),
        sort=list(gates),
        title="",
        legend=alt.Legend(
            orient="top", direction="horizontal", symbolType="circle", symbolStrokeWidth=1, symbolOpacity=1
        ),
    )
    band = base.mark_area(opacity=0.16, interpolate="linear").encode(
        y=alt.Y("low:Q", title="mean over units"), y2="high:Q", fill=colour, tooltip=alt.value(None)
    )
    casing = base.mark_line(color=theme.OUTLINE, strokeWidth=4.5).encode(tooltip=alt.value(None))
    lines = base.mark_line(strokeWidth=3).encode(color=colour)
    points = base.mark_point(filled=True, size=64, stroke=theme.OUTLINE, strokeWidth=1, opacity=1).encode(
        fill=colour
    )
    chart = alt.layer(band, casing, lines, points).properties(
        title=parts.heading("Mean of each gate", "Band: the middle 80 % of the units"), height=260
    )
    return theme.finish(chart)


@cache
def gate_shares(gates: tuple[str, ...]) -> alt.Chart:
    """How much of each gate is nearly shut or wide open. Dataset: ``shares`` (`frames.gates.shares`)."""
    ends = theme.SEQUENTIAL[0], theme.SEQUENTIAL[-1]
    scale = alt.Scale(domain=list(STATES), range=[ends[0], theme.either(theme.BETWEEN), ends[1]])
    names = " : ".join(f"datum.label == '{key}' ? '{text}'" for key, text in STATE_NAMES.items())
    chart = (
        alt.Chart(alt.NamedData("shares"))
        .mark_bar(stroke=theme.OUTLINE, strokeWidth=1)
        .encode(
            x=alt.X("start:Q", title="share of all units and tokens", scale=alt.Scale(domain=[0, 1])).axis(
                format=".0%", grid=True, tickCount=5
            ),
            x2="end:Q",
            y=alt.Y("gate:N", title="", sort=list(gates)),
            color=alt.Color("state:N", scale=scale, sort=list(STATES), title="").legend(
                orient="top",
                direction="horizontal",
                symbolStrokeWidth=1,
                labelExpr=f"{names} : ''",
                columns=3,
            ),
            tooltip=[
                parts.tip("gate", "gate", "text"),
                parts.tip("state", "state", "text"),
                parts.tip("share", "share", "share"),
            ],
        )
        .properties(
            title=parts.heading("Shut, between or open", "Below 0.1 a gate stops nearly everything"),
            height=alt.Step(32),
        )
    )
    return theme.finish(chart)


@cache
def cell_terms(gates: tuple[str, ...]) -> alt.LayerChart:
    """The two linear parts of every gate of one cell, and their sum. Dataset: ``terms`` (`term_bars`)."""
    terms = list(TERMS)
    words = ("What pushed each gate", "Right of 0 opens a gate, left of 0 shuts it")
    if gates == ("candidate",):
        words = ("What made the candidate", "Right of 0 makes it positive, left negative")
    base = alt.Chart(alt.NamedData("terms")).encode(
        x=alt.X(
            "value:Q", title="what goes into the squeezing function", axis=alt.Axis(grid=True, tickCount=6)
        ),
        y=alt.Y("gate:N", title="", sort=list(gates)),
        yOffset=alt.YOffset("term:N", sort=terms),
        tooltip=[
            parts.tip("gate", "gate", "text"),
            parts.tip("term", "part", "text"),
            parts.tip("value", "value"),
        ],
    )
    colour = alt.Color(
        "term:N", sort=terms, title="", scale=alt.Scale(domain=terms, range=list(theme.TERM_COLOURS))
    ).legend(orient="top", direction="horizontal", columns=3)
    bars = base.mark_bar(cornerRadius=1).encode(color=colour)
    zero = alt.Chart(alt.NamedData("terms")).mark_rule().encode(x=alt.datum(0))
    chart = alt.layer(bars, zero).properties(
        title=parts.heading(*words),
        height=alt.Step(16, **{"for": "offset"}),
    )
    return theme.finish(chart)
