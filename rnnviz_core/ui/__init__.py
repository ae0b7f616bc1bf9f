"""All Streamlit glue: routes, sidebar, cached loaders, and drawing. Pages use what is named here."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ..checkpoints import Entry
from ..errors import RnnvizError
from ..trace import Trace
from . import header, loaders, routes, sidebar, tools, url, words
from .choose import Layer as Layer
from .choose import choose_layer as choose_layer
from .choose import choose_token as choose_token
from .choose import choose_unit as choose_unit
from .drawing import show as show
from .words import download_rows as download_rows
from .words import explain as explain
from .words import link_pages as link_pages
from .words import offer_models as offer_models
from .words import plain as plain

__all__ = [
    "Layer",
    "View",
    "choose_layer",
    "choose_token",
    "choose_unit",
    "download_rows",
    "explain",
    "link_pages",
    "offer_models",
    "page",
    "plain",
    "run",
    "show",
]


@dataclass(frozen=True)
class View:
    """What a page draws: one text, read by one network."""

    page: str
    model_id: str
    entry: Entry
    trace: Trace
    text: str

    @property
    def model(self) -> Any:
        """The loaded network, shared by all sessions: look, never change."""
        return loaders.model(self.entry)


def run() -> None:
    """What ``app.py`` does after the page config: sidebar, then the page the URL asks for."""
    routes.run_router(_prepare)


def _prepare() -> sidebar.Choice:
    header.style()
    loaders.warm_up()
    url.begin()
    return sidebar.draw()


def page(name: str) -> View:
    """First line of every page: router guard and page header. Stops with a message on any error."""
    choice: sidebar.Choice = routes.shared()
    try:
        trace = loaders.trace(choice.entry, choice.text)
    except RnnvizError as error:
        st.title(routes.route(name).title, anchor=False)
        words.show_notes()
        message = str(error)
        st.error(plain(message[:1].upper() + message[1:]), icon=":material/error:")
        st.stop()
    header.draw(name, choice, trace)
    tools.draw(name, choice.entry.spec, trace)
    return View(name, choice.entry.id, choice.entry, trace, choice.text)
