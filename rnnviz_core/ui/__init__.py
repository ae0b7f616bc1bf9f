"""All Streamlit glue: routes, sidebar, cached loaders, and drawing. Pages use what is named here."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from rnnviz_core import logs
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.errors import RnnvizError, TextError
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls.choose import Layer as Layer
from rnnviz_core.ui.controls.choose import choose_beam as choose_beam
from rnnviz_core.ui.controls.choose import choose_layer as choose_layer
from rnnviz_core.ui.controls.choose import choose_reference as choose_reference
from rnnviz_core.ui.controls.choose import choose_token as choose_token
from rnnviz_core.ui.controls.choose import choose_unit as choose_unit
from rnnviz_core.ui.controls.choose import read, reference
from rnnviz_core.ui.controls.drawing import show as show
from rnnviz_core.ui.controls.player import play as play
from rnnviz_core.ui.serving.shared import turns
from rnnviz_core.ui.shell.compare import side_by_side as side_by_side
from rnnviz_core.ui.shell.words import download_rows as download_rows
from rnnviz_core.ui.shell.words import explain as explain
from rnnviz_core.ui.shell.words import link_pages as link_pages
from rnnviz_core.ui.shell.words import offer_models as offer_models
from rnnviz_core.ui.shell.words import plain as plain
from rnnviz_core.ui.views.sections import Section as Section
from rnnviz_core.ui.views.sections import draw_sections as draw_sections

from .serving import loaders
from .shell import (
    header,
    routes,
    script,
    sidebar,
    style,
    tools,
    url,
    words,
)

__all__ = [
    "Layer",
    "Section",
    "View",
    "choose_beam",
    "choose_layer",
    "choose_reference",
    "choose_token",
    "choose_unit",
    "download_rows",
    "draw_sections",
    "explain",
    "link_pages",
    "offer_models",
    "page",
    "plain",
    "play",
    "run",
    "show",
    "side_by_side",
]


@dataclass(frozen=True)
class View:
    """What a page draws: one text, read by one network; and perhaps a second view to compare it with."""

    page: str
    model_id: str
    entry: Entry
    trace: Trace
    text: str
    other: "View | None" = None
    second: bool = False  # whether this is the one compared with

    def key(self, name: str) -> str:
        """The key of a chart or widget that a page draws once for each of two views."""
        return f"{name}-other" if self.second else name

    @property
    def model(self) -> Any:
        """The loaded network, shared by all sessions: look, never change."""
        return loaders.model(self.entry)


def run() -> None:
    """What ``app.py`` does after the page config: sidebar, then the page the URL asks for."""
    with turns:
        routes.run_router(_prepare, _failed)


def _failed(error: Exception, page: str, choice: sidebar.Choice | None) -> None:
    if logs.debugging():
        raise error
    logs.report(error, page, choice.entry.id if choice else "-")
    st.error(
        "Something went wrong on this page; the place is in the server's log. "
        "Another sentence, model or page may work.",
        icon=":material/error:",
    )


def _prepare() -> sidebar.Choice:
    style.install()
    script.install()
    loaders.warm_up()
    url.begin()
    return sidebar.draw()


def page(name: str) -> View:
    """First line of every page: router guard and page header. Stops with a message on any error."""
    choice: sidebar.Choice = routes.shared()
    try:
        trace = _trace(choice)
    except RnnvizError as error:
        st.title(routes.route(name).title, anchor=False)
        words.show_notes()
        message = str(error)
        st.error(plain(message[:1].upper() + message[1:]), icon=":material/error:")
        st.stop()
    header.draw(name, choice, trace)
    tools.draw(name, choice.entry, choice.text, trace)
    view = View(name, choice.entry.id, choice.entry, trace, choice.text)
    return replace(view, other=_other(view, choice.other)) if choice.other else view


def _trace(choice: sidebar.Choice) -> Trace:
    """What the model computes on the text; a translation is searched for, or fed as it was typed."""
    fed = reference() if "reference" in loaders.options(choice.entry) else ""
    if fed:
        try:
            return loaders.trace(choice.entry, choice.text, reference=fed)
        except TextError as error:
            url.note(f"It is not fed your translation: {error}")
    return read(choice.entry, choice.text)


def _other(view: View, choice: sidebar.Choice) -> View | None:
    """The view to compare with; None with a note when it cannot be recorded."""
    try:
        trace = _trace(choice)
    except RnnvizError as error:
        url.note(f"Nothing to compare with: {error}")
        return None
    return View(view.page, choice.entry.id, choice.entry, trace, choice.text, second=True)
