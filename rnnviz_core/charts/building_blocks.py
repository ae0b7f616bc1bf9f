"""Building blocks of the templates: token axes, tooltips, heatmaps.

Token axes are keyed by ``tick``, a unique text with a sortable prefix; the axis prints what follows
the prefix, sorted by a position field of the rows. So repeated pieces stay apart and nothing in a
template depends on the text.
"""

from typing import Any, Literal

import altair as alt

from rnnviz_core.languages import N_, _, pgettext

from . import spoken, theme

TICK_PREFIX = 5  # characters of a tick that the axis hides (see frames.tokens)
READS = N_("tokens, in reading order")
TIME = N_("steps, in time")  # where numbers are read
SOURCE, TARGET = N_("source tokens"), N_("target tokens")  # where there are two texts
STEPS = N_("token read → token output")
ROOM = 50  # px a token needs for a label that lies flat
UPRIGHT = 14  # px that a label takes which stands upright
LINE = 24  # px a line of text takes at the top of a plot
SIDE = 36  # px that labels at the side take at least, so that titles of panels line up
NEAR = 8  # px from dot to dot, below which a line has none
UNDER = 36  # px under a plot, for the numbers of units
RING = 8  # px from the middle of a ring to its outer edge
PUSHES = (N_("pushes up"), N_("pushes down"))  # what a summand does
BIAS = (N_("bias"),)  # among summands, beside the units
HIDDEN = alt.Axis(labels=False, aria=False)


def label(scale: str = "x", *, room: int = ROOM) -> dict[str, Any]:
    """Axis settings that print token texts: flat where there is room, else upright."""
    flat = f"bandwidth('{scale}') >= {room}"
    mark = f"slice(datum.value, {TICK_PREFIX - 1}, {TICK_PREFIX})"  # of a long text: frames.tokens.priorities
    fits = f"{mark} == ' ' || toNumber({mark}) >= ceil({UPRIGHT} / bandwidth('{scale}'))"
    return {
        "labelExpr": f"{fits} ? slice(datum.value, {TICK_PREFIX}) : ''",
        "labelAngle": alt.ExprRef(f"{flat} ? 0 : -90"),
        "labelAlign": alt.ExprRef(f"{flat} ? 'center' : 'right'"),
        "labelBaseline": alt.ExprRef(f"{flat} ? 'top' : 'middle'"),
        "labelLimit": alt.ExprRef(f"{flat} ? 1.1 * bandwidth('{scale}') : 132"),
        "labelOverlap": "greedy",
        "labelSeparation": 1,
    }


def steps_title(part: str) -> str:
    """The title of a token axis, a constant: a decoder's steps read one piece and write another.

    `part` is ``encoder``, ``decoder``, or ``numbers`` for an encoder that reads them
    (`frames.tokens.axis_of`).
    """
    return {"decoder": STEPS, "numbers": TIME}.get(part, READS)


def tokens_x(title: str = READS, *, scale: str = "x", labels: bool = True) -> alt.X:
    """The token axis: keyed by ``tick``, sorted by ``position``, labelled with the pieces.

    A token has a band also where lines are drawn, so that the columns of all charts line up. The room
    between bands follows from the mark: bars leave some, a heatmap none. Without `labels` the axis is
    left to the panel below. A `title` that is one of the constants above is translated here.
    """
    room = 2 * ROOM if title == STEPS else ROOM
    title = _(title)
    return alt.X(
        "tick:O",
        title=title if labels else None,
        sort=alt.EncodingSortField("position", op="min", order="ascending"),
        scale=alt.Scale(type="band"),
        axis=alt.Axis(**label(scale, room=room), description=title) if labels else HIDDEN,
    )


def tokens_y(title: str, *, field: str, sort: str, mark: str | None = None) -> alt.Y:
    """Tokens down the side, top first; an arrow points at the position that the expression `mark` gives."""
    text = f"slice(datum.value, {TICK_PREFIX})"
    if mark:
        text = f"(toNumber(slice(datum.value, 0, {TICK_PREFIX - 1})) == {mark} ? '→ ' : '') + {text}"
    return alt.Y(
        f"{field}:O",
        title=title,
        sort=alt.EncodingSortField(sort, op="min", order="ascending"),
        axis=alt.Axis(labelExpr=text, labelOverlap="greedy", labelLimit=120, description=title or _("names")),
    )


