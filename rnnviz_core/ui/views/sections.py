"""The sections of a page: tabs of which only the open one is computed, sent and drawn.

A run costs what it draws. A page that draws all it can show answers slowly for everybody on the server,
so each section is a function that is called when its tab is open; the URL says which one that is. A section
says what it needs of a trace; nobody asks which task or cell it is for.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from fnmatch import filter
from typing import Any

import streamlit as st

from rnnviz_core.findings import Finding
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.brush import brushed, choose_span
from rnnviz_core.ui.drawing.show import showing
from rnnviz_core.ui.serving.view import View
from rnnviz_core.ui.shell import finding_lines, routes

from . import what_goes_in

NUMBERS = "encoder.values"  # of a forecaster: one number per step, in its own unit
FORECASTS = "readout.forecasts"  # what it expects after each of them
INPUTS = "encoder.inputs"  # of somebody's own network: the numbers of each step, as the file has them
VERDICTS = "readout.prefix_probabilities"
STATES = "*.hidden"  # those of recurrent layers
NO_WEIGHTS = N_(
    "A trace file holds what a network computed, not its weights: this section needs the "
    "network itself. Open its file on the page Your own."
)


@dataclass(frozen=True)
class Needs:
    """What a section must find in a trace. Patterns are those of `fnmatch`; ``|`` separates alternatives."""

    sites: tuple[str, ...] = ()  # each matches a site: ``encoder.*.forget|encoder.*.update``
    without: tuple[str, ...] = ()  # none of these matches one
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # site -> its axes
    labels: tuple[str, ...] = ()  # axes whose places have names: ``class``
    weights: bool = False  # of the network, too: a trace of a file has none

    def met(self, trace: Trace) -> bool:
        """Whether a trace has it all."""
        return (
            all(_found(trace, pattern) for pattern in self.sites)
            and not any(_found(trace, pattern) for pattern in self.without)
            and all(trace.axes.get(site) == axes for site, axes in self.axes.items())
            and all(axis in trace.labels for axis in self.labels)
        )


def _found(trace: Trace, patterns: str) -> bool:
    return any(pattern in trace or filter(trace, pattern) for pattern in patterns.split("|"))


@dataclass(frozen=True)
class Section:
    """One tab.

    Two sections of a page may have one name, where no trace has what both need: the same place in the
    address, drawn in another way.
    """

    name: str  # in the address
    title: str  # marked with `N_`, as is `otherwise`: translated where it is shown
    draw: Callable[..., None]  # takes the view, and what the page let the person choose
    needs: Needs = Needs()
    otherwise: str = ""  # shown where that is missing; empty: there is no such tab then
    brush: bool = False  # whether its charts can show some of the steps of a long text alone
    finds: "Callable[..., Sequence[Finding]] | None" = None  # findings that need more than the trace


# Names of the sections of the page that this process drew last; see scripts/serve.py.
drawn: tuple[str, ...] = ()


def sections_of(page: str, trace: Trace) -> tuple[Section, ...]:
    """The sections that a page has for a trace, and those that say why they have nothing to show."""
    return _sections_of(trace, page)


@kept_with_trace
def _sections_of(trace: Trace, page: str) -> tuple[Section, ...]:
    offered = routes.route(page).sections
    met = [section for section in offered if section.needs.met(trace)]
    names = {section.name for section in met}
    return tuple(s for s in offered if s in met or (s.otherwise and s.name not in names))


def draw_sections(view: View, *chosen: Any) -> None:
    """Tabs for the sections of the view's page; the first is open at first. A single one needs no tab.

    A section of another page in the URL is no mistake: the page was changed, and opens its first.
    """
    global drawn
    sections = {section.name: section for section in sections_of(view.page, view.trace)}
    drawn = tuple(sections)
    opened = url.get("section") or ""
    if opened not in sections:
        url.put("section", None)
        opened = next(iter(sections))
    with _tab(sections, opened) if len(sections) > 1 else nullcontext():
        if sections[opened].needs.weights and not view.has_weights:
            st.info(_(NO_WEIGHTS), icon=":material/info:")
        elif sections[opened].needs.met(view.trace):
            finds = sections[opened].finds
            more = finds(view, *chosen) if finds else ()
            # Where a brush and a page's own widgets fill the room above the first chart, it is said below.
            below = sections[opened].brush and brushed(view) and view.page not in finding_lines.ROOMY
            if not below:
                finding_lines.draw(view, opened, chosen, more)
            with showing(choose_span(view) if sections[opened].brush else None):
                if sections[opened].brush and INPUTS in view.trace:
                    what_goes_in.above(view)
                sections[opened].draw(view, *chosen)
            if below:
                finding_lines.draw(view, opened, chosen, more)
        else:
            st.info(_(sections[opened].otherwise), icon=":material/info:")


def _tab(sections: Mapping[str, Section], opened: str) -> AbstractContextManager[object]:
    """The open one of the tabs."""
    names = {_(section.title): name for name, section in sections.items()}
    key = url.widget(f"section-{'-'.join(sections)}", _(sections[opened].title))
    tabs = st.tabs(list(names), key=key, on_change=lambda: url.put("section", names[st.session_state[key]]))
    return tabs[list(sections).index(opened)]
