import streamlit as st

from rnnviz_core import ui
from rnnviz_core.charts import gates as charts
from rnnviz_core.frames import gates as frames
from rnnviz_core.frames.tokens import spread
from rnnviz_core.ui.clicks import follow

view = ui.page("gates")
layer = ui.choose_layer(view)
trace, place = view.trace, frames.Place(*layer)
names = frames.names(trace)
gates = tuple(name for name in names if name != "candidate")
steps, units = trace[place.site("hidden")].shape
follow(view, layer.part, *(f"gates-{name}" for name in names))

maps, summary = st.container(), st.container()  # drawn after the widgets below, which they show
st.subheader("One cell, number by number", anchor=False)
left, right = st.columns(2)
with left:
    position = ui.choose_token(view, layer.part)
with right:
    unit = ui.choose_unit(view, units)
chosen = frames.chosen_cell(trace, layer.part, position, unit)

with maps:
    if not gates:
        st.markdown(
            "**A plain RNN has no gates.** Nothing decides what to keep: every token rewrites the whole "
            "state. All it computes is this candidate, which is at once its new hidden state."
        )
    for row in frames.in_rows((*gates, "candidate"), 2 if steps <= 30 else 1):
        for name, column in zip(row, st.columns(len(row)), strict=True):
            with column:
                ui.show(
                    charts.gate_heatmap(name, units, layer.part),
                    key=f"gates-{name}",
                    description=f"{charts.gate_title(name)}: {spread(trace[place.site(name)])}",
                    select="cell",
                    cells=frames.activations(trace, place, name),
                    chosen=chosen,
                )
    ui.explain(
        "Each column is a token, each row one unit. Click a cell to see its arithmetic below. "
        + "Yellow gates are open (1), purple ones shut (0). " * bool(gates)
        + "The candidate runs from blue (-1) to orange (1).",
        "Put “not” before an adjective. Which units change their colour at the adjective?",
    )
if gates:
    with summary:
        means = frames.means(trace, place, gates)
        about = f"Lines: how open each gate is per token. On average {frames.means_in_words(means)}."
        ui.show(charts.gate_means(gates, layer.part), key="gates-means", description=about, means=means)
        shares = frames.shares(trace, place, gates)
        about = "Bars: how many of each gate's values are below 0.1, between, and above 0.9."
        ui.show(charts.gate_shares(gates), key="gates-shares", description=about, shares=shares)
        ui.explain(
            "The lines show how open a gate is on average; the bars, how much of it is nearly shut or open.",
            "A gate that is always half open decides little. Which gate of this network decides most?",
        )

terms = frames.terms(trace, place, names, position, unit)
about, bars = f"Bars: {frames.terms_in_words(terms)}.", frames.term_bars(terms)
ui.show(charts.cell_terms(names), key="gates-terms", description=about, terms=bars)
for pair in frames.in_rows(frames.worked(trace, place, position, unit), 2):
    for block, column in zip(pair, st.columns(2)):
        with column.container(border=True):
            st.markdown(f"**{charts.result_title(block.name)}: {block.value:.3f}**  \n{block.meaning}")
            st.latex(block.latex)
ui.explain(
    "Each formula of the cell stands first in letters, then with the numbers of this token and unit.",
    "Find a value near its lowest or highest. Was it the input that pushed it there, or the old state?",
)
ui.download_rows(terms, "gates-cell")
if not gates:
    task = view.entry.spec.task
    ui.offer_models(
        "Gates are found in GRU and LSTM networks.", lambda spec: spec.cell != "rnn" and spec.task == task
    )
