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


def watch(address: str, ports: dict[int, int]) -> None:
    """Replace the workers that die, until SIGTERM or SIGINT ends all of them; `ports` by process."""
    while ports and signal.sigwait(SIGNALS) == signal.SIGCHLD:
        for process, status in ended():
            port = ports.pop(process, 0)
            if not port:  # no worker: a helper of something that was imported
                continue
            text = f"worker on port {port} ended with status {status}; another takes its place"
            print(text, file=sys.stderr, flush=True)
            time.sleep(PAUSE)
            ports[replace(address, port)] = port
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
    options = {"port": port, "address": address, "headless": "true", "fileWatcherType": "none"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--server.{name}={value}" for name, value in options.items()]
    return os.posix_spawn(command[0], command, os.environ, setsigmask=())


if __name__ == "__main__":
    workers = (word.split(":") for word in sys.argv[2:])
    watch(sys.argv[1], {int(process): int(port) for process, port in workers})
