"""From a network and what it reads to a ranked list of findings."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from rnnviz_core.contracts.task import record
from rnnviz_core.errors import TraceError
from rnnviz_core.models.network import is_network
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

from . import finite, gradients, inputs, whole
from .symptoms import Measured, Report, Symptom, report
from .traces import embedded, of_traces

ROWS = 256  # sequences that are looked at


def diagnose(
    subject: Any,
    x: Any = None,
    *,
    lengths: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Symptom, ...]:
    """Look for what may be wrong: in inputs, gates, states, gradients and attention.

    Parameters
    ----------
    subject
        A recurrent module, any model that contains some, a network of this project; or traces: one, or a
        list. A model is copied, and the copy runs several times: twice as it is, with one sequence changed,
        with the states set to 0, and with autograd.
    x
        What it reads: a tensor, (time, batch, dim) or as the model is called (a tuple for several
        arguments); for a network of this project a text or a list of texts. Left out for traces.
    lengths
        Of a padded batch, for a recurrent module.
    names
        Names of the input columns.

    Returns
    -------
    tuple of Symptom
        The most certain first. Empty means that no detector found anything, not that all is well.

    Raises
    ------
    TraceError
        When there is nothing to examine.
    """
    return examine(subject, x, lengths=lengths, names=names).findings


def examine(
    subject: Any,
    x: Any = None,
    *,
    lengths: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> Report:
    """As `diagnose`, with everything that was measured and how close it came to a finding.

    Raises
    ------
    TraceError
        When there is nothing to examine.
    """
    if isinstance(subject, Trace) or (isinstance(subject, Sequence) and not isinstance(subject, str)):
        rows = [subject] if isinstance(subject, Trace) else list(subject)
        return report(of_traces(rows, numbers=not embedded(rows), names=names))
    if is_network(subject):
        texts = [x] if isinstance(x, str) else list(x or ())
        return report(_network(subject, [record(subject, text) for text in texts[:ROWS]], names))
    if isinstance(subject, nn.RNNBase | CellLayers):
        return report(_module(subject, x, lengths, names))
    if isinstance(subject, nn.Module):
        return report(whole.look(subject, x if isinstance(x, tuple) else (x,), names))
    raise TraceError(
        f"diagnose looks at a module, a model or traces; {type(subject).__name__} is none of them"
    )


def _network(model: Any, rows: list[Trace], names: Sequence[str] | None) -> Iterator[Symptom | Measured]:
    """A network of this project: its traces, and the gradients of the longest ones."""
    yield from of_traces(rows, numbers=False, names=names)
    yield from gradients.of_network(model, rows)


def _module(
    module: Any, x: Tensor, lengths: Sequence[int] | None, names: Sequence[str] | None
) -> Iterator[Symptom | Measured]:
    """A recurrent module: also what makes a recording impossible, numbers that are not finite."""
    if not isinstance(x, Tensor) or x.dim() not in (2, 3):
        raise TraceError("diagnose needs what the module reads: x, a tensor of 2 or 3 axes")
    labels = list(names or ()) or [f"column {place}" for place in range(x.shape[-1])]
    if len(labels) != x.shape[-1]:
        raise TraceError(f"names has {len(labels)} entries; x is {x.shape[-1]} numbers wide")
    array = x.detach().cpu().double().numpy()
    yield from inputs.not_finite(array, labels)
    if not np.isfinite(array).all():
        return
    if x.dim() == 3:
        yield from inputs.axes(array, module.batch_first)
        rows = x.shape[0 if module.batch_first else 1]
        if rows > ROWS:
            cut = slice(None, ROWS)
            x = x[cut] if module.batch_first else x[:, cut]
            lengths = None if lengths is None else list(lengths)[:ROWS]
    try:
        traces = record_module(module, x, lengths=lengths, item=None)
    except TraceError:
        broken = finite.first_value(module, x)
        if broken is None:
            raise
        yield Measured(broken.name, broken.claim, 1.0)
        yield broken
        return
    yield finite.clean("states and gates")
    stack = stack_of(module)
    yield from of_traces(traces, names=labels, weights=stack.weights(0)["W_i"].detach().numpy())
    longest = max(traces, key=lambda trace: len(trace["encoder.0.hidden"]))
    for layer in range(stack.layers):
        for reverse in (False, True)[: stack.directions]:
            yield from gradients.of_layer(longest, stack, "encoder", layer, reverse, vanishing=True)
