"""Pages and the router.

A folder named ``pages/`` next to the app makes Streamlit treat the first cold visit to ``/gates``
as a page of the old style and skip ``app.py``. Every page therefore begins with a guard: where the
router is not at work in this run, register the navigation and run again, now through ``app.py``.
"""

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz_core.languages import N_, _, cached
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.controls.url import carry_to


@dataclass(frozen=True)
class Route:
    """One page: its file, its words, and whether it lives at the root."""

    name: str  # file name and path of the URL
    title: str
    icon: str
    line: str  # what the page shows, in one line
    default: bool = False
    group: str = ""  # the heading of the menu below which it stands; one of `GROUPS`
    traces: bool = True  # whether it draws what the chosen network computes on the chosen text

    @property
    def path(self) -> str:
        """The file Streamlit runs for it, from the repository root."""
        return f"pages/{self.name}.py"

    @property
    def address(self) -> str:
        """Its path in the app's address."""
        return "" if self.default else self.name

    @property
    def sections(self) -> "tuple[Any, ...]":
        """Every `Section` it can have: those of ``ui/views/<name>``, imported when first asked for.

        A page that draws no trace has none: it arranges itself.
        """
        if not self.traces:
            return ()
        found: tuple[Any, ...] = importlib.import_module(f"rnnviz_core.ui.views.{self.name}").SECTIONS
        return found


# The menu's headings, in their order. What the network does on a text needs none.
GROUPS = ("", N_("Learning"), N_("In class"))

# The one list of pages: the app, the links, the wake-up, the fuzz test, the gallery and the docs go by it.
ROUTES = (
    Route(
        "overview",
        N_("Overview"),
        ":material/account_tree:",
        N_("The whole network on your input, from the first step to the answer."),
        default=True,
    ),
    Route(
        "embeddings",
        N_("Embeddings"),
        ":material/scatter_plot:",
        N_("What the network reads, as the numbers that it computes with."),
    ),
    Route(
        "gates",
        N_("Gates"),
        ":material/tune:",
        N_("How the cell makes its new state from the old one and its input, at every step."),
    ),
    Route(
        "states",
        N_("States"),
        ":material/memory:",
        N_("The network's memory after every step, and how it changes."),
    ),
    Route(
        "gradients",
        N_("Gradients"),
        ":material/trending_down:",
        N_("Backpropagation: how strongly the answer depends on each step, and how that fades or grows."),
    ),
    Route(
        "attention",
        N_("Attention"),
        ":material/visibility:",
        N_("What the answer is read from: which steps count, and how strongly."),
    ),
    Route(
        "softmax",
        N_("Softmax"),
        ":material/bar_chart:",
        N_("From the last state to the answer, and the terms that add up to it."),
    ),
    Route(
        "diagnosis",
        N_("Diagnosis"),
        ":material/troubleshoot:",
        N_("What may be wrong with the network or with what it reads, and what was looked for."),
    ),
    Route(
        "training",
        N_("Training"),
        ":material/model_training:",
        N_(
            "How a network learns: losses, clipping, gates and gradients, and a time machine over its "
            "weights."
        ),
        group=N_("Learning"),
        traces=False,
    ),
    Route(
        "toy",
        N_("Train one here"),
        ":material/fitness_center:",
        N_("A small network learns a task whose answer needs memory, in seconds, while you watch."),
        group=N_("Learning"),
        traces=False,
    ),
    Route(
        "hyperparameters",
        N_("Hyperparameters"),
        ":material/tune:",
        N_("What many short runs found out about the settings of a network."),
        group=N_("Learning"),
        traces=False,
    ),
    Route(
        "own",
        N_("Your own"),
        ":material/upload_file:",
        N_(
            "Open a network of your own, with a text or a table for it to read, or a trace; every page then "
            "works on it."
        ),
        traces=False,
    ),
    Route(
        "lessons",
        N_("Lessons"),
        ":material/school:",
        N_("Predict, commit, look, write what you saw: ten minutes each."),
        group=N_("In class"),
        traces=False,
    ),
    Route(
        "class",
        N_("Class"),
        ":material/groups:",
        N_("A lesson with a whole class: everybody predicts, then you uncover what the class thinks."),
        group=N_("In class"),
        traces=False,
    ),
    Route(
        "teachers",
        N_("For teachers"),
        ":material/co_present:",
        N_("Plans for a class, what to prepare the day before, and answers to the usual questions."),
        group=N_("In class"),
        traces=False,
    ),
)

