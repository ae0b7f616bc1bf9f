"""The pieces a picture of an unrolled network is made of: boxes of numbers, arrows, token axes.

One view, drawn in pixels from the top down. Columns lie between 0 and 1 on the x scale (see
`frames.overview`). The chosen step is the Vega signal ``step``, read from the one row of the dataset
``now``: a new step is new data, and the picture stays where it is.
"""

from typing import Any, NamedTuple

import altair as alt

from rnnviz_core.languages import _

from . import building_blocks, theme

LINE = 20  # px of a line of text
JOIN = 15  # px of the arrows between two rows
BOX = {"embedding": 44, "hidden": 64, "cell": 32}  # px of a row of boxes
GUTTER = "(width < 500 ? 66 : 92)"  # px at the left for those names
FADED = 0.13  # opacity of what has not been computed yet
ROOMY = "datum.after - datum.before > 0.02"  # columns wide enough for frames and arrows: up to 50
KNOWN = "datum.position <= read"
GAP = 0.14  # part of a column left free on either side, as in `frames.overview`
HERE = "datum.position == step"
ACROSS = [alt.ExprRef(GUTTER), alt.ExprRef("width")]  # where columns lie


class Row(NamedTuple):
    """One row of boxes: the site it shows, its words, and how it is read."""

    site: str
    title: str
    kind: str  # embedding or hidden
    size: int  # numbers in a box
    every: int = 1  # of how many numbers one is drawn
    reverse: bool = False
    names: tuple[str, ...] = ()  # the words beside the boxes, a line each
    memory: str = (
        ""  # the state that carries the memory: a line runs through its boxes; empty: nothing is kept
    )
    gates: tuple[str, ...] = ()  # a strip for each
    cell_every: int = 1  # as `every`, of the cell state


def picture(layers: list[Any], height: int, *, bottom: str = "") -> alt.LayerChart:
    """All layers under the token axis; `bottom` names the dataset of a lower one.

    Selection: ``cell``, with ``site``, ``position`` and ``unit`` of what was clicked.
    """
    step, read = (
        alt.param(name=name, expr=f"length(data('now')) ? data('now')[0].{field} : 0")
        for name, field in (("step", "position"), ("read", "read"))
    )
    tokens = _axis("columns", "top", 0)
    drawn = (
        alt.layer(*layers)
        .resolve_scale(color="independent")
        .add_params(building_blocks.cell_click("site", "position", "unit"))
    )
    ends = [_axis(bottom, "bottom", 2)] if bottom else []
    chart = alt.layer(tokens, drawn, *ends).resolve_scale(x="independent").add_params(step, read)
    # Streamlit draws what it counts above 2,000 marks on a canvas, but does not count filtered rows
    return theme.finish(chart.properties(height=height, usermeta={"embedOptions": {"renderer": "canvas"}}))


def _axis(dataset: str, side: str, layer: int) -> alt.Chart:
    """An axis of tokens: invisible marks whose only work is to name the columns."""
    flat = f"bandwidth('layer_{layer}_x') >= {building_blocks.ROOM}"
    upright = "left" if side == "top" else "right"  # the end of an upright text that meets the picture
    axis = alt.Axis(
        orient=side,
        description=_(building_blocks.READS),
        **building_blocks.label(f"layer_{layer}_x")
        | {
            "labelAlign": alt.ExprRef(f"{flat} ? 'center' : '{upright}'"),
            "labelBaseline": alt.ExprRef(f"{flat} ? '{'bottom' if side == 'top' else 'top'}' : 'middle'"),
        },
    )
    return (
        alt.Chart(alt.NamedData(dataset))
        .mark_rect(opacity=0, aria=False, tooltip=None)
        .encode(
            x=alt.X(
                "tick:O",
                title=None,
                sort=alt.EncodingSortField("position", op="min"),
                scale=alt.Scale(paddingInner=0, paddingOuter=0, range=ACROSS),
                axis=axis,
            )
        )
    )


def join(columns: str, top: int) -> alt.Chart:
    """A triangle under every column: what is above goes into what is below."""
    return (
        of(columns)
        .transform_filter(ROOMY)
        .mark_point(
            shape="triangle-down",
            filled=True,
            size=40,
            color=theme.OUTLINE,
            opacity=1,
            aria=False,
            tooltip=None,
        )
        .encode(x=x_at("middle"), y=alt.value(top + JOIN / 2))
    )


def line(text: str, top: int) -> alt.Chart:
    """A line of text at the left edge."""
    return (
        of("columns")
        .transform_filter("datum.position == 0")
        .mark_text(align="left", baseline="top", fontWeight=600, aria=False, tooltip=None)
        .encode(x=alt.value(0), y=alt.value(top + 2), text=alt.value(text))
    )


def highlight(bottom: int, top: int = 0) -> alt.Chart:
    """A pale band behind the column of the chosen step."""
    return (
        of("now")
        .mark_rect(color=theme.ACCENT, opacity=0.16, cornerRadius=4, aria=False, tooltip=None)
        .encode(x=x_at("before"), x2="after:Q", y=alt.value(top), y2=alt.value(bottom))
    )


def of(dataset: str) -> alt.Chart:
    """A chart that reads the named data set."""
    return alt.Chart(alt.NamedData(dataset))


def x_at(field: str) -> alt.X:
    """A place across the drawing, from 0 (left) to 1 (right), without an axis."""
    return alt.X(
        f"{field}:Q", scale=alt.Scale(domain=[0, 1], range=ACROSS, nice=False, zero=False), axis=None
    )


def pixels(expression: str) -> Any:
    """A place that depends on the row, in pixels from the top."""
    return alt.value(alt.ExprRef(expression))
