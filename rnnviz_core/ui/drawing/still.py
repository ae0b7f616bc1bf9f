"""A small drawing as SVG on the page: `st.html` would take it out. Nothing in it can be clicked."""

from functools import cache
from typing import Any

import streamlit as st

_HTML = '<div class="rv-still"></div>'
_CSS = ".rv-still { font-family: var(--st-font); line-height: normal; }"
_JS = """
export default function ({ data, parentElement }) {
    const place = parentElement.querySelector('.rv-still')
    if (place.drawn !== data.svg) place.innerHTML = place.drawn = data.svg
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("rnnviz_still", html=_HTML, css=_CSS, js=_JS)


def show_still(svg: str, *, key: str) -> None:
    """Show a drawing that we made ourselves, all text in it escaped (`charts.svg`).

    Parameters
    ----------
    svg
        The drawing.
    key
        Stable name of the drawing on its page.
    """
    _component()(key=key, data={"svg": svg})
