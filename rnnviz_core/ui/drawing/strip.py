"""A drawing of our own on the page: names that stay, a strip that scrolls, parts that are buttons.

The SVG is made by `charts.whole`; the browser shows it, keeps the chosen step in sight, lets numbers run
along the wires when the step changes, and tells which part was clicked.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from rnnviz_core.charts.whole.drawing import Drawn

_HTML = '<div class="rv-whole"><div class="rv-names"></div><div class="rv-columns" tabindex="-1"></div></div>'
_CSS = """
.rv-whole { display: flex; font-family: var(--st-font); line-height: normal; }
.rv-names { flex: none; }
.rv-columns { flex: 1 1 0; min-width: 0; overflow-x: auto; overflow-y: hidden; position: relative; }
.rv-whole svg { display: block; }
.rv-columns:focus-visible { outline: 2px solid var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
    const whole = parentElement.querySelector('.rv-whole'), strip = whole.querySelector('.rv-columns')
    const told = part => {
        const gate = part.closest?.('[data-gate]'), cell = part.closest?.('[data-pick]')
        if (gate) return { gate: gate.dataset.gate }
        return cell && { pick: cell.dataset.pick }
    }
    const tell = event => {
        const found = told(event.target)
        if (!found) return
        event.preventDefault()
        setTriggerValue('picked', found)
    }
    whole.onclick = tell
    whole.onkeydown = event => { if (event.key === 'Enter' || event.key === ' ') tell(event) }
    if (whole.drawn === data.strip) return
    const focused = whole.contains(parentElement.activeElement ?? document.activeElement)
    const first = !whole.drawn, moved = !first && whole.step !== data.step
    whole.querySelector('.rv-names').innerHTML = data.names
    strip.innerHTML = data.strip
    strip.firstElementChild.classList.toggle('go', moved)
    whole.drawn = data.strip
    whole.step = data.step
    const room = strip.clientWidth, middle = (data.left + data.right) / 2
    const out = data.left < strip.scrollLeft || data.right > strip.scrollLeft + room
    const to = Math.max(0, Math.min(middle - room / 2, data.left - 60))
    if (out) strip.scrollTo({ left: to, behavior: first ? 'auto' : 'smooth' })
    if (focused) strip.focus({ preventScroll: true })
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("rnnviz_strip", html=_HTML, css=_CSS, js=_JS)


def show_strip(
    drawn: "Drawn", *, key: str, step: int, picked: Callable[[Mapping[str, str]], None] | None = None
) -> None:
    """Show a drawing.

    Parameters
    ----------
    drawn
        What `charts.whole.drawing.draw` returned.
    key
        Stable name of the drawing on its page.
    step
        The chosen step: when it changes, numbers run along the wires.
    picked
        Gets what was clicked, before the run that follows: ``pick`` (a step, or ``step,unit``) or ``gate``.
    """

    def tell() -> None:
        found = getattr(st.session_state.get(key), "picked", None)
        if picked and found:
            picked(found)

    _component()(key=key, data={**drawn._asdict(), "step": step}, on_picked_change=tell)
