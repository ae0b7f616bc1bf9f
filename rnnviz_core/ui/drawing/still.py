"""A small drawing as SVG on the page: `st.html` would take it out. Nothing in it can be clicked."""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from rnnviz_core.charts.predictions import NARROW, WIDTH

_HTML = '<div class="rv-still"></div><div class="rv-still rv-narrow"></div>'
_CSS = """
.rv-still { font-family: var(--st-font); line-height: normal; }
.rv-narrow { display: none; }
@media (max-width: 640px) {
  .rv-still:not(.rv-narrow) { display: none; }
  .rv-narrow { display: block; }
}
"""
_JS = """
export default function ({ data, parentElement }) {
    for (const [number, place] of parentElement.querySelectorAll('.rv-still').entries())
        if (place.drawn !== data.drawings[number]) place.innerHTML = place.drawn = data.drawings[number]
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("rnnviz_still", html=_HTML, css=_CSS, js=_JS)


def show_still(draw: Callable[[int], str], *, key: str) -> None:
    """Show a drawing that we made ourselves, all text in it escaped (`charts.svg`).

    Parameters
    ----------
    draw
        Makes the drawing for a width in pixels.
    key
        Stable name of the drawing on its page.
    """
    _component()(key=key, data={"drawings": [draw(WIDTH), draw(NARROW)]})
