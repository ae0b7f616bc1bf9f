"""What `scripts.serve` becomes once its workers run: it replaces those that die, and ends all of them.

    python -I -S scripts/watch.py ADDRESS PROCESS:PORT ...

It imports next to nothing: a few megabytes, where a process that has loaded all models keeps its own copy of
every page that the workers change. Its signals come blocked from `scripts.serve`, and are waited for.
"""

import os
import signal
import sys
import time

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
PAUSE = 1.0  # seconds before a worker that died is replaced
LONGEST = 60.0  # the pause doubles while a port's workers die young, up to so many seconds
SOUND = 60.0  # seconds that a worker has to live for the next pause to be short again


def watch(address: str, ports: dict[int, int]) -> None:
    """Replace the workers that die, until SIGTERM or SIGINT ends all of them; `ports` by process."""
    began = dict.fromkeys(ports.values(), time.monotonic())
    pauses: dict[int, float] = {}  # of each port, the last one
    due: dict[int, float] = {}  # port -> when its next worker starts
    while ports or due:
        patience = max(0.0, min(due.values()) - time.monotonic()) if due else LONGEST
        found = signal.sigtimedwait(SIGNALS, patience)
        if found and found.si_signo != signal.SIGCHLD:
            break
        now = time.monotonic()
        for process, status in ended():
            port = ports.pop(process, 0)
            if not port:  # no worker: a helper of something that was imported
                continue
            young = now - began[port] < SOUND
            pauses[port] = min(2 * pauses[port], LONGEST) if young and port in pauses else PAUSE
            due[port] = now + pauses[port]
            text = f"worker on port {port} ended with status {status}; another takes its place"
            print(f"{text} in {pauses[port]:.0f} s", file=sys.stderr, flush=True)
        for port in [port for port, when in due.items() if when <= time.monotonic()]:
            ports[replace(address, port)] = port
            began[port] = time.monotonic()
            del due[port]
    for process in ports:
        os.kill(process, signal.SIGTERM)
    while ports:
        ports.pop(os.wait()[0], None)


def ended() -> list[tuple[int, int]]:
    """Process and status of the children that have ended since the last look."""
    found: list[tuple[int, int]] = []
    try:
        while (one := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            found.append(one)
    except ChildProcessError:  # there are no others
        pass
    return found


def replace(address: str, port: int) -> int:
    """Start a worker that has nothing in common with the others: it loads what it is asked for."""
    command = [sys.executable, "-m", "scripts.run", "--port", str(port), "--address", address]
    return os.posix_spawn(command[0], command, os.environ, setsigmask=())


if __name__ == "__main__":
    workers = (word.split(":") for word in sys.argv[2:])
    watch(sys.argv[1], {int(process): int(port) for process, port in workers})
