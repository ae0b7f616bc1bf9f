"""What happened on this text: one to three sentences above a section, each of which leads to its place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core import findings
from rnnviz_core.findings import Finding
from rnnviz_core.frames.layer import Layer
from rnnviz_core.languages import _
from rnnviz_core.ui.controls import url

from . import routes
from .wording import plain

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

LINES = 3  # in sight at once where the screen has room for them: see style.py
ROOMY = ("attention", "softmax")  # pages with no widget between the tabs and the first chart
MOST = 12  # in the list of what stands out in the whole trace
HERE, GO = ":material/my_location:", ":material/subdirectory_arrow_right:"  # marks
STRONG = 0.2  # what is weaker opens no section


def draw(view: "View", section: str, chosen: Sequence[Any], more: Sequence[Finding] = ()) -> None:
    """The findings of a section as lines to click; those of the whole trace in a list. Else nothing.

    Parameters
    ----------
    view
        What is drawn; with another view beside it, what differs comes first.
    section
        The name of the open section.
    chosen
        What the page let the person choose: a layer, or a part.
    more
        Findings that need more than the trace; they come first.
    """
    layer = next((one for one in chosen if isinstance(one, Layer)), None)
    part = next((one for one in chosen if isinstance(one, str)), None)
    step = url.number(url.get("step") or url.get("token") or "")
    name = layer.name if layer else None

    def of_trace(leading: int | None = None) -> tuple[Finding, ...]:
        return findings.of_section(
            view.trace, view.page, section, layer=name, part=part, step=step, leading=leading
        )

    found = [*more, *of_trace(leading=LINES)]
    lines = [one for one in found if one.strength >= STRONG]
    between = findings.compare(view.trace, view.other.trace) if view.other is not None else ()
    lines = [*between, *lines]
    if not lines:
        return
    with st.container(gap=None, key="told-lines" if view.page in ROOMY else "told-lines-tight"):
        for number, one in enumerate(lines[:LINES]):
            _line(view, one, layer, f"told-{number}")
        # Closed, it sends nothing.
        rest = st.popover(_("More"), type="tertiary", key="told-more", on_change="rerun")
        if rest.open:
            # This section's own come first.
            every = dict.fromkeys([*between, *more, *of_trace(), *findings.findings(view.trace)])
            with rest, st.container(key="told-all"):
                for number, one in enumerate(list(every)[:MOST]):
                    _line(view, one, layer, f"told-all-{number}")


def _line(view: "View", one: Finding, layer: Layer | None, key: str) -> None:
    """One sentence. A click chooses its token, unit and section; where those are chosen it is marked."""
    claim = findings.within(one, layer) if layer else one.claim
    here = one.where.page == view.page and _chosen(one)
    clicked = st.button(
        plain(claim),
        key=key,
        type="tertiary",
        icon=HERE if here else GO,
        wrap=True,
        on_click=_choose,
        args=(one,),
    )
    if clicked and one.where.page != view.page:
        _choose(one)  # once more: this page, drawn meanwhile, has no such section and gave it up
        st.switch_page(routes.route(one.where.page).path)


def _choose(one: Finding) -> None:
    """Put its place into the address: section, layer, token, unit."""
    for name, value in one.where.address.items():
        url.put(name, value)


def _chosen(one: Finding) -> bool:
    """Whether the address holds all of its place; a finding on the whole text has none."""
    asked = one.where.address
    return len(asked) > 1 and all(url.get(name) == value for name, value in asked.items())
