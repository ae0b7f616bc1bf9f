"""The traces that whoever started the app wants to see: ``rnnviz app --trace``, and `Trace.open`."""

import os
from pathlib import Path
from threading import Lock

from rnnviz_core import limits, places
from rnnviz_core.checkpoints.sources import Held
from rnnviz_core.errors import RnnvizError
from rnnviz_core.tracing.trace import Trace

ENDINGS = (".npz", ".parquet")

_held = Held()
_known: dict[Path, int] = {}  # file -> when it was written, of those that were looked at
_looking = Lock()


def traces() -> Held | None:
    """Those of the file or folder that the app was started with; None where it was started without one."""
    named = os.environ.get(places.TRACE)
    if not named:
        return None
    with _looking:
        for path in _files(Path(named)):
            _look_at(path)
    return _held


def _files(path: Path) -> list[Path]:
    """The newest ones of a folder, or the file itself."""
    try:
        found = [one for one in path.iterdir() if one.suffix in ENDINGS] if path.is_dir() else [path]
        return sorted(found, key=lambda one: one.stat().st_mtime_ns)[-limits.OWN_NETWORKS :]
    except OSError:
        return []


def _look_at(path: Path) -> None:
    """Open a file that is new or was written anew; what cannot be opened is passed over until then."""
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        return
    if _known.get(path) == written:
        return
    _known[path] = written
    from rnnviz_core.tasks.own import opening

    try:
        network = opening.trace(Trace.load(path), path.name)
    except RnnvizError:
        return
    _held.add(network, size=network.nbytes)
