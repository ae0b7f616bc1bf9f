"""The brush: which steps of a long text the charts of a section show; ``span`` in the address."""

from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.frames.tokens import named_steps
from rnnviz_core.languages import _

from . import url

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

LONG = 40  # steps from which on a brush is offered: below, a label has room for most of them
NAME = "span"


def brushed(view: "View") -> bool:
    """Whether a view gets a brush: a long text that is read alone."""
    return len(view.trace.tokens.get("time", ())) >= LONG and view.other is None


def choose_span(view: "View") -> tuple[int, int] | None:
    """The first and the last step to show; None for all. A widget only for a long text that is read alone."""
    texts = named_steps(view.trace, "encoder") if "time" in view.trace.tokens else []
    if not brushed(view):
        return None
    whole = (0, len(texts) - 1)
    chosen = url.checked(NAME, lambda raw: _read(raw, len(texts)), whole, shown=_("all steps"))
    # By its value alone a slider knows that it has two ends: so it is a new one after every change.
    key = f"brush-{len(texts)}-{chosen[0]}-{chosen[1]}"
    with st.container(key="brush"):
        st.select_slider(
            _("Steps shown"),
            range(len(texts)),
            chosen,
            format_func=texts.__getitem__,
            key=key,
            on_change=lambda: url.put(NAME, _write(st.session_state[key], whole)),
            label_visibility="collapsed",
            help=_("Drag either end: the charts show the steps between"),
        )
    return None if chosen == whole else chosen


def _read(raw: str, count: int) -> tuple[int, int] | None:
    """``20-60`` as two steps; None where they are no span of the text."""
    low, _dash, high = raw.partition("-")
    first, last = url.number(low), url.number(high)
    if first is None or last is None or not first < last < count:
        return None
    return first, last


def _write(chosen: tuple[int, int], whole: tuple[int, int]) -> str | None:
    first, last = chosen
    if first == last:  # one step is no span: with its neighbour
        first, last = (first, last + 1) if last < whole[1] else (first - 1, last)
    return None if (first, last) == whole else f"{first}-{last}"
