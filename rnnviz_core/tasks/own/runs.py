"""Complete runs of opened networks: the last one of each, within a limit on their bytes together."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakValueDictionary

from rnnviz_core import limits
from rnnviz_core.tracing.trace import Trace


@dataclass(eq=False)
class Run:
    """What one network was run on last, and what it computed; nothing once it was let go."""

    text: str | None = None
    trace: Trace | None = None
    lock: Lock = field(default_factory=Lock)  # held while it is made


_alive: "WeakValueDictionary[int, Run]" = WeakValueDictionary()
_order: OrderedDict[int, int] = OrderedDict()  # run -> its bytes, the oldest first
_lock = Lock()


def keep(run: Run, text: str, trace: Trace) -> None:
    """Keep a run, and let go of older ones of any network where all of them take too much."""
    run.text, run.trace = text, trace
    with _lock:
        _alive[id(run)] = run
        _order[id(run)] = trace.nbytes
        _order.move_to_end(id(run))
        for key in list(_order):
            if key not in _alive:  # its network is gone
                del _order[key]
        while len(_order) > 1 and sum(_order.values()) > limits.OWN_RUNS_BYTES:
            key, _ = _order.popitem(last=False)
            if (old := _alive.get(key)) is not None:
                old.trace = None
