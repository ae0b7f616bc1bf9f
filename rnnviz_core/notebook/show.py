"""One line in a notebook: record a module, a model or one of this project's networks, and look at it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rnnviz_core.contracts.task import record
from rnnviz_core.errors import TraceError
from rnnviz_core.models.network import is_network
from rnnviz_core.tracing import arguments
from rnnviz_core.tracing.inside import record_model
from rnnviz_core.tracing.trace import Trace


def show(
    module_or_model: Any,
    x: Any,
    tokens: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    *,
    module: str | None = None,
    item: int = 0,
) -> Trace:
    """Record what a network computes on an input; in a notebook the returned trace displays itself.

    Parameters
    ----------
    module_or_model
        An ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, any model that contains one, or a network of this project.
    x
        What it is called with; for a network of this project a text.
    tokens
        A label for each step.
    names
        A name for each input feature of the recurrent module.
    module
        For a model with several recurrent modules: the name of the one to show. By default the first one
        found; a note then names the others.
    item
        Which row of the batch.

    Returns
    -------
    Trace
        See `record_module`; `Trace.to_html` writes what a notebook shows into a file.

    Raises
    ------
    TraceError
        As `record_model`.
    """
    if is_network(module_or_model):
        return record(module_or_model, x)
    recorded = record_model(module_or_model, x, modules=module)
    name = next(iter(recorded))
    rows = recorded.rows[name]
    trace = rows[arguments.row_of(item, len(rows))]
    steps, width = trace["encoder.0.layer_input"].shape
    notes = list(trace.meta["notes"])
    if others := [other for other in recorded if other != name]:
        notes.append(f'Shown is {name}; the model also runs {", ".join(others[:8])}: pass module="…".')
    labels = dict(trace.labels)
    if names is not None:
        if len(names) != width:
            raise TraceError(f"names has {len(names)} entries; {name} reads {width} numbers a step")
        labels["dim"] = tuple(map(str, names))
    kept = {} if tokens is None else {"time": arguments.step_tokens(tokens, steps)}
    return replace(trace, tokens=kept, labels=labels, meta={**trace.meta, "notes": notes})
