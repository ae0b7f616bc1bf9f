"""Wake a server: visit every page and section with every model once, so that no visitor is the first.

    python -m bench.wake [http://localhost:8501]

Models are loaded and charts compiled when somebody first needs them. Before thirty people come in at once,
somebody should have: one visitor, a few seconds.
"""

import argparse
import asyncio
import sys
import time

from bench.client import Run, Visitor
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.ui.shell.routes import TRACED
from scripts.serving import folder

PAGES = tuple(route.address for route in TRACED)


async def wake(address: str) -> list[Run]:
    """Open every page and section with every model of the checkpoints, one after the other."""
    runs = []
    for entry in checkpoints.scan(folder()).entries:
        for page in PAGES:
            visitor = Visitor(address)
            try:
                runs.append(await visitor.open(page, model=entry.id))
                runs.extend([await visitor.show(title) for title in visitor.sections[1:]])
            finally:
                await visitor.close()
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("address", nargs="?", default="http://localhost:8501")
    began = time.monotonic()
    try:
        runs = asyncio.run(wake(parser.parse_args().address))
    except OSError as error:
        print(f"no server answers: {error}", file=sys.stderr)
        return 1
    failures = [f"{run.model}, {run.page}: {failure}" for run in runs for failure in run.failures]
    print(f"{len(runs)} pages and sections in {time.monotonic() - began:.0f} s, {len(failures)} failures")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
