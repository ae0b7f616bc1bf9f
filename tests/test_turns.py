"""A test that measures time runs alone: others neither run beside it nor begin before it."""

import threading
import time

import helpers_turns
import pytest
from helpers_turns import turn

pytest.importorskip("fcntl")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Files of its own: the run that this test is part of has its turn already."""
    for name in ("LOCK", "QUEUE"):
        path = tmp_path / name
        path.touch()
        monkeypatch.setattr(helpers_turns, name, path)


class Runner(threading.Thread):
    """Waits for its turn and keeps it until told to end."""

    def __init__(self, alone: bool) -> None:
        super().__init__(daemon=True)
        self.alone, self.began, self.end = alone, threading.Event(), threading.Event()
        self.start()
        self.began.wait(0.2)

    def run(self) -> None:
        with turn(self.alone):
            self.began.set()
            self.end.wait(20)

    def stop(self) -> None:
        self.end.set()
        self.join(20)


def test_many_run_together_and_one_alone():
    one, other = Runner(alone=False), Runner(alone=False)
    assert one.began.is_set()
    assert other.began.is_set()
    alone = Runner(alone=True)
    late = Runner(alone=False)
    one.stop()
    time.sleep(0.1)
    assert not alone.began.is_set()  # one still runs
    assert not late.began.is_set()  # it would go on like that for ever
    other.stop()
    assert alone.began.wait(20)
    assert not late.began.wait(0.1)
    alone.stop()
    assert late.began.wait(20)
    late.stop()
