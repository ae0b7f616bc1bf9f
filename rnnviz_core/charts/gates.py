"""Templates of the gates page."""

import altair as alt

from rnnviz_core.cells.meanings import GATES, translated_meaning
from rnnviz_core.cells.meanings import gate_in_words as named
from rnnviz_core.languages import N_, _, cached, pgettext

from . import building_blocks, spoken, theme

STATES = (N_("closed"), N_("between"), N_("open"))  # below 0.1, and above 0.9
TERMS = (N_("from the input"), N_("from the state"), N_("sum"))
TERM_COLOURS = dict(zip(TERMS, theme.TERM_COLOURS, strict=True)) | {
    N_("through the peephole"): theme.STATE_COLOURS["cell"]
}
SCREEN = 600  # px for the heatmaps of all gates


_NEW = {"hidden": N_("New hidden state"), "cell": N_("New cell state")}


def gate_in_words(gate: str) -> str:
    """``forget gate``, inside a sentence; the candidate is not a gate."""
    return _("candidate") if gate == "candidate" else named(gate)


def gate_title(gate: str) -> str:
    """``Forget gate``; the candidate is not a gate."""
    words = gate_in_words(gate)
    return words[:1].upper() + words[1:]


def result_title(name: str) -> str:
    """The title of what a block of equations ends in: a gate, the candidate or a new state."""
    return _(_NEW[name]) if name in _NEW else gate_title(name)


