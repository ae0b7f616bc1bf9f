"""What was once computed from a trace, kept as long as the trace is."""

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

from rnnviz_core.languages import language

from .trace import Trace

P = ParamSpec("P")
R = TypeVar("R")


def kept_with_trace(compute: Callable[Concatenate[Trace, P], R]) -> Callable[Concatenate[Trace, P], R]:
    """Compute once for each trace, each language and each set of further arguments, which must be hashable.

    A trace never changes, so what follows from it does not either: callers share the result and must not
    change it. With the trace the result goes.
    """
    known: WeakKeyDictionary[Trace, dict[Hashable, R]] = WeakKeyDictionary()

    @wraps(compute)
    def look(trace: Trace, /, *args: P.args, **kwargs: P.kwargs) -> R:
        found = known.setdefault(trace, {})
        key = (language(), args, *sorted(kwargs.items()))
        if key not in found:
            found[key] = compute(trace, *args, **kwargs)
        return found[key]

    return look


class _Latest(threading.local):
    """What one thread computed from the trace that it asked about last."""

    def __init__(self) -> None:
        self.trace: ReferenceType[Trace] | None = None
        self.known: dict[Hashable, Any] = {}


def kept_for_latest_trace(compute: Callable[Concatenate[Trace, P], R]) -> Callable[Concatenate[Trace, P], R]:
    """The same for large arrays: only until the thread asks about another trace, or ends.

    A run of a page is a thread and asks several times about one trace; a cached trace carries nothing along.
    """
    latest = _Latest()

    @wraps(compute)
    def look(trace: Trace, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if latest.trace is None or latest.trace() is not trace:
            latest.trace, latest.known = ref(trace), {}
        key = (args, *sorted(kwargs.items()))
        if key not in latest.known:
            latest.known[key] = compute(trace, *args, **kwargs)
        found: R = latest.known[key]
        return found

    return look
