"""Tests in several processes: any number of them at a time, or one that is alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__)
LOCK, QUEUE = HERE, HERE.with_name("conftest.py")  # any two files that every process can open


@contextmanager
def turn(alone: bool) -> Iterator[None]:
    """Wait until no test is alone; or, to be alone, until all have ended. Meanwhile nobody else may begin."""
    import fcntl  # not on Windows, where tests run in one process

    with LOCK.open("rb") as lock, QUEUE.open("rb") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
