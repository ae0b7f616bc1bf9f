"""Templates of the cell inspector: histograms, the inputs behind a sum, conventions."""

import altair as alt

from rnnviz_core.languages import N_, _, cached, pgettext

from . import building_blocks, spoken, theme
from .gates import STATES, gate_title
from .gradients import DECADES, WRITTEN

ENDS = N_("Left: below 0.1, right: above 0.9")
ROUNDING, FURTHEST = 1e-8, 2.0  # where an axis of differences of h begins and ends
KINDS = (N_("from the input"), N_("from the state"), N_("together"))


@cached
def gate_histograms(gates: tuple[str, ...]) -> alt.VConcatChart:
    """How often each value of each gate occurs, a panel per gate.

    Datasets: ``bins`` (`frames.gate_summary.histograms`), ``shares`` (`frames.gate_summary.shares`).
    """
    panels = [
        alt.layer(*_histogram(gate, last=gate == gates[-1])).properties(
            title=building_blocks.heading(gate_title(gate), _(ENDS)), height=90
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
            x=alt.X("start:Q", title=_("value") if last else None, scale=alt.Scale(domain=[0, 1])).axis(
                tickCount=5, labels=last
            ),
            x2="end:Q",
            y=alt.Y("share:Q", title=_("share")).axis(format=".0%", grid=True, tickCount=3),
            y2=alt.datum(0),
            color=alt.Color("state:N", scale=scale, legend=None),
            tooltip=[
                building_blocks.tip("start", pgettext("of a range", "from")),
                building_blocks.tip("end", pgettext("of a range", "to")),
                building_blocks.tip("share", _("share"), "share"),
                alt.Tooltip("count:Q", title=_("numbers"), format="d"),
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
            tooltip=[building_blocks.tip("share", said, "share")],
        )
        for state, said, side, at in (
            ("closed", _("closed share"), "left", 0),
            ("open", _("open share"), "right", 1),
        )
    ]
    room = building_blocks.reach(alt.Chart(alt.NamedData("bins")), "y", "high")
    return [bars, *room, *ends]


@cached
def contribution_bars(gate: str) -> alt.LayerChart:
    """The terms of one sum. Dataset: ``terms`` (`frames.inspector.contributions`, `frames.gates.fit`)."""
    base = alt.Chart(alt.NamedData("terms")).transform_calculate(**spoken.column("kind", KINDS))
    base = base.encode(
        x=alt.X("value:Q", title=_("added to the sum"), axis=alt.Axis(grid=True, tickCount=5)),
        y=building_blocks.tokens_y("", field="tick", sort="order"),
        tooltip=[
            building_blocks.tip("name", _("number"), "text"),
            spoken.tip("kind", _("part"), KINDS),
            building_blocks.tip("weight", _("weight")),
            building_blocks.tip("number", pgettext("a weight times a number", "times")),
            building_blocks.tip("value", pgettext("what a term adds to a sum", "adds")),
        ],
    )
    colour = alt.Color(
        "kind:N",
        sort=list(KINDS),
        title="",
        scale=alt.Scale(domain=list(KINDS), range=list(theme.TERM_COLOURS)),
    ).legend(orient="top", direction="horizontal", columns=2, **spoken.labels(KINDS))
    bars = base.mark_bar(cornerRadius=1).encode(color=colour)
    zero = alt.Chart(alt.NamedData("terms")).mark_rule().encode(x=alt.datum(0))
    room = building_blocks.reach(alt.Chart(alt.NamedData("terms")), "x", "least", "most")
    chart = alt.layer(bars, *room, zero).properties(
        title=building_blocks.heading(
            _("{gate}: the largest terms", gate=gate_title(gate)),
            _("All bars but the last add up to the last"),
        ),
        height=alt.Step(20),
    )
    return theme.finish(chart)


@cached
def convention_bars(kind: str, part: str = "encoder") -> alt.LayerChart:
    """How far h moves under another convention; a click chooses the token.

    Datasets: ``conventions`` (`frames.inspector.conventions` with ``most``; `kind` names its column),
    ``chosen`` (`frames.tokens.one_step`). Selection: ``cell``, with ``position``.
    """
    base = alt.Chart(alt.NamedData("conventions")).transform_calculate(drawn=f"max(datum.{kind}, {ROUNDING})")
    x = building_blocks.tokens_x(building_blocks.steps_title(part))
    columns = building_blocks.whole_columns(base.encode(x=x, tooltip=alt.value(None)), "position")
    # On a plain axis rounding, near 1e-7, would either fill the plot or not be seen at all.
    y = alt.Y(
        "drawn:Q",
        title=_("largest difference"),
        scale=alt.Scale(type="log", domain=[ROUNDING, FURTHEST], nice=False),
    ).axis(grid=True, labelExpr=WRITTEN, values=DECADES, labelOverlap="greedy")
    bars = base.mark_bar(color=theme.STATE_COLOURS["hidden"], cornerRadiusEnd=2).encode(
        x=x,
        y=y,
        y2=alt.datum(ROUNDING),
        tooltip=[
            *building_blocks.step_tips(),
            alt.Tooltip(f"{kind}:Q", title=_("largest difference"), format=".2g"),
        ],
    )
    chart = alt.layer(columns, building_blocks.chosen_band(x), bars).properties(
        title=building_blocks.heading(
            _("How far h is from the recorded one"),
            _("Up to 0.000001: rounding; h runs from −1 to 1"),
            _("A grid line up is ten times more"),
        ),
        height=180,
    )
    return theme.finish(chart)
