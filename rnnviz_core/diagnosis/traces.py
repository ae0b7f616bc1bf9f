"""Findings on the traces of one network: all that can be said without running it."""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnviz_core.errors import TraceError
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from . import attention, inputs, states
from .symptoms import Measured, Symptom
from .view import View


def embedded(rows: Sequence[Trace]) -> bool:
    """Whether what is read are embeddings, whose columns have no meaning of their own."""
    return any(
        "encoder.embedding" in row or any(token.id >= 0 for token in row.tokens.get("time", ()))
        for row in rows
    )


def of_traces(
    rows: Sequence[Trace],
    *,
    numbers: bool = True,
    names: Sequence[str] | None = None,
    module: str = "",
    weights: np.ndarray | None = None,
) -> Iterator[Symptom | Measured]:
    """Findings on traces of one network.

    Parameters
    ----------
    rows
        A trace each.
    numbers
        Whether the columns that are read mean something.
    names
        Of these columns.
    module
        The name of the recurrent module, where it is inside a model.
    weights
        Of the first layer, (rows of all gates, column), where they are known.

    Raises
    ------
    TraceError
        When there is nothing to look at.
    """
    rows = [row for row in rows if row.layers() and len(row["encoder.0.hidden"])]
    if not rows:
        raise TraceError("there is no trace with steps to look at")
    first = rows[0]
    read = [row["encoder.0.layer_input"] for row in rows]
    if numbers:
        labels = list(names or first.labels.get("dim", ())) or [
            _("column {number}", number=place) for place in range(read[0].shape[1])
        ]
        yield from inputs.look(read, labels, weights)
    else:
        yield from inputs.padding(read, same=True)
    for part in ("encoder", "decoder"):
        there = [row for row in rows if f"{part}.0.hidden" in row and len(row[f"{part}.0.hidden"])]
        for layer in range(there[0].layers(part) if there else 0):
            for reverse in (False, True) if there[0].reverses(part) else (False,):
                yield from states.look(View(module, layer, reverse, there[0].definition(part), there, part))
    yield from attention.of_traces(rows)
