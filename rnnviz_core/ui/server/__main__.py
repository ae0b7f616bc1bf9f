"""The app in one process: ``python -m rnnviz_core.ui.server PORT [ADDRESS]``, as `rnnviz app` starts it."""

import os
import sys
import time

from rnnviz_core.ui.server import rehearsal, serve


def start(port: int, address: str | None = None) -> None:
    """Load everything that the first page needs, then serve until the process is told to stop.

    Parameters
    ----------
    port
        Where to listen; 0 for any free one.
    address
        Of the interface to listen on; None for all of them.
    """
    print("Loading the models and drawing the first page …", flush=True)
    began = time.monotonic()
    os.chdir(rehearsal.APP.parent)
    rehearsal.first_page()
    print(f"  ready after {time.monotonic() - began:.1f} s", flush=True)
    serve.run(port, address)


if __name__ == "__main__":
    start(int(sys.argv[1]), *sys.argv[2:3])
