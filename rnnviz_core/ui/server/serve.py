"""The app's web server: Streamlit's own, with its scripts compressed and the addresses it answers on printed.

`st.App` is Streamlit's public way to add to its server; what it is told here is what ``streamlit run`` says.
"""

import asyncio
import contextlib
import gzip
import sys
from collections.abc import AsyncIterator, Callable, MutableMapping
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import Response

from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.serving.network import network_address

from .rehearsal import APP

LEVEL = 6  # of gzip; 9 takes three times as long for 1 % less
TYPES = {".js": "application/javascript", ".css": "text/css"}
KEPT = "public, immutable, max-age=31536000"  # s; the file's name changes with its content


class Compressed:
    """Serve Streamlit's scripts and styles compressed, each packed once per process, when first asked for.

    Streamlit sends them as they are, 3.6 MB of text at the first visit, and leaves compression to a proxy:
    packing them anew for everybody would take a processor. Kept, they are 1 MB in memory.
    """

    def __init__(self, app: Any, folder: Path | None = None) -> None:
        self._app, folder = app, folder or streamlit_private.assets()
        base = (st.get_option("server.baseUrlPath") or "").strip("/")
        start = f"/{base}" if base else ""
        self._files = {
            f"{start}/{path.relative_to(folder).as_posix()}": path
            for path in (folder / "static").rglob("*")
            if path.suffix in TYPES
        }
        self._packed: dict[str, bytes] = {}
        self._lock = Lock()

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        """Answer one request (ASGI): a packed file where there is one, else the app."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in self._files:
            heads = dict(scope["headers"])
            if accepts_gzip(heads.get(b"accept-encoding", b"").decode("latin-1")) and b"range" not in heads:
                answer = await asyncio.to_thread(self._answer, scope["path"])
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, path: str) -> Response:
        with self._lock:
            if path not in self._packed:
                self._packed[path] = gzip.compress(self._files[path].read_bytes(), LEVEL, mtime=0)
        heads = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Cache-Control": KEPT}
        return Response(self._packed[path], headers=heads, media_type=TYPES[self._files[path].suffix])


def accepts_gzip(header: str) -> bool:
    """Whether an ``Accept-Encoding`` names gzip, and not to refuse it."""
    for part in header.lower().split(","):
        name, _, weight = part.strip().partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def addresses(port: int, listens: str | None) -> list[str]:
    """Where the app can be reached, this machine first: what a person types into a browser.

    `listens` is the address that the server listens on; None or a wildcard: every one of the machine.
    """
    if listens and listens not in ("0.0.0.0", "::"):
        return [_url(listens, port)]
    return [_url("localhost", port), *([_url(own, port)] if (own := network_address()) else [])]


def _url(host: str, port: int) -> str:
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}" + (f"/{base}" if base else "")


def invitation(port: int, listens: str | None) -> str:
    """What stands in the terminal once the app answers."""
    here, *others = addresses(port, listens)
    lines = [f"RNNViz answers on {here}"]
    lines += [f"  from other machines in your network: {url}" for url in others]
    if not others and listens in ("127.0.0.1", "localhost", "::1"):
        lines.append("  for this machine only; --address 0.0.0.0 opens it to others")
    return "\n".join(lines)


@contextlib.asynccontextmanager
async def _told(app: st.App) -> AsyncIterator[None]:
    """By now the port is taken: connections wait until the server has started, milliseconds later."""
    del app
    print(invitation(st.get_option("server.port"), st.get_option("server.address")), flush=True)
    yield


def run(port: int, address: str | None = None, *, tell: bool = True) -> None:
    """Serve the app until the process is told to stop.

    Parameters
    ----------
    port
        Where to listen; 0 for any free one.
    address
        Of the interface to listen on; None for all of them.
    tell
        Whether to print where it answers.
    """
    options: dict[str, Any] = {
        **streamlit_private.settings_of_environment(),
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "logger.hideWelcomeMessage": True,
    }
    if address:
        options["server.address"] = address
    sys.argv[:] = [str(APP)]  # its folder is where Streamlit looks for the settings
    app = st.App(APP, middleware=[Middleware(Compressed)], lifespan=_told if tell else None)
    streamlit_private.forget_settings()
    app.run(config=options)
