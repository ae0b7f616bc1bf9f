"""Sections of the gates page: the heatmaps in one order, the summaries, the cell inspector."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ..charts import gates as charts
from ..charts import inspector as inspector_charts
from ..frames import gate_order, gates, inspector
from ..frames.tokens import spread
from .compare import side_by_side
from .drawing import show
from .words import download_rows, explain

if TYPE_CHECKING:
    from . import Layer, View


def choose_order(view: "View", layer: "Layer") -> np.ndarray:
    """The order of the units, the same in all heatmaps."""
    trace, kinds = view.trace, gate_order.ORDERS
    keeper = gate_order.KEEPERS[trace.meta["cell"]]
    kind = st.segmented_control(
        "Order of the units",
        list(kinds),
        format_func=lambda name: kinds[name].replace("one gate", keeper),
        default="index",
        key="gates-order",
        help="The same order in every heatmap: by number, by the unit’s mean, or units that move alike side "
        "by side (clustering).",
    )
    return gate_order.order(trace, gates.Place(*layer), gates.names(trace), kind or "index")


def draw_maps(view: "View", layer: "Layer", order: np.ndarray, chosen: pd.DataFrame, wide: bool) -> None:
    """A heatmap per gate, two side by side unless the text is `wide`."""
    trace, place = view.trace, gates.Place(*layer)
    names = gates.names(trace)
    only = tuple(name for name in names if name != "candidate")
    if not only:
        st.markdown(
            "**A plain RNN has no gates.** Nothing decides what to keep: every token rewrites the whole "
            "state. All it computes is this candidate, which is at once its new hidden state."
        )
    ordered = bool((order != np.arange(len(order))).any())
    for row in gates.in_rows((*only, "candidate"), 1 if wide else 2):
        for name, column in zip(row, st.columns(len(row)), strict=True):
            with column:
                cells = gates.activations(trace, place, name)
                show(
                    charts.gate_heatmap(name, len(order), layer.part, ordered),
                    key=f"gates-{name}",
                    description=f"{charts.gate_title(name)}: {spread(trace[place.site(name)])}",
                    select="cell",
                    cells=gate_order.with_rows(cells, order) if ordered else cells,
                    chosen=gate_order.with_rows(chosen, order) if ordered else chosen,
                )
    explain(
        "Each column is a token, each row one unit. Click a cell to see its arithmetic below. "
        + "Yellow gates are open (1), purple ones shut (0). " * bool(only)
        + "The candidate runs from blue (-1) to orange (1).",
        "Put “not” before an adjective. Which units change their colour at the adjective?",
    )


def draw_summary(view: "View", layer: "Layer") -> None:
    """How open the gates are: per token, and over all values."""
    trace, place = view.trace, gates.Place(*layer)
    only = tuple(name for name in gates.names(trace) if name != "candidate")
    if not only:
        return
    for shown in side_by_side(view):
        own = tuple(name for name in gates.names(shown.trace) if name != "candidate")
        if not own or place.site("hidden") not in shown.trace:
            st.info("This network has no such gates.", icon=":material/info:")
            continue
        means = gates.means(shown.trace, place, own)
        about = f"Lines: how open each gate is per token. On average {gates.means_in_words(means)}."
        key = shown.key("gates-means")
        show(charts.gate_means(own, layer.part), key=key, description=about, means=means)
    explain(
        "A line is the mean over all units; the band around it holds the middle 80 % of them, from the 10th "
        "to the 90th in a hundred.",
        "At which token is a band widest? There the units disagree most about what to keep.",
    )
    shares = gates.shares(trace, place, only)
    for name, column in zip(only, st.columns(len(only)), strict=True):
        own = shares[shares["gate"] == name]
        low, high = (float(own[own["state"] == state]["share"].iloc[0]) for state in ("closed", "open"))
        with column:
            show(
                inspector_charts.gate_histogram(name),
                key=f"gates-histogram-{name}",
                description=f"{charts.gate_title(name)}: {low:.0%} below 0.1, {high:.0%} above 0.9.",
                bins=gate_order.histogram(trace, place, name),
                shares=own,
            )
    about = "Bars: how many of each gate's values are below 0.1, between, and above 0.9."
    show(charts.gate_shares(only), key="gates-shares", description=about, shares=shares)
    explain(
        "How often each value occurs over all units and tokens, and how much of each gate is nearly shut "
        "or open.",
        "A gate that is always half open decides little. Which gate of this network decides most?",
    )


def draw_cell(view: "View", layer: "Layer", position: int, unit: int) -> None:
    """The chosen cell: drawn, in formulas, and with the inputs behind one of its sums."""
    trace, place = view.trace, gates.Place(*layer)
    names, cell = gates.names(trace), view.trace.meta["cell"]
    nodes, wires = inspector.drawing(trace, place, position, unit)
    about = f"The cell as a drawing: {inspector.drawing_in_words(nodes)}."
    show(
        inspector_charts.cell_drawing(cell), key="gates-drawing", description=about, nodes=nodes, wires=wires
    )
    explain(
        "The two numbers under each gate are what the token (x) and the old state (h) say; the gate adds and "
        "squeezes them. Boxes with × multiply, with + add; a thick wire carries a number far from zero.",
        "Follow the wires from the old state to the new one: how much of it arrives?",
    )
    terms = gates.terms(trace, place, names, position, unit)
    about, bars = f"Bars: {gates.terms_in_words(terms)}.", gates.term_bars(terms)
    show(charts.cell_terms(names), key="gates-terms", description=about, terms=bars)
    for pair in gates.in_rows(gates.worked(trace, place, position, unit), 2):
        for block, column in zip(pair, st.columns(2)):
            with column.container(border=True):
                st.markdown(f"**{charts.result_title(block.name)}: {block.value:.3f}**  \n{block.meaning}")
                st.latex(block.latex)
    explain(
        "Each formula of the cell stands first in letters, then with the numbers of this token and unit.",
        "Find a value near its lowest or highest. Was it the input that pushed it there, or the old state?",
    )
    download_rows(terms, "gates-cell")
    _draw_inputs(view, layer, position, unit)


def _draw_inputs(view: "View", layer: "Layer", position: int, unit: int) -> None:
    names = gates.names(view.trace)
    gate = names[0]
    if len(names) > 1:
        gate = (
            st.segmented_control(
                "The sum behind", names, format_func=charts.gate_title, default=gate, key="gates-inputs"
            )
            or gate
        )
    rows = inspector.contributions(view.model, view.trace, gates.Place(*layer), gate, position, unit)
    show(
        inspector_charts.contribution_bars(gate),
        key="gates-contributions",
        description=f"Bars: the largest terms of the sum. {inspector.contributions_in_words(rows)}.",
        terms=rows,
    )
    explain(
        "The sum before squeezing has one term per number of the input and of the old state: its weight "
        "times that number. The largest are named (“unit 3 before” is unit 3 of the old state), the others "
        f"are added up. Together they give {rows['value'].iloc[-1]:.3f}.",
        "Does one number decide, or is it a vote of many small ones?",
    )
    download_rows(rows, "gates-inputs")


def draw_conventions(view: "View", layer: "Layer") -> None:
    """A GRU as other textbooks write it: where h is the same, and by how much it differs."""
    if view.trace.meta["cell"] != "gru":
        return
    st.subheader("The same GRU in other textbooks", anchor=False)
    kinds = {
        "flipped": "z the other way round",
        "same_weights": "z the other way, same weights",
        "before": "reset before the product",
    }
    kind = st.segmented_control(
        "Convention", list(kinds), format_func=kinds.__getitem__, default="flipped", key="gates-convention"
    )
    kind = kind or "flipped"
    rows = inspector.conventions(view.model, view.trace, gates.Place(*layer))
    texts = {
        "flipped": "Cho et al. (2014) let z = 1 take the new content: h = z · n + (1 − z) · h. Turn the "
        "sign of the update gate’s weights round, and the state is the same.",
        "same_weights": "The same formula, h = z · n + (1 − z) · h, with PyTorch’s weights as they are: "
        "keeping and rewriting change places, and the network is another one.",
        "before": "Cho et al. (2014) reset the old state first: U (r · h). PyTorch multiplies afterwards: "
        "r · (U h). The same weights then give another candidate.",
    }
    st.markdown(f"{texts[kind]} **Largest difference over this text: {rows[kind].max():.2g}.**")
    show(
        inspector_charts.convention_bars(kind, layer.part),
        key=f"gates-convention-{kind}",
        description=f"Bars: difference of h per token, at most {rows[kind].max():.2g}.",
        conventions=rows,
    )
    explain(
        "A bar is the largest difference over all units between this h and the recorded one, the whole text "
        "being read by the other formula. Differences near 1e-7 are rounding.",
        "Which convention may you change without training again, and which not?",
    )
