"""A run of the app, and the first line of every page: router guard, trace, header."""

from dataclasses import replace

import streamlit as st

from rnnviz_core import places
from rnnviz_core.errors import RnnvizError, TextError
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.controls import language, url
from rnnviz_core.ui.controls.choose import read, reference
from rnnviz_core.ui.serving import guard, loaders
from rnnviz_core.ui.serving.caches import turns
from rnnviz_core.ui.serving.view import Choice, View

from . import header, projector, routes, script, sidebar, style, wording
from .wording import plain


def run() -> None:
    """What ``app.py`` does after the page config: sidebar, then the page the URL asks for."""
    streamlit_private.replace_tracebacks(guard.uncaught)
    streamlit_private.look_into_sessions()
    streamlit_private.show_before_ticking()
    streamlit_private.send_together()
    streamlit_private.remember_theme()
    streamlit_private.remember_logo()
    with turns:
        language.begin()
        routes.run_router(_prepare, _failed)


def _failed(error: Exception, page: str, choice: Choice | None) -> None:
    guard.failed(error, page, choice.entry.id if choice else "-")


def _prepare(route: routes.Route) -> Choice | None:
    """Draw what all pages share; what the person chose, where the page is about that."""
    st.logo(places.data_address(places.NAME), size="large", icon_image=places.data_address(places.MARK))
    style.install()
    script.install()
    loaders.warm_up()
    url.begin(route.name)
    language.check()
    projector.install()
    if route.traces:
        return sidebar.draw()
    sidebar.draw_plain()
    return None


def plain_page(name: str) -> None:
    """First line of a page that is about no trace (`Route.traces`): router guard, title and its line."""
    routes.shared()
    header.draw_plain(name)
    wording.show_notes()


def page(name: str) -> View:
    """First line of a page that draws a trace: router guard, header. Stops with a message on any error."""
    choice: Choice = routes.shared()
    try:
        trace = _trace(choice)
    except RnnvizError as error:
        st.title(_(routes.route(name).title), anchor=False)
        wording.show_notes()
        message = str(error)
        st.error(plain(message[:1].upper() + message[1:]), icon=":material/error:")
        st.stop()
    beside = header.draw(name, choice, trace)
    sidebar.say_hint(choice, trace)
    view = View(name, choice.entry.id, choice.entry, trace, choice.text, beside=beside)
    return replace(view, other=_other(view, choice.other)) if choice.other else view


def _trace(choice: Choice) -> Trace:
    """What the model computes on the text; a translation is searched for, or fed as it was typed."""
    fed = reference() if "reference" in loaders.options(choice.entry) else ""
    if fed:
        try:
            return loaders.trace(choice.entry, choice.text, reference=fed)
        except TextError as error:
            url.note(_("It is not fed your translation: {error}", error=error))
    return read(choice.entry, choice.text)


def _other(view: View, choice: Choice) -> View | None:
    """The view to compare with; None with a note when it cannot be recorded."""
    try:
        trace = _trace(choice)
    except RnnvizError as error:
        url.note(_("Nothing to compare with: {error}", error=error))
        return None
    return View(view.page, choice.entry.id, choice.entry, trace, choice.text, second=True)
