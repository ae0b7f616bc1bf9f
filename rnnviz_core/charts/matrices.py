"""Template of a gate's weight matrix."""

from functools import cache

import altair as alt

from . import building_blocks, theme
from .gates import gate_title


@cache
def matrix(name: str, gate: str, rows: int, columns: int) -> alt.LayerChart:
    """Unit x column of one matrix. Datasets: ``weights`` (`frames.matrices.rows`), ``chosen`` (a unit)."""
    px = max(1, min(8, 256 // rows))
    reads = "number of the input" if name == "W" else "unit of the old state"
    every = max(4, 2 ** max(0, (rows // 8 - 1).bit_length()))
    y = alt.Y("unit:O", title="unit", sort="ascending").axis(
        labelOverlap="greedy",
        labelExpr=f"datum.value % {every} == 0 ? datum.label : ''",
        domain=True,
        domainColor=theme.GATE_COLOURS[gate],
        domainWidth=5,
    )
    weights = (
        alt.Chart(alt.NamedData("weights"))
        .mark_rect()
        .encode(
            x=alt.X("column:O", title=reads, sort="ascending").axis(labelOverlap="greedy", labelAngle=0),
            y=y,
            color=building_blocks.colour("shade", theme.diverging(), "of the largest", [-1, 0, 1]),
            tooltip=[
                alt.Tooltip("unit:O", title="unit"),
                alt.Tooltip("column:O", title=reads),
                building_blocks.tip("value", "weight"),
            ],
        )
    )
    outline = alt.Chart(alt.NamedData("chosen")).encode(y=y, tooltip=alt.value(None))
    chart = alt.layer(
        weights,
        outline.mark_rect(filled=False, stroke=theme.CHOSEN_EDGE, strokeWidth=3),
        outline.mark_rect(filled=False, stroke=theme.CHOSEN, strokeWidth=1),
    ).properties(
        title=building_blocks.heading(
            f"{name} of the {gate_title(gate).lower()}",
            f"{columns} numbers for each unit; outlined: the chosen",
        ),
        height=px * rows,
    )
    return theme.finish(chart)
