import streamlit as st

from rnnviz_core import ui
from rnnviz_core.charts import attention as charts
from rnnviz_core.frames import attention as frames
from rnnviz_core.frames.tokens import spread
from rnnviz_core.ui import sections_attention as sections

view = ui.page("attention")
trace = view.trace
translates = "target" in trace.tokens

if not frames.has_attention(trace):
    sections.draw_kinds(view)
    ui.offer_models(
        "This network has no attention. "
        + (
            "Its decoder gets one fixed list of numbers, the encoder's last state, and has to write the "
            "whole translation from it: it cannot look back at single words."
            if translates
            else "Its verdict is read from the last state alone: whatever the network did not carry to the "
            "end of the sentence is lost to it."
        ),
        lambda spec: spec.task == view.entry.spec.task and spec.attention != "none",
    )

if translates:
    rows, spreads = frames.alignment(trace), frames.entropy(trace)
    ui.show(
        charts.alignment(),
        key="attention-alignment",
        description=f"Attention of every target token over the source. {frames.alignment_in_words(rows)}",
        alignment=rows,
    )
    ui.explain(
        "Read a row from left to right: how much of each source token went into choosing that target token. "
        "Click a row to see it as bars.",
        "Translate an adjective behind its noun (“la casa blanca”). Do the bright cells leave the diagonal?",
    )
    about = f"Bars: how spread attention is. {frames.entropy_in_words(spreads)}"
    ui.show(charts.entropy_bars(), key="attention-entropy", description=about, entropy=spreads)
    ui.explain(
        "A low bar means that one source token got nearly all the attention; the dashed line is what equal "
        "weights for all would give.",
        "Which target tokens are least sure where to look: names and nouns, or small words?",
    )
    vectors = trace["attention.context"]
    about = f"What attention hands to the decoder at each step: {spread(vectors)}"
    context = frames.context(trace)
    ui.show(
        charts.context_heatmap(vectors.shape[1]), key="attention-context", description=about, context=context
    )
    ui.explain(
        "Each column is the context of one step: the encoder’s states, mixed by the weights of its row.",
        "Two words that look at the same place get the same column. Do you find such a pair?",
    )
else:
    rows = frames.weights(trace)
    for shown in ui.side_by_side(view):
        if not frames.has_attention(shown.trace):
            st.info("This network has no attention.", icon=":material/info:")
            continue
        own = frames.weights(shown.trace)
        about, key = f"Attention weights. {frames.weights_in_words(own)}", shown.key("attention-weights")
        ui.show(charts.weight_bars(), key=key, description=about, weights=own)
    about = "The score of every token, from which softmax makes the weights."
    ui.show(charts.score_bars(), key="attention-scores", description=about, weights=rows)
    ui.explain(
        "A weight says how much the state after that token counts in the verdict; above the dashed line it "
        f"counts more than its equal share. {frames.spread_in_words(rows)}",
        "Remove the word with the tallest bar. Does the verdict change, or does the next word take over?",
    )
sections.draw_test(view)
sections.draw_kinds(view)
ui.download_rows(rows, "attention")
