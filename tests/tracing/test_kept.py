"""What is kept for the trace that a thread asked about last."""

import gc
import threading
import weakref
from typing import Any

from rnnviz_core.tracing.kept import kept_for_latest_trace


class Text:
    """All that is asked of a trace here: that it can be referred to weakly."""


def test_it_is_computed_once_until_another_trace_comes() -> None:
    asked: list[tuple[Any, int]] = []

    @kept_for_latest_trace
    def compute(trace: Any, number: int) -> object:
        asked.append((weakref.ref(trace), number))
        return object()

    one, other = Text(), Text()
    first = compute(one, 1)  # type: ignore[arg-type]
    assert compute(one, 1) is first  # type: ignore[arg-type]
    assert compute(one, 2) is not first  # type: ignore[arg-type]
    compute(other, 1)  # type: ignore[arg-type]
    assert compute(one, 1) is not first  # type: ignore[arg-type]
    assert [number for _trace, number in asked] == [1, 2, 1, 1]

    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(compute(one, 1)))  # type: ignore[arg-type]
    thread.start()
    thread.join()
    assert len(asked) == 5, "another thread has its own"

    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None, "it keeps no trace alive"
