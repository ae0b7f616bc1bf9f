"""A PostgreSQL server for a while: found where Debian installs it, started in a folder of its own.

Tests and `python -m bench.votes --postgresql` ask it. Where it is started by root, it runs as its own
user (`postgres`, which Debian's package makes).
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.serving import free_port

USER = "postgres"


def binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`: on the path, or Debian's latest; None without one."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    return max((one.parent for one in installed), default=None, key=lambda path: int(path.parent.name))


def missing() -> str:
    """Why there is no server to be had; empty where there is."""
    if binaries() is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "its driver is not installed: pip install psycopg[binary]"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            return f"PostgreSQL does not run as root, and there is no user {USER!r}"
    return ""


class Postgres:
    """A server: its address, and what can be done to it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.address = f"postgresql://{USER}@127.0.0.1:{port}/postgres"

    def control(self, *words: str) -> None:
        """Run `pg_ctl` on it."""
        _run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-s", "-l", str(self.folder / "log"), *words)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self.control("-o", options, "start")

    def crash(self) -> None:
        """End it without letting it tidy up, and start it again: it recovers from its log."""
        self.control("-m", "immediate", "stop")
        self.start()


def _run(program: str, *words: str) -> None:
    found = binaries()
    assert found is not None
    as_user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(found / program), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        **as_user,  # type: ignore[call-overload]
    )


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A fresh server on a free port, gone afterwards with all that it held."""
    with tempfile.TemporaryDirectory(prefix="rnnviz-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER, USER)
        _run("initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        server = Postgres(folder, free_port())
        server.start()
        try:
            yield server
        finally:
            server.control("-m", "immediate", "stop")
