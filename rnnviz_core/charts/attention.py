"""Templates of the attention page."""

from functools import cache

import altair as alt

from . import parts, theme


@cache
def weight_bars() -> alt.LayerChart:
    """Sentiment: the weight of every token. Dataset: ``weights`` (`frames.attention.weights`)."""
    base = alt.Chart(alt.NamedData("weights")).encode(
        x=parts.tokens_x(),
        tooltip=[*parts.step_tips(), parts.tip("weight", "weight", "share"), parts.tip("score", "score")],
    )
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y("weight:Q", title="weight").axis(format=".0%", grid=True, tickCount=5)
    )
    chart = alt.layer(bars, _equal_rule("weights")).properties(
        title=parts.heading("Attention weights", "They sum to 100 %; dashed: equal weights"), height=260
    )
    return theme.finish(chart)


@cache
def score_bars() -> alt.Chart:
    """Sentiment: the score of every token, before softmax. Dataset: ``weights``."""
    chart = (
        alt.Chart(alt.NamedData("weights"))
        .mark_bar(color=theme.OUTLINE, cornerRadiusEnd=2)
        .encode(
            x=parts.tokens_x(),
            y=alt.Y("score:Q", title="score").axis(grid=True, tickCount=5),
            tooltip=[*parts.step_tips(), parts.tip("score", "score"), parts.tip("weight", "weight", "share")],
        )
        .properties(title=parts.heading("Scores behind them", "Softmax turns these into weights"), height=200)
    )
    return theme.finish(chart)


@cache
def alignment() -> alt.VConcatChart:
    """Translation: target x source, and the chosen target row as bars; a click chooses.

    Dataset: ``alignment`` (`frames.attention.alignment`). Selection: ``row``, with ``target_position``.
    """
    row = alt.selection_point(
        name="row", fields=["target_position"], on="click", clear=False, value=[{"target_position": 0}]
    )
    tips = [
        parts.tip("target_token", "writes", "text"),
        parts.tip("token", "looks at", "text"),
        parts.tip("weight", "weight", "share"),
        parts.tip("score", "score"),
    ]
    # A sentence can be shorter than the one the row was chosen in: then its last row is meant.
    chosen = "(row.target_position ? row.target_position[0] : 0)"
    here = f"datum.target_position == min({chosen}, datum.last)"
    mark = f"min({chosen}, length(domain('matrix_y')) - 1)"
    matrix = (
        alt.Chart(alt.NamedData("alignment"), name="matrix")
        .mark_rect(cursor="pointer", stroke=theme.CHOSEN)
        .encode(
            x=parts.tokens_x("source tokens", scale="matrix_x"),
            y=parts.tokens_y("target tokens", field="target", sort="target_position", mark=mark),
            color=parts.colour("weight", theme.sequential(), "weight", [0, 0.5, 1]),
            strokeWidth=alt.condition(here, alt.value(1.5), alt.value(0)),
            tooltip=tips,
        )
        .add_params(row)
        .properties(
            title=parts.heading("Where each word looked", "Every row sums to 100 %; click one"),
            height=alt.Step(24),
        )
    )
    rows = (_row_bars(here, tips), _row_scores(here, tips))
    chart = alt.vconcat(matrix, *rows, spacing=28).resolve_legend(color="independent")
    return theme.finish(chart)


@cache
def small_alignment() -> alt.Chart:
    """Target x source alone, to stand beside others. Dataset: ``alignment``."""
    chart = (
        alt.Chart(alt.NamedData("alignment"))
        .mark_rect()
        .encode(
            x=parts.tokens_x("source tokens"),
            y=parts.tokens_y("target tokens", field="target", sort="target_position"),
            color=parts.colour("weight", theme.sequential(), "weight", [0, 1]),
            tooltip=[
                parts.tip("target_token", "writes", "text"),
                parts.tip("token", "looks at", "text"),
                parts.tip("weight", "weight", "share"),
            ],
        )
        .properties(title=parts.heading("Where each word looked"), height=alt.Step(20))
    )
    return theme.finish(chart)


@cache
def context_heatmap(units: int) -> alt.Chart:
    """Unit x target token of the context. Dataset: ``context`` (`frames.attention.context`)."""
    chart = (
        alt.Chart(alt.NamedData("context"))
        .mark_rect()
        .encode(
            x=parts.tokens_x("target tokens"),
            y=parts.rows_y("unit", units, "unit"),
            color=parts.colour("value", theme.diverging(), "value", [-1, 0, 1]),
            tooltip=[*parts.step_tips(), alt.Tooltip("unit:O", title="unit"), parts.tip("value", "value")],
        )
        .properties(
            title=parts.heading("The context", "What the decoder reads of the source"),
            height=parts.rows_height(units),
        )
    )
    return theme.finish(chart)


@cache
def entropy_bars() -> alt.LayerChart:
    """Translation: how spread the attention of every target token is. Dataset: ``entropy``."""
    base = alt.Chart(alt.NamedData("entropy")).encode(
        x=parts.tokens_x("target tokens"),
        tooltip=[
            *parts.step_tips(),
            parts.tip("entropy", "entropy in bits"),
            parts.tip("words", "as if spread over this many tokens"),
            parts.tip("most", "largest possible"),
        ],
    )
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2).encode(
        y=alt.Y("entropy:Q", title="entropy, bits").axis(grid=True, tickCount=5)
    )
    rule = alt.Chart(alt.NamedData("entropy")).mark_rule(strokeDash=[4, 3]).encode(y="mean(most):Q")
    chart = alt.layer(bars, rule).properties(
        title=parts.heading("How spread each look is", "0 bits: one token only; dashed: all alike"),
        height=220,
    )
    return theme.finish(chart)


def _equal_rule(dataset: str) -> alt.Chart:
    """A dashed line at the weight that every token would have if all were alike."""
    return alt.Chart(alt.NamedData(dataset)).mark_rule(strokeDash=[4, 3]).encode(y="mean(equal):Q")


def _row_bars(here: str, tips: list[alt.Tooltip]) -> alt.Chart:
    """The rows of ``alignment`` for which the expression `here` holds, as bars."""
    return (
        alt.Chart(alt.NamedData("alignment"), name="bars")
        .mark_bar(color=theme.ACCENT, cornerRadiusEnd=2)
        .transform_filter(here)
        .encode(
            x=parts.tokens_x("source tokens", scale="bars_x"),
            y=alt.Y("weight:Q", title="weight", scale=alt.Scale(domain=[0, 1])).axis(
                format=".0%", grid=True, tickCount=5
            ),
            tooltip=tips,
        )
        .properties(title=parts.heading("The row with the arrow"), height=160)
    )


def _row_scores(here: str, tips: list[alt.Tooltip]) -> alt.Chart:
    """The scores of the same row, before softmax."""
    return (
        alt.Chart(alt.NamedData("alignment"), name="scores")
        .mark_bar(color=theme.OUTLINE, cornerRadiusEnd=2)
        .transform_filter(here)
        .encode(
            x=parts.tokens_x("source tokens", scale="scores_x"),
            y=alt.Y("score:Q", title="score").axis(grid=True, tickCount=5),
            tooltip=tips,
        )
        .properties(title=parts.heading("Its scores", "Softmax turns these into the weights"), height=130)
    )
