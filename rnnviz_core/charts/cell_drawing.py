"""Template of the drawn cell: boxes that hold numbers, signs, and the wires between them."""

from typing import Any

import altair as alt

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.languages import _, cached

from . import building_blocks, theme

PLANE = (0.0, 7.0)  # lowest and highest place of a node
OTHER = {"rnn": (1.6, 5.6), "mingru": (0.4, 7.0), "peephole": (-0.9, 7.0)}  # where it needs less, or more
ROW = 62  # px of one step up the plane
BOXES = {"op": 520, "function": 1150}  # px² of a sign's box; all others hold words and a number
BOX = 2700
NARROW = 2150  # on a phone
SIZES = {
    "op": BOXES["op"],
    "function": alt.ExprRef(f"length(datum.words) > 4 ? {BOX} : {BOXES['function']}"),  # softsign
    "box": alt.ExprRef(f"width < 400 ? {NARROW} : {BOX}"),
}


@cached
def cell_drawing(cell: str) -> alt.LayerChart:
    """The cell as a drawing. Datasets: ``nodes``, ``wires`` (`frames.cell_drawing.drawing`)."""
    low, high = OTHER.get(cell, PLANE)
    tips = [building_blocks.tip("about", _("what"), "text"), building_blocks.tip("value", _("value"))]
    wires = alt.Chart(alt.NamedData("wires")).encode(x=_x(), y=_y(cell), x2="x2:Q", y2="y2:Q", tooltip=tips)
    return theme.finish(
        alt.layer(
            wires.mark_rule().encode(color=alt.value(theme.OUTLINE), strokeWidth=_width(3.5, 9.5)),
            wires.mark_rule().encode(
                color=alt.Color("shade:Q", scale=theme.diverging(), legend=None), strokeWidth=_width(2.5, 8)
            ),
            *_boxes(cell, tips),
            *_texts(cell, tips),
        )
        .resolve_scale(strokeWidth="independent")
        .properties(
            title=building_blocks.heading(
                _("This {cell} cell, now", cell=Cell(cell).words),
                _("Each number follows from the wires into it"),
            ),
            height=round(ROW * (high - low)),
        )
    )


def _width(thin: float, thick: float) -> alt.StrokeWidth:
    scale = alt.Scale(domain=[0, 1], range=[thin, thick], clamp=True)
    return alt.StrokeWidth("size:Q", scale=scale, legend=None)


def _nodes(cell: str, tips: list[Any], filter_: str) -> alt.Chart:
    nodes = alt.Chart(alt.NamedData("nodes")).transform_filter(filter_)
    return nodes.encode(x=_x(), y=_y(cell), tooltip=tips)


def _boxes(cell: str, tips: list[Any]) -> list[alt.Chart]:
    kinds = {**theme.GATE_COLOURS, **theme.STATE_COLOURS, "op": theme.OUTLINE, "function": theme.OUTLINE}
    stroke = alt.Stroke(
        "kind:N", legend=None, scale=alt.Scale(domain=list(kinds), range=list(kinds.values()))
    )
    return [
        _nodes(cell, tips, f"{_kind()} == '{kind}'")
        .mark_point(
            filled=True,
            opacity=1,
            strokeWidth=3,
            shape="circle" if kind == "op" else "square",
            fill=theme.either(theme.BACKGROUND),
            size=SIZES[kind],
        )
        .encode(stroke=stroke)
        for kind in ("op", "function", "box")
    ]


def _kind() -> str:
    return "(datum.kind == 'op' || datum.kind == 'function' || datum.kind == 'entry' ? datum.kind : 'box')"


def _texts(cell: str, tips: list[Any]) -> list[alt.Chart]:
    number = alt.Text("value:Q", format=".2f")
    signs = _nodes(cell, tips, "datum.kind == 'op' || datum.kind == 'function'")
    boxes, entries = (_nodes(cell, tips, f"{_kind()} == '{kind}'") for kind in ("box", "entry"))
    gates = boxes.transform_filter("datum.sign != '' && datum.sign != '='")
    beside = signs.transform_filter("datum.name != 'shown'")  # there is no room: its number is that of h(t)
    return [
        signs.mark_text(fontSize=alt.ExprRef("datum.kind == 'op' ? 16 : 12")).encode(text="words:N"),
        *building_blocks.words_on_top(
            beside.mark_text(
                align="left",
                dx=alt.ExprRef(
                    "datum.kind == 'op' ? 12 : length(datum.words) > 4 ? 32 : 22"
                ),  # beside the box, above a wire that leaves it
                dy=-12,
                fontWeight="bold",
            ),
            text=number,
        ),
        boxes.mark_text(dy=alt.ExprRef("datum.sign == '' || datum.sign == '=' ? -8 : -15")).encode(
            text="words:N"
        ),
        gates.mark_text(fontStyle="italic").encode(text="sign:N"),
        boxes.mark_text(
            dy=alt.ExprRef("datum.sign == '' || datum.sign == '=' ? 8 : 15"), fontWeight="bold"
        ).encode(text=number),
        *building_blocks.words_on_top(entries.mark_text(dy=-8), text="words:N"),
        *building_blocks.words_on_top(entries.mark_text(dy=8, fontWeight="bold"), text=number),
    ]


def _x() -> alt.X:
    return alt.X("x:Q", title="", axis=None, scale=alt.Scale(domain=[0, 10], nice=False))


def _y(cell: str) -> alt.Y:
    scale = alt.Scale(domain=list(OTHER.get(cell, PLANE)), nice=False, zero=False)
    return alt.Y("y:Q", title="", axis=None, scale=scale)
