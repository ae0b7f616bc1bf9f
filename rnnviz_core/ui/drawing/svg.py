"""A button that saves the charts on the screen as SVG files, drawn by the browser's own Vega.

Streamlit's toolbar saves PNG only. It keeps the Vega view of each chart in a React ref above the chart's
element; a view can write itself as SVG, also where it is shown on a canvas. Nothing goes over the network.
"""

from functools import cache
from typing import Any

import streamlit as st

from rnnviz_core.languages import _
from rnnviz_core.ui import streamlit_private

_HTML = '<button type="button">.svg</button> <span role="status"></span>'
_CSS = """
button { font: inherit; padding: 0.35rem 0.8rem; border-radius: 0.5rem; cursor: pointer; color: inherit;
  background: var(--st-background-color); border: 1px solid var(--st-border-color); }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
_JS = (
    streamlit_private.VIEW_OF
    + """
export default function ({ data, parentElement }) {
    const button = parentElement.querySelector('button'), status = parentElement.querySelector('span')
    button.onclick = async () => {
        const charts = document.querySelectorAll(data.charts)
        const views = [...charts].map(chart => viewOf(chart, 'toSVG')).filter(Boolean)
        for (const [number, view] of views.entries()) {
            const link = document.createElement('a')
            link.href = URL.createObjectURL(new Blob([await view.toSVG()], { type: 'image/svg+xml' }))
            link.download = `${data.name}-${number + 1}.svg`
            link.click()
            setTimeout(() => URL.revokeObjectURL(link.href), 10000)
        }
        status.textContent = views.length ? '' : data.nothing
    }
}
"""
)


@cache
def _component() -> Any:
    return st.components.v2.component("rnnviz_svg", html=_HTML, css=_CSS, js=_JS)


def draw_svg(name: str) -> None:
    """The button; a file per chart, called by `name` and a number."""
    _component()(
        key="svg",
        data={
            "name": name,
            "charts": streamlit_private.CHART,
            "nothing": _("There is no chart on this page."),
        },
    )
