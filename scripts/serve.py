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
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from scripts import watch
from scripts.streamlit_private import SERVING

ROOT = Path(__file__).resolve().parent.parent


def import_server() -> None:
    """`SERVING`; a version that has not all of it serves as well, and takes more memory."""
    for name in SERVING:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def become_worker(port: int, address: str) -> NoReturn:
    """Serve the app; ends with the process."""
    from rnnviz_core.ui.server import serve

    serve.run(port, address, tell=False)
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
    os.chdir(ROOT)
    click.echo("Loading every model and drawing every page …")
    began = time.monotonic()
    from rnnviz_core import languages
    from rnnviz_core.ui.drawing import show
    from rnnviz_core.ui.server import rehearsal, serve
    from rnnviz_core.ui.serving import loaders

    show.empty_templates()
    runs = rehearsal.every_page()
    import_server()
    languages.load()
    loaders.forget_all()  # each worker would copy the pages on which they are replaced
    loaders.trim()
    gc.freeze()
    ports = range(port, port + workers)
    click.echo(f"{runs} pages and sections drawn in {time.monotonic() - began:.0f} s, now {workers} workers")
    click.echo("\n".join(serve.invitation(number, address) for number in ports))
    if (threads := threading.active_count()) > 1:
        click.echo(f"forking beside {threads - 1} other threads", err=True)
    fork(ports, address)


if __name__ == "__main__":
    main()
