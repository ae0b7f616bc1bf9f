"""Templates of the overview: the network unrolled over time, one step of it highlighted.

One view, drawn in pixels from the top down: tokens, embeddings, states, then what is read from
them.

Datasets (all from `frames.overview`): ``cells``, ``columns``, ``now`` (the chosen step), ``strips`` where a
cell has gates and, by task,
``verdicts`` or ``written`` (the decoder's columns) and ``links``. A click tells the ``site`` of what is
under it: a name of the trace, ``attention`` or ``readout``.
"""

import math
from typing import Any

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, spoken, theme
from .unrolled import (
    FADED,
    HERE,
    JOIN,
    KNOWN,
    LINE,
    highlight,
    join,
    line,
    of,
    picture,
    pixels,
    x_at,
)
from .unrolled import Row as Row
from .unrolled_rows import boxes

GAP = 14  # px over the legend of the classes
LEGEND = 80  # px of a line of that legend, the gap included
BESIDE = 5  # classes in one line of it
CLASS = "datum['class']"
BAR = 44  # px of the attention bars


@cached
def sentiment(
    rows: tuple[Row, ...], classes: tuple[str, ...], *, attention: bool, ordered: bool = True
) -> alt.LayerChart:
    """Tokens, embeddings, states, attention if there is any, and the verdict after every token."""
    y, layers = boxes(rows, "columns", 0)
    if attention:
        y = _attention(layers, y)
    y = _verdicts(layers, y, classes, ordered)
    return picture([highlight(y - _legend_height(len(classes))), *layers], y)


@cached
def layers(rows: tuple[Row, ...]) -> alt.LayerChart:
    """Steps, what goes in where it is known, and the states, without an answer after every step."""
    y, drawn = boxes(rows, "columns", 0)
    return picture([highlight(y), *drawn], y)


@cached
def translation(encoder: tuple[Row, ...], decoder: tuple[Row, ...]) -> alt.LayerChart:
    """Encoder above, decoder below, and between them what every step of the decoder reads."""
    y, layers = boxes(encoder, "columns", 0, known=True)
    y += 8
    layers.append(_links(y, y + 84))
    layers.append(line(_("↓ what the chosen step reads of the source"), y + 2))
    lower = boxes(decoder, "written", y + 84)
    back = highlight(lower[0], top=y + 84)
    return picture([back, *layers, *lower[1]], lower[0], bottom="written")


def _attention(layers: list[Any], y: int) -> int:
    """The weight of every token as a bar."""
    bottom = y + JOIN + LINE + BAR
    layers += [
        join("columns", y),
        line(_("Attention: how much of each state is read"), y + JOIN),
        of("columns")
        .transform_calculate(site="'attention'")
        .mark_rect(color=theme.ACCENT, cursor="pointer")
        .encode(
            x=x_at("x"),
            x2="x2:Q",
            y=pixels(f"{bottom} - datum.weight * {BAR}"),
            y2=alt.value(bottom),
            tooltip=[*building_blocks.step_tips(), building_blocks.tip("weight", _("weight"), "share")],
        ),
    ]
    return bottom


def _verdicts(layers: list[Any], y: int, classes: tuple[str, ...], ordered: bool) -> int:
    """The verdict after every token as a stack, and in words for the chosen step."""
    colour = alt.Color("class:N", scale=theme.class_scale(classes, ordered), legend=None, sort=list(classes))
    top, height, said = y + JOIN + LINE, 84, spoken.classes(classes)
    tips = [
        *building_blocks.step_tips(),
        spoken.tip("class", _("class"), said),
        building_blocks.tip("probability", _("probability"), "share"),
    ]
    layers += [
        join("columns", y),
        line(_("Verdict, if the sentence ended here"), y + JOIN),
        of("verdicts")
        .transform_calculate(site="'readout'", **spoken.column("class", said))
        .mark_rect(strokeWidth=0, cursor="pointer")
        .encode(
            x=x_at("x"),
            x2="x2:Q",
            y=pixels(f"{top} + datum.low * {height}"),
            y2=pixels(f"{top} + datum.high * {height}"),
            color=colour,
            opacity=alt.condition(KNOWN, alt.value(1.0), alt.value(FADED)),
            tooltip=tips,
        ),
    ]
    return _legend(layers, top + height + GAP, classes, colour)


def _legend(layers: list[Any], top: int, classes: tuple[str, ...], colour: alt.Color) -> int:
    """The classes side by side, each with its probability at the chosen step as a bar and in words.

    More than `BESIDE` stand in several lines.
    """
    count = min(len(classes), BESIDE)
    line_height = LEGEND - GAP
    chosen = (
        of("verdicts")
        .transform_filter(HERE)
        .transform_calculate(
            place=f"datum.number % {count}",
            down=f"floor(datum.number / {count}) * {line_height}",
            parts=f"split({spoken.look_up(CLASS, spoken.classes(classes))}, ' ')",
            half="ceil(length(datum.parts) / 2)",
            words="length(datum.parts) < 2 ? datum.parts : [join(slice(datum.parts, 0, datum.half), ' '), "
            "join(slice(datum.parts, datum.half), ' ')]",
            share="format(datum.probability, '.1%')",
        )
    )
    left = pixels(f"datum.place * width / {count}")
    bar = {"y": pixels(f"{top} + datum.down"), "y2": pixels(f"{top + 10} + datum.down")}
    words = {"align": "left", "baseline": "top", "tooltip": None}
    layers += [
        chosen.mark_rect(color=theme.OUTLINE, opacity=0.25, tooltip=None).encode(
            x=left, x2=pixels(f"(datum.place + 0.94) * width / {count}"), **bar
        ),
        chosen.mark_rect(tooltip=None).encode(
            x=left,
            x2=pixels(f"(datum.place + 0.94 * datum.probability) * width / {count}"),
            color=colour,
            **bar,
        ),
        chosen.mark_text(**words, fontWeight=600, fontSize=13).encode(
            x=left, y=pixels(f"{top + 16} + datum.down"), text="share:N"
        ),
        chosen.mark_text(**words, lineHeight=14, limit=alt.ExprRef(f"width / {count} - 6")).encode(
            x=left, y=pixels(f"{top + 34} + datum.down"), text="words:N"
        ),
    ]
    return top + _legend_height(len(classes)) - GAP


def _legend_height(classes: int) -> int:
    return GAP + (LEGEND - GAP) * math.ceil(classes / BESIDE)


def _links(top: int, bottom: int) -> alt.Chart:
    """From every source column to the chosen step, as strong as its weight."""
    return (
        of("links")
        .transform_filter(HERE)
        .transform_filter("datum.weight > 0.005")
        .transform_calculate(site="'attention'")
        .mark_rule(color=theme.ACCENT, strokeCap="round", cursor="pointer")
        .encode(
            x=x_at("x"),
            x2="x2:Q",
            y=alt.value(top + LINE + 4),
            y2=alt.value(bottom),
            strokeWidth=alt.StrokeWidth(
                "weight:Q", scale=alt.Scale(domain=[0, 1], range=[0.5, 14]), legend=None
            ),
            opacity=alt.Opacity("weight:Q", scale=alt.Scale(domain=[0, 1], range=[0.35, 0.9]), legend=None),
            tooltip=[
                building_blocks.tip("source", _("looks at"), "text"),
                building_blocks.tip("token", _("outputs"), "text"),
                building_blocks.tip("weight", _("weight"), "share"),
            ],
        )
    )
