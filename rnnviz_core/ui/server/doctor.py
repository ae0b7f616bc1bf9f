"""Is this machine ready for a class? ``python -m rnnviz_core.ui.server.doctor PORT``: `rnnviz doctor`.

Every check says what it looked at and what to do where something is missing. A failure is what would stop a
workshop; a warning is what may.
"""

import argparse
import os
import socket
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnviz_core import startup
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import RnnvizError
from rnnviz_core.ui.serving import loaders

from . import rehearsal, serve

OK, WARNING, FAILURE = "ok", "warning", "failure"
MARKS = {OK: "✓", WARNING: "!", FAILURE: "✗"}
CLASS_BYTES = 690e6  # one process with 50 visitors took 630 to 664 MB at most (python -m bench.load)
LEAST_BYTES = 450e6  # below this it does not even start well


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, and what that means."""

    name: str
    state: str
    said: str

    def __str__(self) -> str:
        return f"{MARKS[self.state]} {self.name}: {self.said}"


def packages() -> Check:
    """Whether what the app needs is installed as it was tested."""
    found = startup.problems()
    if any(problem.found is None for problem in found):
        return Check("Packages", FAILURE, f"{'; '.join(map(str, found))}. {startup.CURE}")
    if found:
        return Check("Packages", WARNING, f"{'; '.join(map(str, found))}; it will probably work")
    return Check("Packages", OK, "all there, in the versions they were tested in")


def port(number: int) -> Check:
    """Whether the app can listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("0.0.0.0", number))
        except OSError as error:
            said = f"{number} is taken ({error.strerror}). Stop what runs there, or start with another --port"
            return Check("Port", FAILURE, said)
    return Check("Port", OK, f"{number} is free")


def available_memory() -> int | None:
    """Bytes that a new program could have; None where the system does not say so in a file."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(found.split()[1]) * 1024 if found else None


def memory(free: int | None) -> Check:
    """Whether a class fits into the memory that is free."""
    if free is None:
        said = f"this system does not say how much is free; a class needs {CLASS_BYTES / 1e6:.0f} MB"
        return Check("Memory", WARNING, said)
    said = f"{free / 1e6:,.0f} MB free"
    if free < LEAST_BYTES:
        least = f"the app alone needs {LEAST_BYTES / 1e6:.0f} MB. Close something"
        return Check("Memory", FAILURE, f"{said}; {least}")
    if free < CLASS_BYTES:
        return Check("Memory", WARNING, f"{said}; 50 visitors need about {CLASS_BYTES / 1e6:.0f} MB")
    return Check("Memory", OK, f"{said}; 50 visitors need about {CLASS_BYTES / 1e6:.0f} MB")


def models() -> Check:
    """Whether every model loads, and computes what it should on its example."""
    scan = loaders.models()
    wrong, largest = list(scan.problems), 0.0
    for entry in scan.entries:
        try:
            trace = record(loaders.model(entry), default_text(entry.spec))
            largest = max(largest, trace.max_difference)
        except RnnvizError as error:
            wrong.append(f"{entry.id}: {error}")
    if not scan.entries:
        said = f"none in {loaders.folder()}; train one, or name another --checkpoints"
        return Check("Models", FAILURE, said)
    if wrong:
        return Check("Models", FAILURE, f"{len(wrong)} cannot be used: {'; '.join(wrong)}")
    said = f"{len(scan.entries)} read their example; recomputed, the largest difference is {largest:.1e}"
    return Check("Models", OK, said)


def pages(every: bool) -> Check:
    """Whether every page and section can be drawn: with the first model of each task, or with every model."""
    entries = loaders.models().entries
    first = {entry.spec.task: entry.id for entry in reversed(entries)}
    chosen = [entry.id for entry in entries if every or entry.id in first.values()]
    began = time.monotonic()
    try:
        count = rehearsal.draw_pages(chosen)
    except Exception as error:
        return Check("Pages", FAILURE, f"{type(error).__name__}: {error}")
    said = f"{count} pages and sections drawn with {len(chosen)} models in {time.monotonic() - began:.0f} s"
    return Check("Pages", OK, said)


def browser() -> Check:
    """Whether this machine can show what it serves."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return Check("Browser", WARNING, "none on this machine; open the address from another one")
    return Check("Browser", OK, "there is one on this machine")


def network(number: int) -> Check:
    """The addresses that students type."""
    found = [address for address in serve.addresses(number, None) if "localhost" not in address]
    if not found:
        said = "this machine is in no network; students on other machines cannot reach it"
        return Check("Network", WARNING, said)
    return Check("Network", OK, f"students open {' or '.join(found)} (try one from a phone)")


def checks(number: int, *, every: bool = False) -> Iterator[Check]:
    """All of them, the quick ones first."""
    yield packages()
    yield port(number)
    yield memory(available_memory())
    yield browser()
    yield network(number)
    yield models()
    yield pages(every)


def main() -> int:
    """Print every check as it is done; 1 when something would stop a workshop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--all", action="store_true", dest="every")
    options = parser.parse_args()
    os.chdir(rehearsal.APP.parent)
    found = []
    for check in checks(options.port, every=options.every):
        print(check, flush=True)
        found.append(check.state)
    failures, warnings = found.count(FAILURE), found.count(WARNING)
    if failures:
        print(f"Not ready: {failures} to mend.")
    else:
        print("Ready." if not warnings else f"Ready, with {warnings} to know about.")
    return int(bool(failures))


if __name__ == "__main__":
    raise SystemExit(main())
