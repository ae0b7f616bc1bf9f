"""Templates of the memory ledger: what is left of every earlier token."""

import altair as alt

from rnnviz_core.languages import _, cached, pgettext

from . import building_blocks, theme
from .states import LIMITS, panel_height


@cached
def ledger(name: str, units: int, part: str = "encoder") -> alt.VConcatChart:
    """Lengths, every unit, and the chosen unit as a sum, above each other on one token axis.

    Datasets: ``lengths`` (`frames.memory.in_norm`), ``left`` (`frames.memory.per_unit`), ``shares``
    (`frames.memory.of_unit`). Selection: ``cell`` of the middle panel, with ``unit``.
    """
    panels = (_lengths(name, part), _units(name, units, part), _unit(name, part))
    return theme.finish(alt.vconcat(*panels, spacing=20).resolve_scale(color="independent"))


def _x(part: str, scale: str) -> alt.X:
    return building_blocks.tokens_x(building_blocks.steps_title(part), scale=scale)


def written_and_left(name: str, title: alt.Title, axis: str, tips: list[alt.Tooltip]) -> alt.LayerChart:
    """A panel of lengths: a dashed bar for what a token wrote, a filled one for what is left of it.

    Dataset: ``lengths``, with ``written`` and ``left``. `name` is the state, `axis` the tokens' title.
    """
    base = alt.Chart(alt.NamedData("lengths")).encode(
        x=building_blocks.tokens_x(axis, scale="lengths_x"),
        tooltip=[*building_blocks.step_tips(), building_blocks.tip("written", _("written (length)")), *tips],
    )
    few = f"bandwidth('lengths_x') >= {building_blocks.NEAR}"  # dashes of many bars would be a blur
    written = (
        base.transform_filter("datum.written > 0")
        .mark_bar(
            filled=False,
            stroke=theme.OUTLINE,
            strokeWidth=alt.ExprRef(f"{few} ? 1.5 : 0.75"),
            strokeDash=alt.ExprRef(f"{few} ? [3, 2] : []"),
            cornerRadiusEnd=2,
        )
        .encode(
            y=alt.Y("written:Q", title=_("length")).axis(
                grid=True, tickCount=5, minExtent=building_blocks.SIDE
            )
        )
    )
    left = base.mark_bar(color=theme.STATE_COLOURS[name], cornerRadiusEnd=2).encode(
        y=alt.Y("left:Q", title=_("length"))
    )
    return alt.layer(left, written, name="lengths").properties(title=title, height=180)


def _lengths(name: str, part: str) -> alt.LayerChart:
    tips = [
        building_blocks.tip("left", _("left (length)")),
        building_blocks.tip("share", _("left of what was written"), "share"),
        building_blocks.tip("along", _("along the state")),
    ]
    title = building_blocks.heading(_("Written and left"), _("Outline: when it was read; filled: left now"))
    return written_and_left(name, title, building_blocks.steps_title(part), tips)


def _units(name: str, units: int, part: str) -> alt.Chart:
    limit = LIMITS[name]
    return (
        alt.Chart(alt.NamedData("left"), name="units")
        .mark_rect(cursor="pointer")
        .encode(
            x=_x(part, "units_x"),
            y=building_blocks.rows_y(
                "unit", units, _("unit"), theme.STATE_COLOURS[name], room=building_blocks.SIDE
            ),
            color=building_blocks.colour(
                "value", theme.diverging(limit), pgettext("what remains", "left"), [-limit, 0, limit]
            ),
            tooltip=[
                *building_blocks.step_tips(),
                alt.Tooltip("unit:O", title=_("unit")),
                building_blocks.tip("written", _("written when it was read")),
                building_blocks.tip("value", _("left of it now")),
            ],
        )
        .add_params(building_blocks.cell_click("unit"))
        .properties(
            title=building_blocks.heading(
                _("What is left of each step"), _("A row sums to its unit’s state; click one")
            ),
            height=panel_height(units),
        )
    )


def _unit(name: str, part: str) -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("shares")).encode(
        x=_x(part, "unit_x"),
        tooltip=[
            *building_blocks.step_tips(),
            building_blocks.tip("written", _("written when it was read")),
            building_blocks.tip("value", _("left of it now")),
            building_blocks.tip("state", _("the unit’s state")),
        ],
    )
    bars = base.mark_bar(color=theme.STATE_COLOURS[name], cornerRadiusEnd=2).encode(
        y=alt.Y("value:Q", title=_("left in this unit")).axis(
            grid=True, tickCount=5, minExtent=building_blocks.SIDE
        )
    )
    whole = alt.Chart(alt.NamedData("shares"))
    zero = whole.mark_rule().encode(y=alt.datum(0))
    state = whole.mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(y="mean(state):Q")
    return alt.layer(bars, zero, state, name="unit").properties(
        title=building_blocks.heading(_("The chosen unit as a sum"), _("The bars add up to the dashed line")),
        height=180,
    )
