"""Draw pages before the first visitor comes, so that nobody waits for an import, a model or a chart."""

import time
from collections.abc import Iterable, Iterator

from rnnviz_core import places
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.views import sections

APP = places.app_folder() / "app.py"


def first_page() -> float:
    """Wake this process and draw the page that most visitors see first; seconds it took."""
    began = time.monotonic()
    loaders.wake()
    if found := loaders.models().entries:
        with streamlit_private.rehearsing():
            _draw(found[0].id, routes.ROUTES[0], None)
    return time.monotonic() - began


def every_page() -> int:
    """Load every model and draw every page and section with it; how many runs that were."""
    return draw_pages(entry.id for entry in loaders.models().entries)


def draw_pages(models: Iterable[str]) -> int:
    """Draw every page and section with each of these models; how many runs that were."""
    with streamlit_private.rehearsing():
        return sum(1 for _ in _everything(models))


def _everything(models: Iterable[str]) -> Iterator[None]:
    for route in routes.ROUTES:
        if not route.traces:
            _draw(None, route, None)
            yield
    for model in models:
        for route in routes.TRACED:
            waiting: list[str | None] = [None]
            while waiting:
                section = waiting.pop()
                _draw(model, route, section)
                yield
                if section is None:
                    waiting = list(sections.drawn[1:])


def _draw(model: str | None, route: routes.Route, section: str | None) -> None:
    """One run of the app; an error on the page is an error here."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(APP), default_timeout=120)
    if model:
        app.query_params["model"] = model
    if section:
        app.query_params["section"] = section
    if not route.default:
        app.switch_page(route.path)
    sections.drawn = ()
    if (shown := app.run()).exception:
        raise RuntimeError(f"{model} on {route.name}: {shown.exception[0].message}")
