"""A real browser, and the app served as its users get it."""

from collections.abc import Callable, Iterator
from typing import Any

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


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Callable[..., Visitor]]:
    """Make visitors of the app; at the end of the test none of them may have met an error."""
    visitors = []

    def make(address: str = server, **options: Any) -> Visitor:
        visitors.append(Visitor(browser, address, **options))
        return visitors[-1]

    yield make
    found = [error for visitor in visitors for error in visitor.errors()]
    for visitor in visitors:
        visitor.close()
    assert found == []


@pytest.fixture(scope="session")
def first() -> Callable[[str], str]:
    """The first recurrent model of a task among those that the served app finds; translators read Spanish."""
    specs = {entry.id: entry.spec for entry in scan(folder()).entries if entry.spec.cell != "none"}
    reads = {name: getattr(spec, "source", "es") for name, spec in specs.items()}
    return lambda task: next(
        name for name, spec in specs.items() if spec.task == task and reads[name] == "es"
    )
