"""The database of classes as pages ask it: opened once per process, when a class is; polls share answers.

SQLAlchemy, 15 MB, is imported by whoever opens or enters the first class of a process, and by nobody else.
"""

import os
import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from rnnviz_core.classroom.state import Pulse
from rnnviz_core.classroom.tally import Tally

from .caches import Cache

if TYPE_CHECKING:
    from rnnviz_core.classroom.store import Store

FRESH = 0.4  # seconds that students of one process share what was asked
PULSES = 400  # answers that are kept

TALLIES, TALLY_SECONDS = 64, 600  # that are kept, and for how long after their last use

# Fifty students ask for one count at once: every answer in it is compared with what the network does.
tallies: Cache[Tally] = Cache(TALLIES, seconds=TALLY_SECONDS)
_stores: dict[tuple[int, str], "Store"] = {}  # by process: a connection does not survive a fork
_opening = Lock()
_pulses: OrderedDict[tuple[str, int], tuple[float, Pulse]] = OrderedDict()
_asking = Lock()


def store() -> "Store":
    """The classes of this server.

    Raises
    ------
    ClassError
        When their database cannot be used.
    """
    from rnnviz_core.classroom import database
    from rnnviz_core.classroom.store import Store

    key = (os.getpid(), database.place())
    if key not in _stores:
        with _opening:
            if key not in _stores:
                _stores[key] = Store(key[1])
    return _stores[key]


def pulse(code: str, step: int) -> Pulse:
    """Whether something changed in a class; at most `FRESH` seconds old."""
    key, now = (code, step), time.monotonic()
    with _asking:
        kept = _pulses.get(key)
    if kept is not None and now - kept[0] < FRESH:
        return kept[1]
    found = store().pulse(code, step)
    with _asking:
        _pulses[key] = (now, found)
        _pulses.move_to_end(key)
        while len(_pulses) > PULSES:
            _pulses.popitem(last=False)
    return found


def is_over(code: str) -> bool:
    """Whether a class is gone; a database that is busy is no reason to think so."""
    from rnnviz_core.classroom.store import OVER
    from rnnviz_core.errors import ClassError
    from rnnviz_core.languages import _

    try:
        store().state(code)
    except ClassError as error:
        return str(error) == _(OVER)
    return False
