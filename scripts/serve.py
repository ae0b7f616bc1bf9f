"""The app in several processes that share their memory: ``make serve`` (Linux).

    python -m scripts.serve [--workers 2] [--port 8501] [--address 127.0.0.1]

One Python process answers on one processor. This one imports everything, loads every model and visits every
page once; then it forks, and each worker serves on a port of its own, from the given one upwards. What was
loaded before stands in memory once. In front belongs a proxy that sends a visitor always to the same worker
(``deploy/nginx.conf``). A worker that dies is replaced, by one that loads what it needs for itself.
"""

import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn
from unittest import mock

import click

from scripts import watch

ROOT = Path(__file__).resolve().parent.parent
# What a server imports only when it starts: imported before the fork it stands in memory once.
SERVING = (
    "anyio._backends._asyncio",
    "starlette.applications",
    "starlette.middleware.body_limit",
    "starlette.middleware.sessions",
    "starlette.staticfiles",
    "streamlit.watcher.polling_path_watcher",
    "streamlit.web.bootstrap",
    "streamlit.web.server.starlette.starlette_agent_routes",
    "streamlit.web.server.starlette.starlette_server",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "uvloop",
    "websockets.server",
)


def rehearse() -> int:
    """Load every model and draw every page and section with it, as `bench.wake` does from outside."""
    with no_remarks(), no_components():
        return _draw_everything()


@contextlib.contextmanager
def no_remarks() -> Iterator[None]:
    """`AppTest` has no browser, and Streamlit would say so at every run."""
    silent = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    before, silent.disabled = silent.disabled, True
    try:
        yield
    finally:
        silent.disabled = before


@contextlib.contextmanager
def no_components() -> Iterator[None]:
    """`AppTest` looks for components in every installed package, at every run: 3/4 of the rehearsal."""
    try:
        from streamlit.components.v2.component_manager import BidiComponentManager as Manager

        found = Manager.discover_and_register_components
    except (ImportError, AttributeError):  # another version of Streamlit: slower, no worse
        yield
        return
    with mock.patch.object(Manager, found.__name__):
        yield


def _draw_everything() -> int:
    from streamlit.testing.v1 import AppTest

    from rnnviz_core.ui.serving import loaders
    from rnnviz_core.ui.shell import routes
    from rnnviz_core.ui.views import sections

    runs = 0
    for entry in loaders.models().entries:
        for route in routes.ROUTES:
            waiting: list[str | None] = [None]
            while waiting:
                app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
                app.query_params["model"] = entry.id
                if section := waiting.pop():
                    app.query_params["section"] = section
                if not route.default:
                    app.switch_page(route.path)
                sections.drawn = ()
                if (shown := app.run()).exception:
                    raise RuntimeError(f"{entry.id} on {route.name}: {shown.exception[0].message}")
                runs += 1
                if section is None:
                    waiting = list(sections.drawn[1:])
    return runs


def import_server() -> None:
    """`SERVING`; a version that has not all of it serves as well, and takes more memory."""
    for name in SERVING:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def become_worker(port: int, address: str) -> NoReturn:
    """Serve the app, as ``streamlit run`` does; ends with the process."""
    from streamlit.web import bootstrap

    options = {
        "server_port": port,
        "server_address": address,
        "server_headless": True,
        "server_fileWatcherType": "none",
    }
    bootstrap.load_config_options(options)
    bootstrap.run(str(ROOT / "app.py"), False, [], options)
    os._exit(0)


def fork(ports: Iterable[int], address: str) -> NoReturn:
    """Serve on every port from a process of its own, and become the one that watches them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watch.SIGNALS)  # none may be lost on the way
    workers = []
    for port in ports:
        if not (process := os.fork()):
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            become_worker(port, address)
        workers.append(f"{process}:{port}")
    os.execv(sys.executable, [sys.executable, "-I", "-S", watch.__file__, address, *workers])


@click.command(help=__doc__)
@click.option(
    "--workers", default=os.cpu_count() or 1, show_default="one per processor", type=click.IntRange(1, 64)
)
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(1, 65_000), help="Of the first worker."
)
@click.option(
    "--address", default="127.0.0.1", show_default=True, help="Where to listen; a proxy comes in front."
)
def main(workers: int, port: int, address: str) -> None:
    if not hasattr(os, "fork"):
        raise click.ClickException("this system cannot fork; use `make run`, one process")
    from rnnviz_core.ui.serving import loaders

    os.chdir(ROOT)
    began = time.monotonic()
    runs = rehearse()
    import_server()
    loaders.forget_traces()  # each worker would copy the pages on which they are replaced
    loaders.trim()
    gc.freeze()
    click.echo(f"{runs} pages and sections drawn in {time.monotonic() - began:.0f} s, now {workers} workers")
    if (threads := threading.active_count()) > 1:
        click.echo(f"forking beside {threads - 1} other threads", err=True)
    fork(range(port, port + workers), address)


if __name__ == "__main__":
    main()
