"""Is every vote kept when servers die? 2,000 votes, the processes that take them killed twice.

    python -m bench.votes [--votes 2000] [--kills 2] [--workers 2] [--postgresql]

As many processes as `--workers` keep votes for one class in one database, as the pages do (`classroom.store`)
and acknowledge each once it is kept. At equal distances all of them are killed (SIGKILL), with whatever they
were writing; new ones take over, and what was not acknowledged is sent again, as a student would. In the end
every vote must be there, once, with the answer that was given. With `--postgresql` a real server keeps them,
and is itself killed at the same moments.
"""

import argparse
import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnviz_core.classroom.database import BUSY
from rnnviz_core.classroom.store import Store
from rnnviz_core.errors import ClassError
from scripts import postgres
from scripts.serving import ROOT

STEPS = 8  # to predict, of the class's lesson
PATIENCE = 60.0  # seconds until all votes of a stretch are acknowledged


@dataclass(frozen=True)
class Vote:
    """One answer, and whose it is."""

    token: str
    step: int
    answer: str


@dataclass(frozen=True)
class Found:
    """What is in the database in the end."""

    votes: int  # that were sent
    kept: int
    wrong: int  # kept with another answer
    lost: int  # acknowledged before a kill, and not there right after it
    again: int  # sent a second time
    seconds: float


class Workers:
    """Processes that keep votes."""

    def __init__(self, address: str, code: str, count: int) -> None:
        command = [sys.executable, "-m", "bench.votes", "--worker", address, code]
        self._processes = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        self.acknowledged: set[int] = set()
        self._readers = [threading.Thread(target=self._read, args=(one,)) for one in self._processes]
        for reader in self._readers:
            reader.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            if line.endswith("\n"):
                self.acknowledged.add(int(line))

    def send(self, votes: dict[int, Vote]) -> None:
        """Hand the votes out, in turns."""
        for place, (number, vote) in enumerate(votes.items()):
            stream = self._processes[place % len(self._processes)].stdin
            assert stream
            stream.write(f"{number} {vote.token} {vote.step} {vote.answer}\n")
        for process in self._processes:
            assert process.stdin
            process.stdin.flush()

    def wait(self, count: int) -> None:
        """Until so many are acknowledged."""
        until = time.monotonic() + PATIENCE
        while len(self.acknowledged) < count:
            if time.monotonic() > until:
                raise RuntimeError(f"{len(self.acknowledged)} of {count} votes acknowledged in {PATIENCE} s")
            time.sleep(0.005)

    def kill(self) -> None:
        """End them at once, with whatever they are writing."""
        for process in self._processes:
            process.kill()

    def end(self) -> set[int]:
        """Wait until they have read everything, or are dead; what they acknowledged."""
        for process in self._processes:
            with contextlib.suppress(BrokenPipeError):
                assert process.stdin
                process.stdin.close()
        for process in self._processes:
            process.wait(PATIENCE)
        for reader, process in zip(self._readers, self._processes, strict=True):
            reader.join()
            assert process.stdout
            process.stdout.close()
        return self.acknowledged


def work(address: str, code: str) -> None:
    """One of them: a vote per line of its input, and its number once it is kept."""
    logging.disable()  # that the database's server is away is no news here
    store = Store(address)
    for line in sys.stdin:
        number, token, step, answer = line.split()
        until = time.monotonic() + PATIENCE / 2
        while True:
            try:
                store.vote(code, token, int(step), answer)
                break
            except ClassError as error:  # the database's server is starting again
                if str(error) != BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.1)
        print(number, flush=True)


def soak(
    address: str, votes: int, kills: int, workers: int, crash: Callable[[], None] = lambda: None
) -> Found:
    """Send the votes, kill what keeps them (`crash`: the database's server), and look what is there."""
    store = Store(address)
    opened = store.open("soak", STEPS, range(STEPS))
    store.let_go(opened.code, opened.key, True)
    tokens = [store.enter(opened.code) for _ in range(-(-votes // STEPS))]
    every = [Vote(token, step, f"{n}-{step}") for n, token in enumerate(tokens) for step in range(STEPS)]
    waiting = dict(enumerate(every[:votes]))
    began, lost, again = time.monotonic(), 0, 0
    for left in range(kills, -1, -1):
        crew = Workers(address, opened.code, workers)
        crew.send(waiting)
        crew.wait(len(waiting) // (left + 1))
        if left:
            crew.kill()  # before the server: they would try again until it is back, and nothing would be left
            crash()
        kept = crew.end()
        lost += sum(not _is_kept(store, opened.code, waiting[number]) for number in kept)
        waiting = {number: vote for number, vote in waiting.items() if number not in kept}
        again += len(waiting)
    seconds = time.monotonic() - began
    found = [_answer(store, opened.code, vote) for vote in every[:votes]]
    wrong = sum(
        one is not None and one != vote.answer for one, vote in zip(found, every[:votes], strict=True)
    )
    total = sum(store.pulse(opened.code, step).votes for step in range(STEPS))
    store.end(opened.code, opened.key)
    store.close()
    return Found(votes, total, wrong, lost, again, seconds)


def _answer(store: Store, code: str, vote: Vote) -> str | None:
    for attempt in range(100):
        try:
            return store.mine(code, vote.token).get(vote.step, {}).get(1)
        except ClassError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    return None


def _is_kept(store: Store, code: str, vote: Vote) -> bool:
    return _answer(store, code, vote) == vote.answer


@contextlib.contextmanager
def database(real: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """An address, and how its server is killed: PostgreSQL's own process; SQLite has none."""
    if real:
        with postgres.running() as server:
            yield server.address, server.crash
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder) / "classes.sqlite"), lambda: None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--votes", type=int, default=2_000, help="how many (default 2,000)")
    parser.add_argument("--kills", type=int, default=2, help="how often everything dies (default 2)")
    parser.add_argument("--workers", type=int, default=2, help="processes that keep them (default 2)")
    parser.add_argument("--postgresql", action="store_true", help="in PostgreSQL, whose server dies as well")
    parser.add_argument("--worker", nargs=2, metavar=("DATABASE", "CODE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        work(*options.worker)
        return 0
    if options.postgresql and (reason := postgres.missing()):
        print(reason)
        return 1
    with database(options.postgresql) as (address, crash):
        found = soak(address, options.votes, options.kills, options.workers, crash)
    print(
        f"{found.votes} votes in {found.seconds:.1f} s, {options.kills} kills: {found.kept} kept, "
        f"{found.lost} lost after they were acknowledged, {found.wrong} with another answer, "
        f"{found.again} sent again"
    )
    return 0 if found.kept == found.votes and not found.lost and not found.wrong else 1


if __name__ == "__main__":
    sys.exit(main())
