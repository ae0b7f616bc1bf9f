"""The page about no trace: what happened while a network learned."""

import streamlit as st

from rnnviz_core.ui.controls import url

from . import curves, inside, machine, runs

TABS = {
    "curves": ("Curves", curves.draw),
    "inside": ("Gates and gradients", inside.draw),
    "machine": ("Time machine", machine.draw),
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
    names = {title: name for name, (title, _) in TABS.items()}
    key = url.widget("section-training", TABS[opened][0])
    tabs = st.tabs(list(names), key=key, on_change=lambda: url.put("section", names[st.session_state[key]]))
    with tabs[list(TABS).index(opened)]:
        TABS[opened][1](chosen)
