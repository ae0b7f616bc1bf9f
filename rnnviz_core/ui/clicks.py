"""A clicked cell of a heatmap becomes the chosen token and unit."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from . import url
from .choose import TOKEN_NAMES

if TYPE_CHECKING:
    from . import View


def clicked(key: str, select: str = "cell") -> dict[str, Any] | None:
    """The cell that was clicked in the chart with this `key`, once; None when there is no new click.

    A click counts once: afterwards the widgets and the URL may choose something else, although the
    chart still remembers its selection.
    """
    state = st.session_state.get(key)
    picked = state["selection"].get(select) if state else None
    cell = dict(picked[0]) if isinstance(picked, list) and picked else None
    if cell is None or st.session_state.get(f"clicked-{key}") == cell:
        return None
    st.session_state[f"clicked-{key}"] = cell
    return cell


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