def map_height(gates: int, units: int) -> int:
    """The pixels of one of so many heatmaps above each other: whole ones per row."""
    return units * max(1, min(12, SCREEN // gates // units))


@cached
def gate_maps(
    gates: tuple[str, ...],
    units: int,
    part: str = "encoder",
    ordered: bool = False,
    meanings: tuple[str, ...] = (),
    functions: tuple[str, ...] = (),
    height: int | None = None,
) -> alt.VConcatChart:
    """Unit x token of every gate, above each other on one token axis; a click selects a cell.

    `meanings` and `functions` say of each gate what it means and what its sum goes through ("": nothing),
    where that is not the usual. `height` is that of one heatmap, where it must fit another view
    (`map_height`).

    Datasets: ``cells`` (`frames.gates.cells`), ``chosen`` (`frames.gates.chosen`: no row, no mark; a unit
    below 0, no ring). Rows follow the column ``row``; `ordered` ones are not numbered.
    Selection: ``cell``, with ``position`` and ``unit``.
    """
    legends = ("candidate", *[gate for gate in gates if gate != "candidate"][:1])  # one serves all gates
    height = height or map_height(len(gates), units)
    panels = []
    for number, gate in enumerate(gates):
        last = number == len(gates) - 1
        x = building_blocks.tokens_x(
            building_blocks.steps_title(part), scale=f"concat_{number}_x", labels=last
        )
        before = _before(functions[number] if functions else _USUAL.get(gate, "sigmoid"))
        heatmap = _heatmap(gate, units, x, ordered, before, legend=gate in legends)
        ring = building_blocks.chosen_ring(x, height / units, height, "row")
        panel = alt.layer(heatmap, *_column(x), *ring)
        meaning = meanings[number] if meanings else GATES[gate]
        panels.append(
            panel.properties(
                title=building_blocks.heading(gate_title(gate), translated_meaning(meaning)), height=height
            )
        )
    chart = alt.vconcat(*panels, spacing=16).resolve_scale(color="independent")
    return theme.finish(building_blocks.shared_click(chart, "position", "unit"))


_USUAL = {"candidate": "tanh"}  # what a sum goes through where nothing else is said


def _before(function: str) -> str:
    """The sum beside a gate's value, in a tooltip."""
    return _("before the {function}", function=function) if function else _("its sum, as it is")


def _heatmap(gate: str, units: int, x: alt.X, ordered: bool, before: str, *, legend: bool) -> alt.Chart:
    title, scale, ticks = gate_in_words(gate), theme.sequential(), [0, 0.5, 1.0]
    words = pgettext("of a gate", "open")
    if gate == "candidate":
        scale, words, ticks = theme.diverging(), _("value"), [-1.0, 0, 1]
    colour = building_blocks.colour(gate, scale, words, ticks)
    if not legend:
        colour["legend"] = None
    rows = _("units, ordered") if ordered else _("unit")
    return (
        alt.Chart(alt.NamedData("cells"), name=gate)
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=building_blocks.rows_y("row", units, rows, theme.GATE_COLOURS[gate], numbers=not ordered),
            color=colour,
            tooltip=[
                *building_blocks.step_tips(),
                alt.Tooltip("unit:O", title=_("unit")),
                building_blocks.tip(gate, title),
                building_blocks.tip(f"{gate}_preactivation", before),
            ],
        )
    )


def _column(x: alt.X) -> list[alt.Chart]:
    """The outline of the chosen token."""
    token = alt.Chart(alt.NamedData("chosen")).encode(x=x, tooltip=alt.value(None))
    return [
        token.mark_rect(filled=False, stroke=theme.CHOSEN_EDGE, strokeWidth=3),
        token.mark_rect(filled=False, stroke=theme.CHOSEN, strokeWidth=1),
    ]


@cached
def gate_means(gates: tuple[str, ...], part: str = "encoder") -> alt.LayerChart:
    """The mean of each gate over its units, per token; a click chooses the token.

    Datasets: ``means`` (`frames.gate_summary.means`), ``chosen`` (`frames.tokens.one_step`).
    Selection: ``cell``, with ``position``.
    """
    low = -1.0 if "candidate" in gates else 0.0
    base = alt.Chart(alt.NamedData("means")).transform_calculate(**spoken.column("gate", gates))
    base = base.encode(
        x=building_blocks.tokens_x(building_blocks.steps_title(part)),
        y=alt.Y(
            "mean:Q",
            title=_("mean over units"),
            scale=alt.Scale(domain=[low, 1]),
            axis=alt.Axis(grid=True, tickCount=5),
        ),
        detail="gate:N",
        tooltip=[
            spoken.tip("gate", _("gate"), gates),
            *building_blocks.step_tips(),
            building_blocks.tip("mean", _("mean")),
            building_blocks.tip("low", _("a tenth of the units is below")),
            building_blocks.tip("high", _("a tenth of the units is above")),
        ],
    )
    looks = {"symbolStrokeWidth": 1, "symbolOpacity": 1, **spoken.labels(gates)}
    legend = alt.Legend(orient="top", direction="horizontal", **looks)
    colour = alt.Color("gate:N", scale=theme.gate_scale(gates), sort=list(gates), title="", legend=legend)
    shape = alt.Shape(
        "gate:N",
        scale=alt.Scale(domain=list(gates), range=list(theme.SHAPES[: len(gates)])),
        sort=list(gates),
        title="",
        legend=legend,
    )
    band = base.mark_area(opacity=0.16, interpolate="linear").encode(
        y=alt.Y("low:Q", title=_("mean over units")), y2="high:Q", fill=colour, tooltip=alt.value(None)
    )
    casing = base.mark_line(color=theme.OUTLINE, strokeWidth=4.5).encode(tooltip=alt.value(None))
    lines = base.mark_line(strokeWidth=3).encode(color=colour)
    points = base.mark_point(
        filled=True, size=64, stroke=theme.OUTLINE, strokeWidth=1, opacity=building_blocks.dots()
    ).encode(fill=colour, shape=shape)
    x = building_blocks.tokens_x(building_blocks.steps_title(part))
    columns = building_blocks.whole_columns(
        alt.Chart(alt.NamedData("means")).encode(x=x, tooltip=alt.value(None)), "position"
    )
    chart = alt.layer(building_blocks.chosen_band(x), band, casing, lines, columns, points).properties(
        title=building_blocks.heading(_("Mean of each gate"), _("Band: the middle 80 % of the units")),
        height=260,
    )
    return theme.finish(chart)


@cached
def cell_terms(gates: tuple[str, ...], terms: tuple[str, ...] = TERMS) -> alt.LayerChart:
    """The parts of every gate's sum in one cell (`frames.gates.term_names`), and the sum.

    Dataset: ``terms`` (`frames.gates.term_bars`, `fit`).
    """
    words = (_("What pushed each gate"), _("Right of 0 opens a gate, left of 0 shuts it"))
    if gates == ("candidate",):
        words = (_("What made the candidate"), _("Right of 0 makes it positive, left negative"))
    both = spoken.column("gate", gates) | spoken.column("term", terms)
    base = alt.Chart(alt.NamedData("terms")).transform_calculate(**both)
    base = base.encode(
        x=alt.X(
            "value:Q",
            title=_("the sum that goes into the sigmoid or tanh"),
            axis=alt.Axis(grid=True, tickCount=6),
        ),
        y=alt.Y("gate:N", title="", sort=list(gates), **spoken.axis(gates)),
        yOffset=alt.YOffset("term:N", sort=list(terms)),
        tooltip=[
            spoken.tip("gate", _("gate"), gates),
            spoken.tip("term", _("part"), terms),
            building_blocks.tip("value", _("value")),
        ],
    )
    colour = alt.Color(
        "term:N",
        sort=list(terms),
        title="",
        scale=alt.Scale(domain=list(terms), range=[TERM_COLOURS[term] for term in terms]),
    ).legend(
        orient="top",
        direction="horizontal",
        columns=alt.ExprRef("width < 400 ? 2 : 4"),
        **spoken.labels(terms),
    )
    bars = base.mark_bar(cornerRadius=1).encode(color=colour)
    zero = alt.Chart(alt.NamedData("terms")).mark_rule().encode(x=alt.datum(0))
    room = building_blocks.reach(alt.Chart(alt.NamedData("terms")), "x", "least", "most")
    chart = alt.layer(bars, *room, zero).properties(
        title=building_blocks.heading(*words),
        height=alt.Step(16, **{"for": "offset"}),
    )
    return theme.finish(chart)
