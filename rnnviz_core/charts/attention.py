"""Templates of the attention page."""

from functools import cache

import altair as alt

from . import parts, theme


@cache
def weights() -> alt.VConcatChart:
    """Sentiment: the weight of every token, and its score. Dataset: ``row`` (`frames.attention.row`)."""
    chart = alt.vconcat(
        _weight_bars(parts.READS, "Attention weights", "They sum to 100 %; dashed: equal weights", 240),
        _score_bars(parts.READS, "Scores behind them", 150),
        spacing=24,
    )
    return theme.finish(chart)


def row_height(rows: int) -> int:
    """Pixels of a row of the matrix: many rows are thinner, so that the bars below stay in sight."""
    return 24 if rows <= 16 else 16 if rows <= 32 else 10


@cache
def alignment(row: int = 24) -> alt.VConcatChart:
    """Translation: target x source, and the chosen target row as bars; a click chooses.

    `row` is the height of a row of the matrix in pixels.

    Datasets: ``alignment`` (`frames.attention.alignment`), ``chosen`` (`chosen_row`), ``row`` (`row`).
    Selection: ``cell``, with ``target_position`` as ``position``.
    """
    y = parts.tokens_y(parts.TARGET, field="target", sort="target_position")
    matrix = _matrix().add_params(parts.cell_click("target_position"))
    frame = alt.Chart(alt.NamedData("chosen")).encode(y=y, tooltip=alt.value(None))
    rows = alt.layer(
        matrix,
        frame.mark_rect(filled=False, stroke=theme.CHOSEN_EDGE, strokeWidth=4),
        frame.mark_rect(filled=False, stroke=theme.CHOSEN, strokeWidth=1.5),
        name="matrix",
    ).properties(
        title=parts.heading("Where each word looked", "Every row sums to 100 %; click one"),
        height=alt.Step(row),
    )
    chart = alt.vconcat(
        rows,
        _weight_bars(parts.SOURCE, "The framed row", "Dashed: equal weights", 140),
        _score_bars(parts.SOURCE, "Its scores", 120),
        spacing=24,
    )
    return theme.finish(chart.resolve_scale(color="independent"))


@cache
def small_alignment() -> alt.Chart:
    """Target x source alone, to stand beside others. Dataset: ``alignment``."""
    matrix = _matrix("looks_x", legend=80).properties(
        title=parts.heading("Where each word looked"), height=alt.Step(20)
    )
    return theme.finish(matrix)


@cache
def small_weights() -> alt.LayerChart:
    """Sentiment: the weights alone, to stand beside others. Dataset: ``row``."""
    return theme.finish(_weight_bars(parts.READS, "Attention weights", "Dashed: equal weights", 180))


@cache
def entropy_bars() -> alt.LayerChart:
    """Translation: how spread the attention of every target token is; a click chooses.

    Datasets: ``entropy`` (`frames.attention.entropies`), ``chosen`` (`frames.tokens.one_step`).
    """
    x = parts.tokens_x(parts.TARGET)
    base = alt.Chart(alt.NamedData("entropy"))
    tipped = base.encode(
        x=x,
        tooltip=[
            *parts.step_tips(),
            parts.tip("entropy", "entropy in bits"),
            alt.Tooltip("words:Q", format=".1f", title="as spread over this many tokens"),
            parts.tip("most", "largest possible"),
        ],
    )
    bars = tipped.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y("entropy:Q", title="entropy, bits").axis(grid=True, tickCount=5)
    )
    rule = base.mark_rule(strokeDash=[4, 3]).encode(y="mean(most):Q")
    chart = alt.layer(
        parts.chosen_band(x),
        bars,
        rule,
        *parts.reach(base, "y", "high"),
        parts.whole_columns(tipped, "position"),
    )
    return theme.finish(
        chart.properties(
            title=parts.heading("How spread each look is", "0 bits: one token only; dashed: all alike"),
            height=220,
        )
    )


def _matrix(scale: str = "matrix_x", legend: int = 150) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("alignment"), name="looks")
        .mark_rect(cursor="pointer")
        .encode(
            x=parts.tokens_x(parts.SOURCE, scale=scale),
            y=parts.tokens_y(parts.TARGET, field="target", sort="target_position"),
            color=parts.colour("weight", theme.sequential(), "weight", [0, 0.5, 1], length=legend),
            tooltip=[
                parts.tip("target_token", "writes", "text"),
                parts.tip("token", "looks at", "text"),
                parts.tip("weight", "weight", "share"),
                parts.tip("score", "score"),
            ],
        )
    )


def _row_tips() -> list[alt.Tooltip]:
    return [*parts.step_tips(), parts.tip("weight", "weight", "share"), parts.tip("score", "score")]


def _weight_bars(tokens: str, title: str, subtitle: str, height: int) -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("row"))
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        x=parts.tokens_x(tokens, scale="weights_x"),
        y=alt.Y("weight:Q", title="weight").axis(format=".0%", grid=True, tickCount=5),
        tooltip=_row_tips(),
    )
    whole = alt.Chart(alt.NamedData("row"))
    equal = whole.mark_rule(strokeDash=[4, 3]).encode(y="mean(equal):Q")
    return alt.layer(bars, equal, *parts.reach(whole, "y", "high"), name="weights").properties(
        title=parts.heading(title, subtitle), height=height
    )


def _score_bars(tokens: str, title: str, height: int) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("row"), name="scores")
        .mark_bar(color=theme.OUTLINE, cornerRadiusEnd=2)
        .encode(
            x=parts.tokens_x(tokens, scale="scores_x"),
            y=alt.Y("score:Q", title="score").axis(grid=True, tickCount=5),
            tooltip=_row_tips(),
        )
        .properties(title=parts.heading(title, "Softmax turns these into the weights"), height=height)
    )
