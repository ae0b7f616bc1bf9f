"""What was once computed from a trace, kept as long as the trace is."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

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
