"""What a network predicts: a row of numbers, which a trace keeps, or several, of which it keeps the last."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz_core.inputs.steps import printed_number
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

MOST = 4  # numbers of a row that are kept and shown


def vector(output: np.ndarray | None) -> np.ndarray | None:
    """The prediction as one row, (number); None where it has several, or there is none."""
    if output is None or output.ndim == 0 or output.size != output.shape[-1]:
        return None
    return output.reshape(-1)


def about(output: np.ndarray | None) -> dict[str, Any]:
    """Of a prediction of several rows its shape and the beginning of the last one; nothing otherwise."""
    if output is None or output.ndim < 2 or vector(output) is not None or not output.size:
        return {}
    last = output.reshape(-1, output.shape[-1])[-1]
    return {"shape": list(output.shape), "last": [float(number) for number in last[:MOST]]}


def in_words(trace: Trace) -> str:
    """Several rows of a prediction in words; empty where there are none. A file may hold anything there."""
    told = trace.meta.get("predicted")
    shape, last = (told.get("shape"), told.get("last")) if isinstance(told, Mapping) else (None, None)
    if not isinstance(shape, list | tuple) or not isinstance(last, list | tuple) or not 2 <= len(shape) <= 4:
        return ""
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (*shape, *last)):
        return ""
    numbers = " ".join(printed_number(one) for one in last[:MOST])
    more = " …" if shape[-1] > len(last) else ""
    sizes = " × ".join(f"{size:g}" for size in shape)
    return _("{sizes} numbers; the last row: {numbers}", sizes=sizes, numbers=numbers + more)
