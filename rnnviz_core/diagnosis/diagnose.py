"""From a network and what it reads to a ranked list of findings."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz_core.cells import equations as cells
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import TraceError
from rnnviz_core.models.network import is_network
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing.inside import record_model
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

from . import inputs, states
from .symptoms import Symptom, ranked

ROWS = 256  # sequences that are looked at


def diagnose(
    subject: Any,
    x: Any = None,
    *,
    lengths: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Symptom, ...]:
    """Look for what may be wrong, in gates, states and inputs.

    Parameters
    ----------
    subject
        A recurrent module, any model that holds some, a network of this project; or traces: one, or a list.
    x
        What it reads: a tensor, (time, batch, dim) or as the model is called; for a network of this project a
        text or a list of texts. Left out for traces.
    lengths
        Of a padded batch, for a recurrent module.
    names
        Of the columns that are read.

    Returns
    -------
    tuple of Symptom
        The surest first. An empty one says that none of the detectors found anything, not that all is well.

    Raises
    ------
    TraceError
        When there is nothing to look at.
    """
    found: list[Symptom] = []
    if isinstance(subject, Trace) or (isinstance(subject, Sequence) and not isinstance(subject, str)):
        rows = [subject] if isinstance(subject, Trace) else list(subject)
        found += of_traces(rows, numbers=not _embedded(rows), names=names)
    elif is_network(subject):
        texts = [x] if isinstance(x, str) else list(x or ())
        found += of_traces([record(subject, text) for text in texts[:ROWS]], numbers=False, names=names)
    elif isinstance(subject, nn.RNNBase | CellLayers):
        found += _module(subject, x, lengths, names)
    elif isinstance(subject, nn.Module):
        recorded = record_model(subject, *(x if isinstance(x, tuple) else (x,)))
        for name, traces in recorded.rows.items():
            found += of_traces(list(traces)[:ROWS], numbers=False, module=name)
    else:
        raise TraceError(
            f"diagnose looks at a module, a model or traces; {type(subject).__name__} is none of them"
        )
    return ranked(found)


def _embedded(rows: Sequence[Trace]) -> bool:
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
) -> list[Symptom]:
    """Findings on traces of one network; `numbers` says that the columns that are read mean something."""
    rows = [row for row in rows if row.layers() and len(row["encoder.0.hidden"])]
    if not rows:
        raise TraceError("there is no trace with steps to look at")
    first = rows[0]
    found: list[Symptom] = []
    if numbers:
        width = first["encoder.0.layer_input"].shape[1]
        labels = list(names or first.labels.get("dim", ())) or [f"column {place}" for place in range(width)]
        found += inputs.look([row["encoder.0.layer_input"] for row in rows], labels, weights)
    for layer in range(first.layers()):
        for reverse in (False, True) if first.reverses() else (False,):
            found += states.look(states.View(module, layer, reverse, first.definition(), rows))
    return found


def _module(
    module: Any, x: Tensor, lengths: Sequence[int] | None, names: Sequence[str] | None
) -> Iterator[Symptom]:
    """A recurrent module: also what makes a recording impossible, numbers that are not finite."""
    if not isinstance(x, Tensor) or x.dim() not in (2, 3):
        raise TraceError("diagnose needs what the module reads: x, a tensor of 2 or 3 axes")
    labels = list(names or ()) or [f"column {place}" for place in range(x.shape[-1])]
    if len(labels) != x.shape[-1]:
        raise TraceError(f"names has {len(labels)} entries; x is {x.shape[-1]} numbers wide")
    array = x.detach().cpu().double().numpy()
    if bad := list(inputs.not_finite(array, labels)):
        yield from bad
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
    except TraceError as error:
        broken = _first_not_finite(module, x)
        if broken is None:
            raise
        yield broken
        del error
        return
    weights = stack_of(module).weights(0)["W_i"].detach().numpy()
    yield from of_traces(traces, names=labels, weights=weights)


@torch.inference_mode()
def _first_not_finite(module: Any, x: Tensor) -> Symptom | None:
    """The first step and site of the first layer at which a value stops being finite."""
    stack = stack_of(module)
    weights = {name: weight.detach() for name, weight in stack.weights(0).items()}
    for name, weight in weights.items():
        if not bool(weight.isfinite().all()):
            return Symptom(
                "weights that are not finite",
                f"{int((~weight.isfinite()).sum())} numbers of {name} of layer 0 are NaN or infinite.",
                "Training has diverged: a gradient was too large, or a loss was NaN, and the update "
                "wrote it into the weights.",
                "Go back to the last sound checkpoint; clip the gradient, lower the learning rate, look "
                "at the loss before it broke.",
                "certain",
                1.0,
                {"weight": name},
                {"site": "encoder.0"},
            )
    steps = x.unsqueeze(1) if x.dim() == 2 else x.transpose(0, 1) if module.batch_first else x
    cell = stack.definition()
    units = weights["W_h"].shape[1]
    sizes = {"hidden": units, "cell": module.hidden_size}
    found = {name: x.new_zeros(steps.shape[1], sizes[name]) for name in cell.states}
    for number, step in enumerate(steps):
        values = cells.step(cell, weights, step, found)
        for name, value in values.items():
            if not bool(value.isfinite().all()):
                return Symptom(
                    "a value stops being finite",
                    f"encoder.0.{name} is the first that is not finite, at step {number} of "
                    f"{len(steps)}; the largest "
                    f"state before it was {max(float(state.abs().max()) for state in found.values()):.3g}.",
                    "A state has grown beyond what a number can hold; everything after it is NaN or "
                    "infinite.",
                    "Smaller recurrent weights, tanh in place of relu, scaled inputs; clip the gradient "
                    "while training.",
                    "certain",
                    1.0,
                    {"step": number},
                    {"site": f"encoder.0.{name}", "steps": [number]},
                )
        found = {name: values[name] for name in found}
    return None
