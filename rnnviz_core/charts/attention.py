"""Templates of the attention page."""

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, theme


@cached
def weights() -> alt.VConcatChart:
    """Sentiment: the weight of every token, and its score. Dataset: ``row`` (`frames.attention.row`)."""
    chart = alt.vconcat(
        _weight_bars(
            building_blocks.READS, _("Attention weights"), _("They sum to 100 %; dashed: equal weights"), 240
        ),
        _score_bars(building_blocks.READS, _("Scores behind them"), 150),
        spacing=24,
    )
    return theme.finish(chart)


def row_height(rows: int) -> int:
    """Pixels of a row of the matrix: many rows are thinner, so that the bars below stay in sight."""
    return 24 if rows <= 16 else 16 if rows <= 32 else 10


@cached
def alignment(row: int = 24) -> alt.VConcatChart:
    """Translation: target x source, and the chosen target row as bars; a click chooses.

    `row` is the height of a row of the matrix in pixels.

    Datasets: ``alignment`` (`frames.attention.alignment`), ``chosen`` (`chosen_row`), ``row`` (`row`).
    Selection: ``cell``, with ``target_position`` as ``position``.
    """
    y = building_blocks.tokens_y(_(building_blocks.TARGET), field="target", sort="target_position")
    matrix = _matrix().add_params(building_blocks.cell_click("target_position"))
    frame = alt.Chart(alt.NamedData("chosen")).encode(y=y, tooltip=alt.value(None))
    rows = alt.layer(
        matrix,
        frame.mark_rect(filled=False, stroke=theme.CHOSEN_EDGE, strokeWidth=4),
        frame.mark_rect(filled=False, stroke=theme.CHOSEN, strokeWidth=1.5),
        name="matrix",
    ).properties(
        title=building_blocks.heading(_("Where each word looked"), _("Every row sums to 100 %; click one")),
        height=alt.Step(row),
    )
    chart = alt.vconcat(
        rows,
        _weight_bars(building_blocks.SOURCE, _("The framed row"), _("Dashed: equal weights"), 140),
        _score_bars(building_blocks.SOURCE, _("Its scores"), 120),
        spacing=24,
    )
    return theme.finish(chart.resolve_scale(color="independent"))


@cached
def small_alignment() -> alt.Chart:
    """Target x source alone, to stand beside others. Dataset: ``alignment``."""
    matrix = _matrix("looks_x", legend=80).properties(
        title=building_blocks.heading(_("Where each word looked")), height=alt.Step(20)
    )
    return theme.finish(matrix)


@cached
def small_weights() -> alt.LayerChart:
    """Sentiment: the weights alone, to stand beside others. Dataset: ``row``."""
    return theme.finish(
        _weight_bars(building_blocks.READS, _("Attention weights"), _("Dashed: equal weights"), 180)
    )


@cached
def entropy_bars() -> alt.LayerChart:
    """Translation: how spread the attention of every target token is; a click chooses.

    Datasets: ``entropy`` (`frames.attention.entropies`), ``chosen`` (`frames.tokens.one_step`).
    """
    x = building_blocks.tokens_x(building_blocks.TARGET)
    base = alt.Chart(alt.NamedData("entropy"))
    tipped = base.encode(
        x=x,
        tooltip=[
            *building_blocks.step_tips(),
            building_blocks.tip("entropy", _("entropy in bits")),
            alt.Tooltip("words:Q", format=".1f", title=_("as spread out as over this many tokens")),
            building_blocks.tip("most", _("largest possible")),
        ],
    )
    bars = tipped.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y("entropy:Q", title=_("entropy, bits")).axis(grid=True, tickCount=5)
    )
    rule = base.mark_rule(strokeDash=[4, 3]).encode(y="mean(most):Q")
    chart = alt.layer(
        building_blocks.chosen_band(x),
        bars,
        rule,
        *building_blocks.reach(base, "y", "high"),
        building_blocks.whole_columns(tipped, "position"),
    )
    return theme.finish(
        chart.properties(
            title=building_blocks.heading(
                _("Entropy of the attention"), _("0 bits: one token only; dashed: all alike")
            ),
            height=220,
        )
    )


def _matrix(scale: str = "matrix_x", legend: int = 150) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("alignment"), name="looks")
        .mark_rect(cursor="pointer")
        .encode(
            x=building_blocks.tokens_x(building_blocks.SOURCE, scale=scale),
            y=building_blocks.tokens_y(_(building_blocks.TARGET), field="target", sort="target_position"),
            color=building_blocks.colour(
                "weight", theme.sequential(), _("weight"), [0, 0.5, 1], length=legend
            ),
            tooltip=[
                building_blocks.tip("target_token", _("outputs"), "text"),
                building_blocks.tip("token", _("looks at"), "text"),
                building_blocks.tip("weight", _("weight"), "share"),
                building_blocks.tip("score", _("score")),
            ],
        )
    )


def _row_tips() -> list[alt.Tooltip]:
    return [
        *building_blocks.step_tips(),
        building_blocks.tip("weight", _("weight"), "share"),
        building_blocks.tip("score", _("score")),
    ]


def _weight_bars(tokens: str, title: str, subtitle: str, height: int) -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("row"))
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        x=building_blocks.tokens_x(tokens, scale="weights_x"),
        y=alt.Y("weight:Q", title=_("weight")).axis(
            format=".0%", grid=True, tickCount=5, minExtent=building_blocks.SIDE
        ),
        tooltip=_row_tips(),
    )
    whole = alt.Chart(alt.NamedData("row"))
    equal = whole.mark_rule(strokeDash=[4, 3]).encode(y="mean(equal):Q")
    return alt.layer(bars, equal, *building_blocks.reach(whole, "y", "high"), name="weights").properties(
        title=building_blocks.heading(title, subtitle), height=height
    )


def _score_bars(tokens: str, title: str, height: int) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("row"), name="scores")
        .mark_bar(color=theme.OUTLINE, cornerRadiusEnd=2)
        .encode(
            x=building_blocks.tokens_x(tokens, scale="scores_x"),
            y=alt.Y("score:Q", title=_("score")).axis(grid=True, tickCount=5, minExtent=building_blocks.SIDE),
            tooltip=_row_tips(),
        )
        .properties(
            title=building_blocks.heading(title, _("Softmax turns these into the weights")), height=height
        )
    )
