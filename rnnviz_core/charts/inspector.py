"""Templates of the cell inspector: histograms, the inputs behind a sum, the drawn cell, conventions."""

from functools import cache
from typing import Any

import altair as alt

from . import parts, theme
from .gates import STATES, gate_title

ENDS = "Left: below 0.1, right: above 0.9"
KINDS = ("from the input", "from the state", "together")


@cache
def gate_histograms(gates: tuple[str, ...]) -> alt.VConcatChart:
    """How often each value of each gate occurs, a panel per gate.

    Datasets: ``bins`` (`frames.gate_summary.histograms`), ``shares`` (`frames.gate_summary.shares`).
    """
    panels = [
        alt.layer(*_histogram(gate, last=gate == gates[-1])).properties(
            title=parts.heading(gate_title(gate), ENDS), height=90
        )
        for gate in gates
    ]
    return theme.finish(alt.vconcat(*panels, spacing=14))


def _histogram(gate: str, *, last: bool) -> list[alt.Chart]:
    scale = alt.Scale(
        domain=list(STATES),
        range=[theme.SEQUENTIAL[0], theme.either(theme.BETWEEN), theme.SEQUENTIAL[-1]],
    )
    bars = (
        alt.Chart(alt.NamedData("bins"))
        .transform_filter(alt.datum.gate == gate)
        .mark_rect(stroke=theme.OUTLINE, strokeWidth=1)
        .encode(
            x=alt.X("start:Q", title="value" if last else None, scale=alt.Scale(domain=[0, 1])).axis(
                tickCount=5, labels=last
            ),
            x2="end:Q",
            y=alt.Y("share:Q", title="share").axis(format=".0%", grid=True, tickCount=3),
            y2=alt.datum(0),
            color=alt.Color("state:N", scale=scale, legend=None),
            tooltip=[
                parts.tip("start", "from"),
                parts.tip("end", "to"),
                parts.tip("share", "share", "share"),
                alt.Tooltip("count:Q", title="numbers", format="d"),
            ],
        )
    )
    ends = [
        alt.Chart(alt.NamedData("shares"))
        .transform_filter((alt.datum.state == state) & (alt.datum.gate == gate))
        .mark_text(align=side, baseline="bottom", dy=-4)
        .encode(
            x=alt.datum(at),
            y=alt.value(0),
            text=alt.Text("share:Q", format=".0%"),
            tooltip=[parts.tip("share", f"{state} share", "share")],
        )
        for state, side, at in (("closed", "left", 0), ("open", "right", 1))
    ]
    room = parts.reach(alt.Chart(alt.NamedData("bins")), "y", "high")
    return [bars, *room, *ends]


@cache
def contribution_bars(gate: str) -> alt.LayerChart:
    """The terms of one sum. Dataset: ``terms`` (`frames.inspector.contributions`, `frames.gates.fit`)."""
    base = alt.Chart(alt.NamedData("terms")).encode(
        x=alt.X("value:Q", title="added to the sum", axis=alt.Axis(grid=True, tickCount=5)),
        y=parts.tokens_y("", field="tick", sort="order"),
        tooltip=[
            parts.tip("name", "number", "text"),
            parts.tip("kind", "part", "text"),
            parts.tip("weight", "weight"),
            parts.tip("number", "times"),
            parts.tip("value", "adds"),
        ],
    )
    colour = alt.Color(
        "kind:N",
        sort=list(KINDS),
        title="",
        scale=alt.Scale(domain=list(KINDS), range=list(theme.TERM_COLOURS)),
    ).legend(orient="top", direction="horizontal", columns=3)
    bars = base.mark_bar(cornerRadius=1).encode(color=colour)
    zero = alt.Chart(alt.NamedData("terms")).mark_rule().encode(x=alt.datum(0))
    room = parts.reach(alt.Chart(alt.NamedData("terms")), "x", "least", "most")
    chart = alt.layer(bars, *room, zero).properties(
        title=parts.heading(
            f"{gate_title(gate)}: the largest terms", "All bars but the last add up to the last"
        ),
        height=alt.Step(20),
    )
    return theme.finish(chart)


