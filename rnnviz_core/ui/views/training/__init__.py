"""The page about no trace: what happened while a network learned."""

import streamlit as st

from rnnviz_core.languages import N_, _
from rnnviz_core.ui.controls import url

from . import curves, inside, machine, runs

TABS = {
    "curves": (N_("Curves"), curves.draw),
    "inside": (N_("Gates and gradients"), inside.draw),
    "machine": (N_("Time machine"), machine.draw),
}


def draw() -> None:
    """Which runs, then the open tab: only that one is computed and sent."""
    chosen = runs.choose()
    if chosen is None:
        return
    opened = url.get("section") or ""
    if opened not in TABS:
        url.put("section", None)
        opened = next(iter(TABS))
    titles = {name: _(title) for name, (title, _draw) in TABS.items()}
    names = {title: name for name, title in titles.items()}
    key = url.widget("section-training", titles[opened])
    tabs = st.tabs(list(names), key=key, on_change=lambda: url.put("section", names[st.session_state[key]]))
    with tabs[list(TABS).index(opened)]:
        TABS[opened][1](chosen)
