import streamlit as st

from rnnviz_core import ui
from rnnviz_core.charts import embeddings as charts
from rnnviz_core.frames import embeddings as frames
from rnnviz_core.frames.tokens import spread
from rnnviz_core.ui import sections_embeddings as sections
from rnnviz_core.ui.clicks import follow

view = ui.page("embeddings")
trace, part = view.trace, "encoder"
if "decoder.embedding" in trace:
    sides = {"encoder": "Source tokens", "decoder": "Target tokens, as they are read back"}
    part = st.segmented_control("Side", list(sides), format_func=sides.get, default=part, key="side") or part
embedding = trace[f"{part}.embedding"]
follow(view, part, "embeddings-cells", "embeddings-pairs")
position = ui.choose_token(view, part)
chosen = frames.positions(trace, part).iloc[[position]]

cells = frames.vectors(trace, part)
for shown in ui.side_by_side(view):
    vectors, steps = shown.trace[f"{part}.embedding"], frames.positions(shown.trace, part)
    ui.show(
        charts.embedding_heatmap(vectors.shape[1]),
        key=shown.key("embeddings-cells"),
        description=f"Embeddings: {vectors.shape[1]} numbers per token, {spread(vectors)}",
        select=None if shown.second else "cell",
        cells=frames.vectors(shown.trace, part),
        chosen=steps.iloc[[min(position, len(steps) - 1)]],
    )
ui.explain(
    "Each column is the list of numbers that stands for one token, the same wherever the token appears. "
    "Blue is below zero, orange above." + frames.clipped_in_words(trace, part),
    "Write a word twice, or the same word with a capital letter. Which columns are equal?",
)

left, right = st.columns(2)
with left:
    pairs = frames.similarity(trace, part)
    ui.show(
        charts.similarity_matrix(),
        key="embeddings-pairs",
        description=f"Cosine of every pair of {len(embedding)} tokens. {frames.similarity_in_words(pairs)}",
        select="cell",
        pairs=pairs,
        chosen=chosen,
    )
    ui.explain(
        "A cell compares two tokens by the angle between their numbers: orange points the same way, blue "
        "the opposite way.",
        "Which two different words of your sentence does the network find most alike?",
    )
with right:
    nearest = frames.neighbours(
        *frames.vocabulary(view.model, part), chosen=frames.token_id(trace, part, position)
    )
    ui.show(
        charts.neighbour_bars(),
        key="embeddings-neighbours",
        description=f"Nearest pieces of the whole vocabulary: {', '.join(nearest['piece'].head(5))}.",
        neighbours=nearest,
    )
    ui.explain(
        "Of the whole vocabulary, these pieces point most nearly the same way as "
        f"“{ui.plain(chosen['token'].iloc[0])}”. Dots before a piece: it continues a word.",
        "Choose “good”, then “bad”. A network that learns opinions keeps them apart; one that learns to "
        "translate may not.",
    )
sections.draw_map(view, part, position)
sections.draw_axis(view, part)
ui.download_rows(cells, "embeddings")
