"""The rows of an unrolled network: boxes of numbers, the memory's line, the strips of the gates."""

from typing import Any

import altair as alt

from rnnviz_core.languages import _

from . import building_blocks, theme
from .gates import gate_in_words
from .unrolled import BOX, FADED, GAP, GUTTER, JOIN, KNOWN, ROOMY, Row, join, of, pixels, x_at

STRIP = 14  # px of the strip of a gate, with the gap under it
NAME = 14  # px of a line of the names beside the boxes
CELL_LIMIT = 3.0  # where the colours of a cell state end, as in `frames.states`


def boxes(rows: tuple[Row, ...], columns: str, y: int, *, known: bool = False) -> tuple[int, list[Any]]:
    """Rows of boxes from `y` down, arrows between them; returns where they end.

    The memory of a cell is a line through the boxes of its state, as thick as the share that is kept (dataset
    ``strips``), and every gate a strip under them. Boxes after the chosen step are faded, unless all are
    `known`: a whole text was read before.
    """
    layers: list[Any] = []
    for row in rows:
        layers.append(join(columns, y))
        y += JOIN
        height, all_known = BOX[row.kind], known or row.reverse
        if row.memory == "hidden":
            layers.append(_memory(row, columns, y + height / 2, all_known))
        layers += [
            _stripes(row, columns, y, height, all_known),
            _outline(columns, y, height),
            *_names(row.names, y, height),
        ]
        if row.kind == "hidden":
            layers.append(_arrows(columns, y + height / 2, reverse=row.reverse))
        y += height
        if row.memory == "cell":
            y += 5
            bead = row._replace(site=_beside(row, "cell"), kind="cell", every=row.cell_every)
            layers += [
                _memory(row, columns, y + BOX["cell"] / 2, all_known),
                _stripes(bead, columns, y, BOX["cell"], all_known),
                _outline(columns, y, BOX["cell"]),
                *_names((_("cell c"),), y, BOX["cell"]),
            ]
            y += BOX["cell"]
        y += 5 * bool(row.gates)
        layers += _names(tuple(map(_, row.gates)), y, STRIP * len(row.gates))
        for gate in row.gates:
            layers.append(_strip(row, gate, columns, y, all_known))
            y += STRIP
    return y, layers


def _beside(row: Row, name: str) -> str:
    """The site of another array of a row's layer."""
    return f"{row.site.removesuffix('hidden')}{name}"


def _names(names: tuple[str, ...], top: float, height: float) -> list[alt.Chart]:
    """Words beside a row, in the middle of its height: one mark of several lines."""
    if not names:
        return []
    return [
        of("columns")
        .transform_filter("datum.position == 0")
        .mark_text(align="left", baseline="top", lineHeight=NAME, aria=False, tooltip=None)
        .encode(
            x=alt.value(0),
            y=alt.value(top + (height - NAME * len(names)) / 2 + 1),
            text=alt.value(list(names)),
        )
    ]


def _memory(row: Row, columns: str, middle: float, known: bool) -> alt.Chart:
    """The memory as a line through all columns, as thick as the share that is kept."""
    column = f"(width - {GUTTER}) / length(data('{columns}'))"
    state = row.memory
    return (
        of("strips")
        .transform_filter(alt.datum.site == _beside(row, "memory"))
        .mark_rect(color=theme.STATE_COLOURS[state], aria=False)
        .encode(
            x=pixels(f"{GUTTER} + {column} * datum.position"),
            x2=pixels(f"{GUTTER} + {column} * (datum.position + 1)"),
            y=pixels(f"{middle} - 0.5 - 5 * datum.value"),
            y2=pixels(f"{middle} + 0.5 + 5 * datum.value"),
            **_faded(known, 0.65),
            tooltip=[
                building_blocks.tip("token", _("token"), "text"),
                building_blocks.tip("value", _("memory that is kept"), "share"),
            ],
        )
    )


def _strip(row: Row, gate: str, columns: str, top: float, known: bool) -> alt.Chart:
    """A gate as one strip: a box per step."""
    column = f"(width - {GUTTER}) / length(data('{columns}'))"
    return (
        of("strips")
        .transform_filter(alt.datum.site == _beside(row, gate))
        .mark_rect(strokeWidth=0, cursor="pointer", aria=False)
        .encode(
            x=pixels(f"{GUTTER} + {column} * (datum.position + {GAP})"),
            x2=pixels(f"{GUTTER} + {column} * (datum.position + {1 - GAP})"),
            y=alt.value(top),
            y2=alt.value(top + STRIP - 2),
            color=alt.Color("value:Q", scale=theme.sequential(), legend=None),
            **_faded(known),
            tooltip=[
                building_blocks.tip("token", _("token"), "text"),
                building_blocks.tip("value", gate_in_words(gate)),
            ],
        )
    )


def _faded(known: bool, opacity: float = 1.0) -> dict[str, Any]:
    """The opacity of what has not been read yet."""
    if known:
        return {"opacity": alt.value(opacity)} if opacity < 1 else {}
    return {"opacity": alt.condition(KNOWN, alt.value(opacity), alt.value(FADED))}


def _stripes(row: Row, columns: str, top: int, height: int, known: bool) -> alt.Chart:
    """Every number of a row of boxes as a coloured stripe."""
    column = f"(width - {GUTTER}) / length(data('{columns}'))"
    stripe, field = height / row.size, "value"
    chart = alt.Chart(alt.NamedData("cells")).transform_filter(alt.datum.site == row.site)
    if row.kind == "cell":  # its colours end at ±3, as on its own page
        chart, field = chart.transform_calculate(shade=f"datum.value / {CELL_LIMIT}"), "shade"
    return chart.mark_rect(strokeWidth=0, aria=False, cursor="pointer").encode(
        x=pixels(f"{GUTTER} + {column} * (datum.position + {GAP})"),
        x2=pixels(f"{GUTTER} + {column} * (datum.position + {1 - GAP})"),
        y=pixels(f"{top} + datum.unit * {stripe:.6g}"),
        y2=pixels(f"{top} + min(datum.unit + {row.every}, {row.size}) * {stripe:.6g}"),
        color=alt.Color(f"{field}:Q", scale=theme.diverging(), legend=None),
        **_faded(known),
        tooltip=[
            building_blocks.tip("token", _("token"), "text"),
            alt.Tooltip("unit:Q", title=_("dimension") if row.kind == "embedding" else _("unit")),
            building_blocks.tip("value", _("value")),
        ],
    )


def _outline(columns: str, top: int, height: int) -> alt.Chart:
    return (
        of(columns)
        .transform_filter(ROOMY)
        .mark_rect(
            filled=False, stroke=theme.OUTLINE, strokeWidth=1, cornerRadius=2, aria=False, tooltip=None
        )
        .encode(x=x_at("x"), x2="x2:Q", y=alt.value(top), y2=alt.value(top + height))
    )


def _arrows(columns: str, middle: float, *, reverse: bool) -> alt.Chart:
    """A triangle in every gap: the state goes on to the next step."""
    field, inner = ("before", "datum.before > 0") if reverse else ("after", "datum.after < 0.9999")
    return (
        of(columns)
        .transform_filter(f"{inner} && {ROOMY}")
        .mark_point(
            shape="triangle-left" if reverse else "triangle-right",
            filled=True,
            size=40,
            color=theme.OUTLINE,
            opacity=1,
            aria=False,
            tooltip=None,
        )
        .encode(x=x_at(field), y=alt.value(middle))
    )
