"""The app as its users meet it: `streamlit run app.py` in a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60  # how long a server may take to answer


def folder() -> Path:
    """Where the app looks for its models."""
    return Path(os.environ.get("RNNVIZ_CHECKPOINTS") or ROOT / "checkpoints")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serve(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start the app on a free port, as `make run` does, and yield its address; stop it afterwards."""
    with serve_process(environment) as server:
        yield server.address


@dataclass(frozen=True)
class Server:
    """A running app: where it answers, its process id, and the file it prints to."""

    address: str
    pid: int
    log: Path


@contextlib.contextmanager
def serve_process(
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    *,
    app: str = "app.py",
    watcher: str = "none",
) -> Iterator[Server]:
    """As `serve`, for those who also want to watch the process, or to serve another script of the project.

    Raises
    ------
    RuntimeError
        When it does not answer in `START_SECONDS`; the message carries what it printed.
    """
    port = port or free_port()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": watcher,
    }
    command = [sys.executable, "-m", "streamlit", "run", app]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"MALLOC_ARENA_MAX": "2", "PYTHONPATH": str(ROOT), **os.environ, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not _answers(server, f"{address}/_stcore/health"):
                log.seek(0)
                raise RuntimeError(f"the server did not start:\n{log.read().decode(errors='replace')}")
            yield Server(address, server.pid, Path(log.name))
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _answers(server: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=5) as reply,
        ):
            if reply.status == 200:
                return True
        time.sleep(0.1)
    return False
