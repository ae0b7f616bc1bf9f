"""Templates of the gradients page: lengths on a logarithmic axis, pairs of steps, a step's Jacobian."""

import altair as alt

from rnnviz_core.languages import N_, _, cached

from . import building_blocks as parts
from . import spoken, theme

DASHES = ([1, 0], [7, 3], [2, 2], [7, 2, 2, 2])
DECADES = [10.0**power for power in range(-30, 31)]  # lines of a logarithmic axis; those outside are left out
WRITTEN = (
    "datum.value >= 0.0001 && datum.value < 100000 ? format(datum.value, ',~r') : format(datum.value, '.0e')"
)


def _looks(kinds: tuple[str, ...], columns: int) -> tuple[alt.Color, alt.StrokeDash]:
    colours = [theme.LINE_COLOURS[number % len(theme.LINE_COLOURS)] for number in range(len(kinds))]
    colour = alt.Color(
        "kind:N",
        title=None,
        sort=list(kinds),
        scale=alt.Scale(domain=list(kinds), range=colours),
        legend=alt.Legend(
            orient="top",
            direction="horizontal",
            symbolType="stroke",
            symbolOpacity=1,
            columns=columns,
            labelLimit=260,
            **spoken.labels(kinds),
        ),
    )
    dash = alt.StrokeDash(
        "kind:N",
        sort=list(kinds),
        scale=alt.Scale(
            domain=list(kinds), range=[DASHES[number % len(DASHES)] for number in range(len(kinds))]
        ),
    )
    return colour, dash


@cached
def lengths(kinds: tuple[str, ...], part: str, title: str, subtitle: str, axis: str = "") -> alt.LayerChart:
    """Curves of lengths on a logarithmic axis, a line of the grid for every factor of ten.

    Datasets: ``lengths`` (`frames.gradients.curves`), ``chosen`` (`frames.tokens.one_step`). Selection:
    ``cell``, with ``position``.
    """
    x = parts.tokens_x(parts.steps_title(part))
    y = alt.Y(
        "value:Q", title=axis or _("length of the gradient"), scale=alt.Scale(type="log", nice=True)
    ).axis(grid=True, labelExpr=WRITTEN, values=DECADES, labelOverlap="greedy")
    base = alt.Chart(alt.NamedData("lengths")).transform_calculate(**spoken.column("kind", kinds))
    colour, dash = _looks(kinds, 2 if max(map(len, kinds)) <= 22 else 1)
    tips = [
        *parts.step_tips(),
        spoken.tip("kind", _("line"), kinds),
        alt.Tooltip("length:Q", title=_("length"), format=".3~g"),
    ]
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, strokeDash=dash)
    dots = base.mark_point(filled=True, size=26, opacity=parts.dots()).encode(
        x=x, y=y, color=colour, tooltip=tips
    )
    columns = parts.whole_columns(base, "position").encode(x=x, tooltip=alt.value(None))
    return theme.finish(
        alt.layer(columns, parts.chosen_band(x), lines, dots).properties(
            title=parts.heading(title, *subtitle.split("\n")), height=300
        )
    )


@cached
def pairs(count: int, part: str, low: int) -> alt.LayerChart:
    """How a change of one step arrives at a later one, for every pair; colour by powers of ten.

    Datasets: ``pairs`` (`frames.gradients.grid`), ``chosen`` (`frames.tokens.one_step`). Selection: ``cell``,
    with ``position``. `low` is the power of ten at the dark end.
    """
    title = parts.steps_title(part)
    side = max(140, min(560, count * max(3, min(24, 420 // count))))
    x = parts.tokens_x(_("changed at: {title}", title=_(title)))
    most = spoken.quoted(_("1 and more"))
    y = parts.tokens_y(_("seen at"), field="row_tick", sort="row")
    cells = (
        alt.Chart(alt.NamedData("pairs"))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "shade:Q",
                scale=theme.between(low, 0.0),
                title=_("arrives as"),
                legend=alt.Legend(
                    orient="top",
                    direction="horizontal",
                    titleOrient="left",
                    gradientLength=180,
                    gradientThickness=10,
                    values=[low, low / 2, 0],
                    labelExpr=f"datum.value == 0 ? {most} : format(pow(10, datum.value), '.1~g')",
                ),
            ),
            tooltip=[
                parts.tip("token", _("changed at"), "text"),
                parts.tip("row_token", _("seen at"), "text"),
                alt.Tooltip("value:Q", title=_("a change of 1 arrives as"), format=".3~g"),
            ],
        )
        .add_params(parts.cell_click("position"))
    )
    return theme.finish(
        alt.layer(cells, parts.chosen_column(x)).properties(
            title=parts.heading(
                _("How much of a change arrives"), _("Column: the step that is changed; row: a later one")
            ),
            height=side,
        )
    )


@cached
def clipping(factors: tuple[str, ...], limit: float | None) -> alt.LayerChart:
    """The gradient by the recurrent weights for every factor, as it is and clipped.

    Dataset: ``clipped`` (`frames.gradients.clipped`).
    """
    kinds = (N_("as it is"), N_("clipped"))[: 1 if limit is None else 2]
    colour, dash = _looks(kinds, 2)
    base = alt.Chart(alt.NamedData("clipped")).transform_calculate(**spoken.column("kind", kinds))
    x = alt.X("factor:O", title=_("recurrent weights times"), sort=list(factors)).axis(labelAngle=0)
    y = alt.Y("length:Q", title=_("length"), scale=alt.Scale(type="log", nice=True)).axis(
        grid=True, labelExpr=WRITTEN, values=DECADES, labelOverlap="greedy"
    )
    tips = [
        parts.tip("factor", _("weights times"), "text"),
        spoken.tip("kind", _("gradient"), kinds),
        alt.Tooltip("length:Q", title=_("length"), format=".3~g"),
    ]
    lines = base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    dots = base.mark_point(filled=True, size=40, opacity=1).encode(x=x, y=y, color=colour, tooltip=tips)
    return theme.finish(
        alt.layer(lines, dots).properties(
            title=parts.heading(
                _("By the recurrent weights"), _("Length of the whole gradient that training sees")
            ),
            height=200,
        )
    )


@cached
def jacobian(rows: int, columns: int) -> alt.Chart:
    """One step's Jacobian as a heatmap. Dataset: ``jacobian`` (`frames.gradients.matrix`)."""

    def every(count: int) -> list[int]:
        return list(range(0, count, max(4, 2 ** max(0, (count // 8 - 1).bit_length()))))

    return theme.finish(
        alt.Chart(alt.NamedData("jacobian"))
        .mark_rect()
        .encode(
            x=alt.X("column:O", title=_("unit before the step"), sort="ascending").axis(
                labelOverlap="greedy", labelAngle=0, values=every(columns)
            ),
            y=alt.Y("unit:O", title=_("unit after it"), sort="ascending").axis(
                labelOverlap="greedy", values=every(rows)
            ),
            color=parts.colour("shade", theme.diverging(), _("of the largest"), [-1, 0, 1]),
            tooltip=[
                alt.Tooltip("unit:O", title=_("unit after")),
                alt.Tooltip("column:O", title=_("unit before")),
                parts.tip("value", _("derivative")),
            ],
        )
        .properties(
            title=parts.heading(_("The step’s Jacobian"), _("What a change of one unit does to another")),
            height=max(120, rows * max(1, min(24, 288 // rows))),
        )
    )
