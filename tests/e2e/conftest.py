"""A real browser, and the app served as its users get it."""

from collections.abc import Callable, Iterator
from typing import Any

import playwright.sync_api as playwright
import pytest
import torch

from rnnviz_core import scan
from scripts.browser import chromium
from scripts.driver import Visitor
from scripts.serving import folder, serve


@pytest.fixture(autouse=True)
def kernels_of_the_app() -> Iterator[None]:
    """What the app shows is compared with recordings made here, to the last digit."""
    enabled, *_ = torch.backends.mkldnn.set_flags(_enabled=False)
    yield
    torch.backends.mkldnn.set_flags(_enabled=enabled)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serve() as address:
        yield address


@pytest.fixture
def fresh_server() -> Iterator[str]:
    """A server that nobody has visited yet. Name it before `visit`: visitors leave before it stops."""
    with serve() as address:
        yield address


class Profiles:
    """Profiles of the browser that are used again: a new one loads and compiles all of Streamlit's scripts.

    Two people never share one at the same time, and whoever gets one finds nothing of the person before.
    """

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.free: dict[str, list[Any]] = {}
        self.taken: list[tuple[str, Any]] = []

    def new_context(self, **options: Any) -> Any:
        """As of a browser: this is what `Visitor` asks for."""
        kind = repr(sorted(options.items()))
        free = self.free.setdefault(kind, [])
        self.taken.append((kind, free.pop() if free else self.browser.new_context(**options)))
        return self.taken[-1][1]

    def take_back(self) -> None:
        for kind, context in self.taken:
            try:
                for page in context.pages:
                    page.evaluate("() => { localStorage.clear() }")
                    page.close()
                context.clear_cookies()
                context.clear_permissions()
                self.free[kind].append(context)
            except playwright.Error:  # it never came to the app, or has been closed
                context.close()
        self.taken = []


@pytest.fixture(scope="session")
def profiles(browser: Any) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def visit(profiles: Profiles, server: str) -> Iterator[Callable[..., Visitor]]:
    """Make visitors of the app; at the end of the test none of them may have met an error."""
    visitors = []

    def make(address: str = server, **options: Any) -> Visitor:
        visitors.append(Visitor(profiles, address, **options))
        return visitors[-1]

    yield make
    found = [error for visitor in visitors for error in visitor.errors()]
    profiles.take_back()
    assert found == []


@pytest.fixture(scope="session")
def person(browser: Any, server: str) -> Iterator[Visitor]:
    """One person who looks at everything, and has asked for few animations: the app is loaded once."""
    found = Visitor(browser, server, reduced_motion="reduce")
    yield found
    found.close()


@pytest.fixture
def visitor(person: Visitor) -> Visitor:
    """The same, whom nobody has told of an error yet. What was opened before is still open."""
    person.problems.clear()
    return person


@pytest.fixture
def desk(visitor: Visitor) -> Iterator[Visitor]:
    """The same on a usual screen by day; at the end of the test they may have met no error."""
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    yield visitor
    assert visitor.errors() == []


@pytest.fixture(scope="session")
def first() -> Callable[[str], str]:
    """The first recurrent model of a task among those that the served app finds; translators read Spanish."""
    specs = {entry.id: entry.spec for entry in scan(folder()).entries if entry.spec.cell != "none"}
    reads = {name: getattr(spec, "source", "es") for name, spec in specs.items()}
    return lambda task: next(
        name for name, spec in specs.items() if spec.task == task and reads[name] == "es"
    )
