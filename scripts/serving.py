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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnviz_core import places

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60  # how long a server may take to answer
REHEARSAL_SECONDS = 300  # and how long when it draws every page first


def folder() -> Path:
    """Where the app looks for its models."""
    return places.checkpoints()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on."""
    for _ in range(100):
        first = free_port()
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError, OverflowError):
            for port in range(first, first + count):
                probe = stack.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port))
            return first
    raise RuntimeError(f"no {count} free ports in a row")


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
    root: Path = ROOT,
) -> Iterator[Server]:
    """As `serve`, for those who also want to watch the process, or to serve another script of the project.

    With `root` another checkout of the project is served, by the packages of its own `.venv`.

    Raises
    ------
    RuntimeError
        When it does not answer in `START_SECONDS`; the message carries what it printed.
    """
    port = port or free_port()
    if app == "app.py" and watcher == "none" and root == ROOT:
        command = ["scripts.run", "--port", str(port), "--address", "127.0.0.1"]
        with _running(command, [port], environment or {}, START_SECONDS) as (process, log):
            yield Server(_address(port), process.pid, log)
        return
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": watcher,
    }
    command = ["streamlit", "run", app]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with _running(command, [port], environment or {}, START_SECONDS, root) as (process, log):
        yield Server(_address(port), process.pid, log)


@contextlib.contextmanager
def serve_workers(count: int, environment: Mapping[str, str] | None = None) -> Iterator[list[Server]]:
    """The app in `count` processes, as `make serve` does; the last one is the parent, which serves nobody.

    Raises
    ------
    RuntimeError
        When one does not answer in `REHEARSAL_SECONDS`; the message carries what was printed.
    """
    first = free_ports(count)
    ports = range(first, first + count)
    command = ["scripts.serve", "--workers", str(count), "--port", str(first)]
    with _running(command, ports, environment or {}, REHEARSAL_SECONDS) as (parent, log):
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        workers = [Server(_address(port), int(pid), log) for port, pid in zip(ports, children, strict=True)]
        yield [*workers, Server("", parent.pid, log)]


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    ports: Sequence[int],
    environment: Mapping[str, str],
    patience: float,
    root: Path = ROOT,
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A module of Python as a process that answers on all ports, and the file it prints to."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        server = subprocess.Popen(
            [sys.executable if root == ROOT else root / ".venv/bin/python", "-m", *command],
            cwd=root,
            env={"MALLOC_ARENA_MAX": "1", "PYTHONPATH": str(root), **os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            for port in ports:
                if not _answers(server, f"{_address(port)}/_stcore/health", patience):
                    log.seek(0)
                    raise RuntimeError(f"the server did not start:\n{log.read().decode(errors='replace')}")
            yield server, Path(log.name)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _answers(server: subprocess.Popen[bytes], url: str, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while server.poll() is None and time.monotonic() < deadline:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=5) as reply,
        ):
            if reply.status == 200:
                return True
        time.sleep(0.1)
    return False
