"""The database of classes: a file of SQLite, or PostgreSQL by its address; connections and transactions.

SQLite keeps a write-ahead log, so that several processes read while one writes, waits for a lock instead of
failing, and writes through to the disk at every commit: what was acknowledged outlives a crash.
"""

import contextlib
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from rnnviz_core.errors import ClassError
from rnnviz_core.languages import N_, _

from . import schema

VARIABLE = "RNNVIZ_CLASSES"  # a path, or an address such as postgresql://user:password@host/name
WAIT = 10  # seconds for a lock or a connection
TRIES = 50  # to turn on the write-ahead log of a new file
CONNECTIONS = 5  # that a process keeps; as many more while it is busy
BUSY = N_("The class’s database does not answer just now. Nothing was lost: try again in a moment.")

log = logging.getLogger("rnnviz.classes")


def place() -> str:
    """Where classes are kept: ``RNNVIZ_CLASSES``, or a file in the user's folder for such things."""
    if named := os.environ.get(VARIABLE):
        return named
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return str(folder / "rnnviz" / "classes.sqlite")


def connect(named: str) -> sa.Engine:
    """An engine for a path or an address, its tables made.

    Raises
    ------
    ClassError
        When the database cannot be opened; the message never repeats an address, which may hold a password.
    """
    try:
        engine = _postgresql(named) if "://" in named else _sqlite(Path(named))
        with engine.execution_options(writes=True).begin() as connection:
            schema.prepare(connection)
    except (exc.SQLAlchemyError, OSError, ImportError, ValueError) as error:
        log.error("no database of classes: %s", type(error).__name__)
        raise ClassError(
            _(
                "No class can be opened here: the database for classes cannot be used. “Classes” in "
                "docs/deployment.md says what {variable} may name.",
                variable=VARIABLE,
            )
        ) from None
    return engine


def _sqlite(path: Path) -> sa.Engine:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": WAIT, "check_same_thread": False},
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=WAIT,
    )

    @event.listens_for(engine, "connect")
    def settings(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say ourselves when a transaction begins, below
        _write_ahead(connection)
        for line in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later could find the file changed in between, and fail.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: Any) -> None:
    """Turn the log on, once per file. Of two processes that try at once, SQLite fails one without waiting."""
    for attempt in range(TRIES):
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError:
            if attempt == TRIES - 1:
                raise
        time.sleep(WAIT / TRIES / 2)


def _postgresql(named: str) -> sa.Engine:
    url = sa.make_url(named)
    if url.get_backend_name() != "postgresql":
        raise ValueError("neither a file nor PostgreSQL")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=WAIT,
        pool_pre_ping=True,  # its server may have been started again meanwhile
        connect_args={"connect_timeout": WAIT},
    )


@contextlib.contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that may write: all of it is kept, or nothing."""
    with _speaking(engine.execution_options(writes=True)) as connection:
        yield connection


@contextlib.contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads."""
    with _speaking(engine) as connection:
        yield connection


@contextlib.contextmanager
def _speaking(engine: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except (exc.OperationalError, exc.TimeoutError) as error:  # locked, full, gone
        log.warning("the database of classes does not answer: %s", type(error).__name__)
        raise ClassError(_(BUSY)) from error