@cache
def cell_drawing(cell: str) -> alt.LayerChart:
    """The cell as a drawing. Datasets: ``nodes``, ``wires`` (`frames.inspector.drawing`)."""
    tips = [parts.tip("words", "what", "text"), parts.tip("value", "value")]
    wires = (
        alt.Chart(alt.NamedData("wires"))
        .mark_rule()
        .encode(
            x=_at("x", 10),
            y=_at("y", 6),
            x2="x2:Q",
            y2="y2:Q",
            color=alt.Color("value:Q", scale=theme.diverging(), legend=None),
            strokeWidth=alt.StrokeWidth(
                "size:Q", scale=alt.Scale(domain=[0, 1], range=[2.5, 8], clamp=True), legend=None
            ),
            tooltip=tips,
        )
    )
    casing = wires.mark_rule(color=theme.OUTLINE).encode(
        color=alt.value(theme.OUTLINE),
        strokeWidth=alt.StrokeWidth(
            "size:Q", scale=alt.Scale(domain=[0, 1], range=[3.5, 9.5], clamp=True), legend=None
        ),
    )
    return theme.finish(
        alt.layer(casing, wires, *_nodes(tips))
        .resolve_scale(strokeWidth="independent")
        .properties(
            title=parts.heading(
                f"This {cell.upper()} cell, now", "Orange above zero, blue below; thick: far"
            ),
            height=360,
        )
    )


def _nodes(tips: list[Any]) -> list[alt.Chart]:
    nodes = alt.Chart(alt.NamedData("nodes")).encode(x=_at("x", 10), y=_at("y", 6), tooltip=tips)
    boxes = (
        nodes.transform_filter("datum.kind != 'entry'")
        .mark_point(
            filled=True, opacity=1, strokeWidth=3, shape="square", fill=theme.either(theme.BACKGROUND)
        )
        .encode(
            size=alt.condition("datum.kind == 'op'", alt.value(520), alt.value(2300)),
            stroke=alt.Stroke(
                "kind:N",
                legend=None,
                scale=alt.Scale(
                    domain=[*theme.GATE_COLOURS, "state", "op"],
                    range=[*theme.GATE_COLOURS.values(), theme.STATE_COLOURS["hidden"], theme.OUTLINE],
                ),
            ),
        )
    )
    words = nodes.transform_filter("datum.kind != 'op'")
    return [
        boxes,
        nodes.transform_filter("datum.kind == 'op'").mark_text(fontSize=16).encode(text="words:N"),
        nodes.transform_filter("datum.kind == 'op' && datum.name != 'shown'")  # its number is the new h
        .mark_text(align="left", dx=13, dy=-13, fontWeight="bold")
        .encode(text=alt.Text("value:Q", format=".2f")),
        words.mark_text(dy=-8).encode(text="words:N"),
        words.mark_text(dy=8, fontWeight="bold").encode(text=alt.Text("value:Q", format=".2f")),
    ]


@cache
def convention_bars(kind: str, part: str = "encoder") -> alt.LayerChart:
    """How far h moves under another convention; a click chooses the token.

    Datasets: ``conventions`` (`frames.inspector.conventions` with ``most``; `kind` names its column),
    ``chosen`` (`frames.tokens.one_step`). Selection: ``cell``, with ``position``.
    """
    base = alt.Chart(alt.NamedData("conventions"))
    x = parts.tokens_x(parts.steps_title(part))
    columns = parts.whole_columns(base.encode(x=x, tooltip=alt.value(None)), "position")
    bars = base.mark_bar(color=theme.STATE_COLOURS["hidden"], cornerRadiusEnd=2).encode(
        x=x,
        y=alt.Y(f"{kind}:Q", title="largest difference", scale=alt.Scale(domainMin=0)).axis(
            grid=True, tickCount=5
        ),
        tooltip=[*parts.step_tips(), alt.Tooltip(f"{kind}:Q", title="largest difference", format=".2g")],
    )
    chart = alt.layer(columns, parts.chosen_band(x), bars, *parts.reach(base, "y", "most")).properties(
        title=parts.heading("How far h is from the recorded one", "0: the same state; h runs from −1 to 1"),
        height=180,
    )
    return theme.finish(chart)


def _at(field: str, end: float) -> alt.X | alt.Y:
    kind = alt.X if field == "x" else alt.Y
    return kind(f"{field}:Q", title="", axis=None, scale=alt.Scale(domain=[0, end], nice=False))