# Those that draw a trace: what holds for every network and every text holds for these.
TRACED = tuple(found for found in ROUTES if found.traces)

SIDEBAR = 336  # px, as in app.py, which imports nothing before its page config
_MENU = "client.showSidebarNavigation"
_run = threading.local()  # what the router prepared for this thread's run


def route(name: str) -> Route:
    """The route of a page by its name."""
    return next(found for found in ROUTES if found.name == name)


def home() -> Route:
    """The page at the root."""
    return next(found for found in ROUTES if found.default)


def show_menu() -> None:
    """From here on the sidebar lists the pages.

    For a folder ``pages/`` Streamlit would show a menu of file names until the first run has come to
    `st.navigation`, seconds in a new process. So ``.streamlit/config.toml`` begins without any menu.
    """
    if not st.get_option(_MENU):
        st.set_option(_MENU, True)


def navigation(*, icons: bool = True) -> "st.Page":
    """Register every page; what comes back is the page that the URL asks for."""
    show_menu()
    *pages, alias = streamlit_private.own_pages(_pages(icons))
    chosen = streamlit_private.asked_page(pages)
    if chosen is not None:
        carry_to(ROUTES[pages.index(chosen)].name)
    groups = {
        group: [page for page, found in zip(pages, ROUTES, strict=True) if found.group == group]
        for group in GROUPS
    }
    groups[""].append(alias)
    _run.pages = {found.name: page for page, found in zip(pages, ROUTES, strict=True)}
    asked = st.navigation({_(group): found for group, found in groups.items() if found}, expanded=True)
    if asked is alias:
        st.switch_page(pages[ROUTES.index(home())], query_params=st.query_params.to_dict())
    return asked


@cached
def _pages(icons: bool) -> tuple["st.Page", ...]:
    """Every page, made once: making one asks the disk for its file. The last one is an alias.

    The default page lives at the root. A link that spells out its name must find it, too.
    """
    pages = [
        st.Page(
            found.path,
            title=_(found.title),
            icon=found.icon if icons else None,
            url_path="start" if found.default else found.name,  # the default page shows no path
            default=found.default,
        )
        for found in ROUTES
    ]
    first = home()
    return (*pages, st.Page(first.path, title=_(first.title), url_path=first.name, visibility="hidden"))


def link(name: str, label: str) -> None:
    """A link to a page, under its icon. Of a path Streamlit would ask the disk, for each link of each run."""
    found = route(name)
    st.page_link(getattr(_run, "pages", {}).get(name, found.path), label=label, icon=found.icon)


def run_router(prepare: Callable[[Route], Any], failed: Callable[[Exception, str, Any], None]) -> None:
    """Draw what all pages share, then run the page that the URL asks for.

    What `prepare` draws belongs to ``app.py``, so that its widgets are the same on every page. An error
    goes to `failed`, with the page's name and what `prepare` returned, if it came that far.
    """
    page = navigation()
    found = next((one for one in ROUTES if one.address == page.url_path), home())
    st.set_page_config(page_title=f"{page.title} · RNNViz")  # a tab among others says which page it is
    try:
        _run.shared, _run.at_work = prepare(found), True
        page.run()
    except Exception as error:
        failed(error, found.name, getattr(_run, "shared", None))
    finally:
        _run.shared, _run.at_work, _run.pages = None, False, {}


def shared() -> Any:
    """What `prepare` returned; starts over through ``app.py`` when Streamlit ran the page alone."""
    if not getattr(_run, "at_work", False):
        st.set_page_config(layout="wide", initial_sidebar_state=SIDEBAR)  # a browser keeps the first it hears
        navigation(icons=False)  # before the page config, an icon would be fetched from the network
        st.rerun()
    return _run.shared