def rows_y(
    field: str, count: int, title: str, edge: str | None = None, *, numbers: bool = True, room: int = 0
) -> alt.Y:
    """Units or dimensions down the side, number 0 on top, a label every so often.

    `edge` is the colour of a strip along the side that tells what the heatmap is about; without `numbers`
    the rows are not labelled, because they stand in another order. `room` is what the labels take at least.
    """
    strip: dict[str, Any] = {"domain": True, "domainColor": edge, "domainWidth": 5} if edge else {}
    strip |= {"minExtent": room} if room else {}
    every = max(4, 2 ** max(0, (count // 8 - 1).bit_length()))
    return alt.Y(
        f"{field}:O",
        title=title,
        sort="ascending",
        scale=alt.Scale(domain=list(range(count))),
        axis=alt.Axis(values=list(range(0, count, every)), labelOverlap="greedy", labels=numbers, **strip),
    )


def rows_height(count: int) -> int:
    """A whole number of pixels per row, so that rows are even: 64 take 256 px, 256 take 512 px."""
    if count <= 100:
        return count * min(12, max(3, 256 // count))
    return count * (3 if count <= 160 else 2 if count <= 400 else 1)


def colour(
    field: str, scale: alt.Scale, title: str, ticks: list[float], *, length: int = 150, shares: bool = False
) -> alt.Color:
    """Colour with its legend, `length` px long, flat above the plot; `shares` are written in per cent."""
    return alt.Color(
        f"{field}:Q",
        scale=scale,
        title=title,
        legend=alt.Legend(
            orient="top",
            direction="horizontal",
            titleOrient="left",
            titleLimit=200,
            gradientLength=length,
            gradientThickness=10,
            values=ticks,
            **({"format": ".0%"} if shares else {}),
        ),
    )


def tip(field: str, title: str, kind: Literal["number", "text", "share"] = "number") -> alt.Tooltip:
    """One line of a tooltip; a number carries four digits, as one reads it in a formula."""
    match kind:
        case "text":
            return alt.Tooltip(f"{field}:N", title=title)
        case "share":
            return alt.Tooltip(f"{field}:Q", title=title, format=".1%")
        case "number":
            return alt.Tooltip(f"{field}:Q", title=title, format=".4~f")


def step_tips() -> list[alt.Tooltip]:
    """The first lines of a tooltip about a step."""
    return [tip("token", _("token"), "text"), alt.Tooltip("position:Q", title=_("step t"), format="d")]


def heading(text: str, *subtitle: str) -> alt.Title:
    """A chart's title with a line or two in plain words under it; short, so that a phone shows them."""
    return alt.Title(text, subtitle=list(subtitle))


def cell_click(*fields: str) -> alt.Parameter:
    """The selection ``cell``: a click adds the `fields` of the row under it, or takes them out again.

    So every click changes it, and a second one on the same row is heard too (`ui.clicks`).
    """
    return alt.selection_point(name="cell", fields=list(fields), on="click", clear=False, toggle="true")


def shared_click(panels: alt.VConcatChart, *fields: str) -> alt.VConcatChart:
    """`cell_click` in every panel at once: each is a layered chart whose first layer has a name."""
    select = alt.PointSelectionConfig(
        type="point", fields=list(fields), on="click", clear=False, toggle="true"
    )
    views = [panel.layer[0].name for panel in panels.vconcat]  # Altair has numbered the names by now
    panels.params = [alt.TopLevelSelectionParameter(name="cell", select=select, views=views)]
    return panels


def chosen_column(x: alt.X) -> alt.LayerChart:
    """The outline of the chosen token's column: the one row of the dataset ``chosen``."""
    base = alt.Chart(alt.NamedData("chosen")).encode(x=x, tooltip=alt.value(None))
    return alt.layer(
        base.mark_rect(filled=False, stroke=theme.CHOSEN_EDGE, strokeWidth=4),
        base.mark_rect(filled=False, stroke=theme.CHOSEN, strokeWidth=1.5),
    )


def whole_columns(base: alt.Chart, *fields: str) -> alt.Chart:
    """Unseen columns over the whole height: a click beside a short bar counts, too."""
    columns = base.mark_rect(opacity=0, cursor="pointer", aria=False)
    return columns.add_params(cell_click(*fields))


def chosen_band(x: alt.X) -> alt.Chart:
    """The chosen token's column as a shade behind lines or bars; dataset ``chosen``."""
    base = alt.Chart(alt.NamedData("chosen")).encode(x=x, tooltip=alt.value(None))
    return base.mark_rect(color=theme.either(theme.MUTED), opacity=0.2)


def chosen_ring(x: alt.X, row: float, height: int, field: str = "unit") -> list[alt.Chart]:
    """A ring around the chosen cell, easy to find however thin its row is; dataset ``chosen``.

    `row` is a row's height, `height` the plot's, which the ring does not leave; `field` counts the rows.
    """
    middle = alt.value(alt.ExprRef(f"clamp((datum.{field} + 0.5) * {row}, {RING}, {height - RING})"))
    base = alt.Chart(alt.NamedData("chosen")).transform_filter("datum.unit >= 0")
    base = base.encode(x=x, y=middle, tooltip=alt.value(None))
    return [
        base.mark_point(filled=False, opacity=1, size=110, stroke=theme.CHOSEN_EDGE, strokeWidth=4.5),
        base.mark_point(filled=False, opacity=1, size=110, stroke=theme.CHOSEN, strokeWidth=2),
    ]


def unit_numbers(base: alt.Chart, x: alt.X, number: str = "rank") -> alt.Chart:
    """The numbers of units under their bars: as many as can be read; `number` counts the bars from the left.

    The column ``name`` says ``unit 12``; what is not a unit is named in full. The axis needs `UNDER` px.
    """
    shown = f"datum.{number} % ceil({theme.LABEL + 1} / bandwidth('x')) == 0 ? 1 : 0"
    unit = spoken.quoted(_("unit {unit}", unit=""))
    return (
        base.transform_calculate(short=spoken.look_up(f"replace(datum.name, {unit}, '')", BIAS))
        .mark_text(angle=270, align="right", baseline="middle", aria=False, tooltip=None)
        .encode(
            x=x,
            y=alt.value(alt.ExprRef("height + 5")),
            text="short:N",
            opacity=alt.value(alt.ExprRef(shown)),
        )
    )


def class_menu(classes: tuple[str, ...], chosen: str, title: str = "") -> alt.Parameter:
    """The parameter ``class_``: a menu under the chart, `chosen` first.

    With a `title` of their own they are not classes, but values that are marked where they stand.
    """
    said = {name: _(name) for name in classes} if title else spoken.classes(classes)
    named = {"labels": [said.get(name, name) for name in classes]} if spoken.labels(said) else {}
    menu = alt.binding_select(
        options=list(classes), name=title or pgettext("of a model's answers", "Class") + " ", **named
    )
    return alt.param(name="class_", value=chosen, bind=menu)


def pushes_legend() -> alt.Legend:
    """The legend of `PUSHES`."""
    return alt.Legend(orient="top", direction="horizontal", **spoken.labels(PUSHES))


def reach(base: alt.Chart, channel: Literal["x", "y"], *fields: str) -> list[alt.Chart]:
    """Unseen marks at `fields` (the same on every row): they stretch the axis to what stands beside."""
    kind = alt.X if channel == "x" else alt.Y
    return [
        base.mark_point(opacity=0, aria=False).encode(kind(f"max({field}):Q"), tooltip=alt.value(None))
        for field in fields
    ]


def dots(scale: str = "x") -> alt.ExprRef:
    """How opaque a line's dots are: so many that they touch are not seen, but a hover still finds them."""
    return alt.ExprRef(f"bandwidth('{scale}') < {NEAR} ? 0 : 1")


def under_a_line() -> alt.Scale:
    """A y scale that leaves a line of text free above everything that is drawn."""
    return alt.Scale(range=[alt.ExprRef("height"), LINE])


def words_on_top(mark: alt.Chart, **encoding: Any) -> list[alt.Chart]:
    """A text mark that stays readable on lines and dots: first its halo in the page's colour, then itself."""
    halo = mark.copy(deep=True)
    halo.mark.stroke, halo.mark.strokeWidth = alt.ExprRef("background"), 4
    halo.mark.strokeJoin, halo.mark.tooltip, halo.mark.aria = "round", None, False
    return [halo.encode(**{**encoding, "tooltip": alt.value(None)}), mark.encode(**encoding)]
