"""Sections of the states page: the memory ledger, the path of the state, chosen units as lines."""

from typing import TYPE_CHECKING

import streamlit as st

from ..charts import memory as memory_charts
from ..charts import states as charts
from ..charts import trajectory as trajectory_charts
from ..frames import gates, memory, states, trajectory
from .drawing import show
from .words import download_rows, explain, plain

if TYPE_CHECKING:
    from . import Layer, View

LINES = 6  # units drawn as lines at once: one per colour


def draw_units(view: "View", layer: "Layer", name: str, unit: int, units: int) -> None:
    """The chosen unit as a line, and others: those clicked before, at first those that range widely."""
    trace, place = view.trace, gates.Place(*layer)
    key = f"states-units-{view.model_id}-{layer.name}"
    kept = st.session_state.setdefault(key, states.companions(trace, place, name, unit))
    if unit not in kept:
        st.session_state[key] = [*kept[-LINES + 1 :], unit]
    picked = st.multiselect(
        "Units drawn",
        range(units),
        key=key,
        max_selections=LINES,
        help="Click rows of the heatmaps to add their units, remove one with its ×.",
    )
    order = [unit, *(other for other in picked if other != unit)]
    lines = states.lines(trace, place, name, order)
    show(
        charts.unit_lines(name, layer.part),
        key="states-lines",
        description=f"Lines of single units of the {name} state: {', '.join(dict.fromkeys(lines['line']))}.",
        lines=lines,
    )
    explain(
        "The thick line is the chosen unit. Click rows of the heatmaps above: each click adds its unit. At "
        "first you see those that range most widely over this text.",
        "Click a unit in the heatmap that changes colour once. At which token does its line turn?",
    )
    download_rows(lines, "states-units")


def draw_memory(view: "View", layer: "Layer", position: int, unit: int) -> None:
    """What is left of each earlier token in the state after the chosen one, and the proof."""
    trace, place = view.trace, gates.Place(*layer)
    st.subheader("What is left of each earlier token", anchor=False)
    name = memory.state_name(trace)
    if name is None:
        st.info(
            "A plain RNN keeps no ledger: it squeezes its whole state through tanh at every token, so the "
            "state does not fall apart into one share per token. GRU and LSTM were made to keep one.",
            icon=":material/info:",
        )
        return
    found = memory.ledger(trace, place, position)
    token = plain(found.texts[position + 1])
    gate = "forget" if name == "cell" else "update"
    st.markdown(
        f"After **“{token}”** the {name} state is the sum of what every token wrote, each share multiplied "
        f"by the {gate} gates since. Sum checked against the recorded state: "
        f"largest difference **{found.difference:.1e}** over {len(found.recorded)} units."
    )
    lengths = memory.in_norm(found)
    show(
        memory_charts.ledger_bars(name, layer.part),
        key="states-ledger",
        description=f"Bars: most is left of {memory.in_words(lengths)}.",
        lengths=lengths,
    )
    explain(
        "A dashed bar is the length of what the token wrote when it was read, the filled part what is left "
        "of it in the state after the chosen token; tokens read later have nothing there yet.",
        "Choose a later token: which early words still fill their bars, and which were forgotten?",
    )
    left, right = st.columns(2)
    with left:
        show(
            memory_charts.ledger_heatmap(name, len(found.recorded), layer.part),
            key="states-ledger-units",
            description=f"What is left per unit of the {name} state: the columns sum to the state.",
            left=memory.per_unit(found),
        )
        explain(
            "Each column is what one token still adds to each unit. Added up from left to right, a row gives "
            "that unit’s state.",
            "Do most rows live on the last tokens, or do some keep an early one?",
        )
    with right:
        shares = memory.of_unit(found, unit)
        show(
            memory_charts.ledger_of_unit(name, layer.part),
            key="states-ledger-unit",
            description=f"Unit {unit}: shares of all tokens sum to {found.recorded[unit]:.3f}.",
            shares=shares,
        )
        explain(
            f"Unit {unit}: bars above zero push it up, below zero down. Together they give its state, "
            f"{found.recorded[unit]:.3f}.",
            "Find a unit in which one early token still outweighs all later ones.",
        )
    download_rows(lengths, "states-ledger")


def draw_path(view: "View", layer: "Layer", name: str) -> None:
    """The state's way through the plane in which it moves most."""
    trace, place = view.trace, gates.Place(*layer)
    st.subheader("The way of the state", anchor=False)
    found = trajectory.plane(trace, place, name)
    rows = trajectory.path(trace, place, found)
    weights = trajectory.class_weights(view.model, trace, place) if name == "hidden" else None
    frames, text = {"path": rows}, ""
    if weights is not None:
        frames["directions"] = trajectory.directions(trace, found, weights)
        text = (
            " An arrow points where its class gains most; only part of it lies in this plane (point at its "
            "diamond), so a path may end beside the arrow of its verdict."
        )
    show(
        trajectory_charts.state_path(name, weights is not None),
        key=f"states-path-{name}",
        description=f"Path of the {name} state in two dimensions. {trajectory.in_words(rows, found)}",
        **frames,
    )
    explain(
        f"Of all {found.axes.shape[1]} dimensions you see the two in which this text moves the state most: "
        f"{found.shares[0]:.0%} and {found.shares[1]:.0%} of all movement." + text,
        "Write the same sentence with “not”. At which token do the two paths part?",
    )
    download_rows(rows, "states-path")
