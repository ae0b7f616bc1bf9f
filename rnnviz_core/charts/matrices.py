"""Template of a gate's weight matrix."""

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, theme
from .gates import gate_in_words


@cached
def matrix(name: str, gate: str, rows: int, columns: int) -> alt.LayerChart:
    """Unit x column of one matrix. Datasets: ``weights`` (`frames.matrices.rows`), ``chosen`` (a unit)."""
    px = max(1, min(8, 256 // rows))
    reads = _("number of the input") if name == "W" else _("unit of the old state")
    every = max(4, 2 ** max(0, (rows // 8 - 1).bit_length()))
    y = alt.Y("unit:O", title=_("unit"), sort="ascending").axis(
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
            color=building_blocks.colour("shade", theme.diverging(), _("of the largest"), [-1, 0, 1]),
            tooltip=[
                alt.Tooltip("unit:O", title=_("unit")),
                alt.Tooltip("column:O", title=reads),
                building_blocks.tip("value", _("weight")),
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
            _("{matrix} of the {gate}", matrix=name, gate=gate_in_words(gate)),
            _("{count} numbers for each unit; outlined: the chosen", count=columns),
        ),
        height=px * rows,
    )
    return theme.finish(chart)
