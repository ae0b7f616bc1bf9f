"""A trace in the app: `Trace.open` starts one on this machine, and shows the trace in a browser.

The trace goes through a file in a folder that nobody else may read, which the app is told of when it starts.
Both are gone when Python ends. Later traces go to the same app.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from urllib.parse import urlencode

from rnnviz_core import places
from rnnviz_core.errors import TraceError
from rnnviz_core.tracing.trace import Trace

SECONDS = 60  # that an app may take to answer
_WAIT = 0.2  # seconds between two looks


class App:
    """An app that this Python process started, and the folder of traces that it shows."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rnnviz-"))  # for this user's eyes alone
        self.count = 0
        self.port = _free_port()
        options = ["--port", str(self.port), "--address", "localhost", "--trace", str(self.folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rnnviz_core", "app", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        atexit.register(self.stop)

    @property
    def running(self) -> bool:
        """Whether it has not been stopped."""
        return self.process.poll() is None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self.port}"

    def add(self, trace: Trace) -> str:
        """Give it a trace; the address of its overview."""
        self.count += 1
        kept = trace.save(self.folder / f"trace-{self.count}.npz")
        return f"{self.address}/?{urlencode({'task': 'own', 'model': kept.name})}"

    def wait(self, seconds: float = SECONDS) -> None:
        """Wait until it answers.

        Raises
        ------
        TraceError
            When it ends, or does not answer in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.running:
                raise TraceError(
                    f"the app ended at once (code {self.process.returncode}); try: python -m rnnviz_core app"
                )
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(_WAIT)
        raise TraceError(f"the app did not answer within {seconds:g} seconds")

    def stop(self) -> None:
        """End it, and remove the traces."""
        if self.running:
            self.process.terminate()
        shutil.rmtree(self.folder, ignore_errors=True)


_app: App | None = None


def open_trace(trace: Trace, *, browser: bool = True) -> str:
    """Show a trace in the app.

    Parameters
    ----------
    trace
        Any trace; it is copied.
    browser
        Whether a browser is opened; else the address is returned alone.

    Returns
    -------
    str
        The address of the trace's overview, on this machine alone.

    Raises
    ------
    TraceError
        When the trace is too large for a file, or the app does not start.
    """
    global _app
    if _app is None or not _app.running:
        _app = App()
    address = _app.add(trace)
    _app.wait()
    if browser:
        webbrowser.open(address)
    return address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    """Of the app's process; of a clone, also where the package lies."""
    found = dict(os.environ)
    if not places.is_installed():
        before = found.get("PYTHONPATH")
        found["PYTHONPATH"] = os.pathsep.join([str(places.PACKAGE.parent), *([before] if before else [])])
    return found
