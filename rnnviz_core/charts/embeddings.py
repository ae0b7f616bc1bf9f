"""Templates of the embeddings page."""

import altair as alt

from rnnviz_core.languages import _, cached

from . import building_blocks, theme

HEIGHTS = (20, 12, 6, 3)  # px a row of the matrix may have
SCREEN = 640  # px
LIMIT = 1.0  # the heatmap's colours end at ±LIMIT; frames.embeddings counts what lies beyond


@cached
def embedding_heatmap(dims: int) -> alt.LayerChart:
    """Token x dimension. Datasets: ``cells`` (`frames.embeddings.vectors`), ``chosen`` (a step)."""
    x = building_blocks.tokens_x()
    heatmap = (
        alt.Chart(alt.NamedData("cells"))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=building_blocks.rows_y("dim", dims, _("dimension")),
            color=building_blocks.colour("value", theme.diverging(LIMIT), _("value"), [-LIMIT, 0, LIMIT]),
            tooltip=[
                *building_blocks.step_tips(),
                alt.Tooltip("dim:O", title=_("dimension")),
                building_blocks.tip("value", _("value")),
            ],
        )
        .add_params(building_blocks.cell_click("position"))
    )
    chart = alt.layer(heatmap, building_blocks.chosen_column(x)).properties(
        title=building_blocks.heading(_("Embeddings"), _("One column of learned numbers per token")),
        height=building_blocks.rows_height(dims),
    )
    return theme.finish(chart)


def row_height(tokens: int) -> int:
    """Pixels of a row of the matrix: as many as let a long text fit the screen."""
    return next((size for size in HEIGHTS if size * tokens <= SCREEN), HEIGHTS[-1])


@cached
def similarity_matrix(row: int = HEIGHTS[0]) -> alt.LayerChart:
    """Cosine of every pair of tokens. Datasets: ``pairs`` (`frames.embeddings.similarity`), ``chosen``.

    `row` is the height of a row, see `row_height`.
    """
    x = building_blocks.tokens_x()
    matrix = (
        alt.Chart(alt.NamedData("pairs"))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            y=building_blocks.tokens_y(_("token"), field="other", sort="other_position"),
            color=building_blocks.colour("value", theme.diverging(), _("cosine"), [-1, 0, 1]),
            tooltip=[
                building_blocks.tip("token", _("token"), "text"),
                building_blocks.tip("other_token", _("and"), "text"),
                building_blocks.tip("value", _("cosine")),
            ],
        )
        .add_params(building_blocks.cell_click("position"))
    )
    chart = alt.layer(matrix, building_blocks.chosen_column(x)).properties(
        title=building_blocks.heading(
            _("Cosine similarity of the tokens"), _("1: same direction, 0: unrelated")
        ),
        height=alt.Step(row),
    )
    return theme.finish(chart)


@cached
def neighbour_bars() -> alt.LayerChart:
    """The nearest pieces of the vocabulary. Dataset: ``neighbours`` (`frames.embeddings.neighbours`)."""
    base = alt.Chart(alt.NamedData("neighbours")).encode(
        x=alt.X(
            "value:Q", title=_("cosine"), scale=alt.Scale(domain=[0, 1], clamp=True), axis=alt.Axis(grid=True)
        ),
        y=building_blocks.tokens_y(_("token"), field="tick", sort="rank"),
        tooltip=[
            building_blocks.tip("piece", _("token"), "text"),
            alt.Tooltip("rank:Q", title=_("rank"), format="d"),
            building_blocks.tip("value", _("cosine")),
        ],
    )
    bars = base.mark_bar(color=theme.ACCENT, cornerRadiusEnd=2)
    numbers = base.mark_text(align="left", dx=5).encode(text=alt.Text("value:Q", format=".2f"))
    chart = alt.layer(bars, numbers).properties(
        title=building_blocks.heading(
            _("Nearest in the whole vocabulary"), _("The longest bar is the most similar")
        ),
        height=alt.Step(24),
    )
    return theme.finish(chart)
