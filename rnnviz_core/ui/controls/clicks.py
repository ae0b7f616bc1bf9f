"""A clicked cell of a heatmap becomes the chosen token and unit."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.ui.controls import url

from .choose import TOKEN_NAMES

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View


def clicked(key: str, select: str = "cell") -> dict[str, Any] | None:
    """The cell that was clicked in the chart with this `key`, once; None when there is no new click.

    A chart's selection only collects clicks: one adds its cell, the next on the same cell takes it out
    again (`building_blocks.cell_click`). So whatever differs from the run before is what was clicked, also
    where a widget or the URL has chosen something else meanwhile.
    """
    state, memory = st.session_state.get(key), f"clicked-{key}"
    before, drawn = st.session_state.get(memory, ([], False))
    if state is None:  # it was not on the page: what it forgets until it is back was not clicked
        if drawn:
            st.session_state[memory] = (before, False)
        return None
    picked = state["selection"].get(select)
    cells = [dict(cell) for cell in picked] if isinstance(picked, list) else []
    st.session_state[memory] = (cells, True)
    added = [cell for cell in cells if cell not in before]
    taken = [cell for cell in before if cell not in cells] if drawn else []
    return next(iter(added[-1:] or taken[-1:]), None)


def follow(view: "View", part: str, *keys: str, select: str = "cell", step: str = "position") -> None:
    """Take over a new click in one of the charts with these `keys`; call it before the widgets.

    `step` is the field that holds the chosen step of `part`.
    """
    for key in keys:
        cell = clicked(key, select)
        if cell is None:
            continue
        if cell.get(step, -1) >= 0:  # the state before the first token has no place in the URL
            url.put(TOKEN_NAMES[view.trace.time_axis(part)], str(int(cell[step])))
        if "unit" in cell:
            url.put("unit", str(int(cell["unit"])))
        url.write()  # this run shows the choice already: so must its link
