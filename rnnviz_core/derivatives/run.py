"""From a network, a text and one number that it computes to a trace with the derivatives of that number."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from rnnviz_core.contracts.quantity import Quantity, by_name
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.languages import _, filled
from rnnviz_core.models.network import Network
from rnnviz_core.tracing.arguments import Recurrent, State
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

from .checks import compare
from .loop import Loop, Watched, followed

SUFFIX = "_gradient"
DIRECT = "_direct_gradient"  # of a hidden state: what comes from outside of its layer's recurrence
_ELEMENT = re.compile(r"([a-z_]+(?:\.[a-z0-9_]+)+):(\d{1,9}):(\d{1,9})")


def gradients(model: Network, text: str, of: str | None = None, **options: Any) -> Trace:
    """The trace of a text, and the derivative of one of its numbers with respect to all that precede it.

    Parameters
    ----------
    model
        A network of this project in evaluation mode. It is not changed.
    text
        What the model reads.
    of
        What is differentiated; by default, what the model predicted. A class: ``logit:positive``,
        ``log_probability:positive``, or ``margin`` (log-sum-exp of the positive classes minus that of the
        negative ones). A translation: ``translation`` (the log-probability of all of it), ``step:3`` (of the
        piece output at step 3). A series: ``forecast``, ``forecast:3`` (the one after step 3). Anything: a
        unit at a step, ``encoder.0.hidden:5:17``.
    options
        As in `record`.

    Returns
    -------
    Trace
        That of `record`, and for each state, gate, pre-activation and embedding its ``..._gradient``,
        float64, in the shape of its site: the total derivative of the chosen number with respect to each of
        these numbers; ``encoder.0.hidden_direct_gradient`` is the part of it from outside the layer's
        recurrence. ``meta["gradient"]`` holds ``of``, ``words``, ``value`` and the two checks:
        ``states``, the largest difference between the step loop's states and those recorded, and
        ``closed_form``, that between autograd's gradient and the one of the closed-form Jacobians, relative
        to the largest (None if no layer is recurrent, for a cell without a closed-form Jacobian, and if `of`
        is a gate).

    Raises
    ------
    SpecError
        When `of` names nothing that this model computes, or an option does not fit.
    TextError
        When the text is empty or too long.
    TraceError
        When the recording, or one of the two checks, fails.

    Notes
    -----
    The derivative is exact, and local: it says what a small change would do, not what caused the answer. The
    network runs again in double precision as a loop over the steps (Werbos, 1990: backpropagation through
    time) and is differentiated by autograd; the Jacobians in `rnnviz_core.cells` give the gradient again.
    """
    return of_trace(model, record(model, text, **options), of)


def of_trace(
    model: Network, trace: Trace, of: str | None = None, *, scale: float = 1.0, weigh: bool = False
) -> Trace:
    """`gradients` of a text that is recorded already.

    With another `scale` the recurrent weights are multiplied by it: then the states are others than those
    recorded, and what comes back holds no states but those of that network. With `weigh` ``meta["gradient"]``
    has ``weights``, too: the length of the derivative by all recurrent weights, as they were multiplied.
    """
    task = task_of(model)
    if task.rerun is None or task.quantities is None:
        raise TraceError(
            _("{network} cannot be differentiated: its task has no way to run it again", network=model.name)
        )
    found, run = Watched(weigh=weigh), task.rerun
    with torch.inference_mode(False), torch.enable_grad():
        network = followed(model, found, scale)
        outputs = run(network, trace, found)
        quantity = chosen(trace, task.quantities(trace), of, model.name)
        return _finished(trace, found, quantity, quantity.take(outputs), same=scale == 1.0)


def module_gradients(
    module: Recurrent,
    x: Tensor | PackedSequence,
    of: str | Callable[[Tensor], Tensor],
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: int = 0,
) -> Trace:
    """The trace of a recurrent module, and the derivative of one number with respect to all that precede it.

    Parameters
    ----------
    module, x, state, lengths, item
        As in `record_module`.
    of
        A unit at a step, ``encoder.0.hidden:5:17``, or a function of the output, (time, state) in double
        precision, that returns a single number.

    Returns
    -------
    Trace
        As `gradients` returns it; ``encoder.0.layer_input_gradient`` is the derivative with respect to `x`.

    Raises
    ------
    SpecError
        When `of` names nothing that this module computes.
    TraceError
        When an argument does not fit, or the recording or one of the two checks fails.

    Examples
    --------
    >>> trace = module_gradients(torch.nn.LSTM(3, 5), torch.randn(7, 3), "encoder.0.hidden:6:2")
    >>> trace["encoder.0.hidden_gradient"].shape
    (7, 5)
    """
    if item is None:
        raise TraceError("item is None; a gradient is taken of one row of a batch")
    trace = record_module(module, x, state, lengths, item=item)
    found = Watched()
    with torch.inference_mode(False), torch.enable_grad():
        loop = Loop(module, "encoder", found)
        read = found("encoder.0.layer_input", torch.tensor(trace["encoder.0.layer_input"]).double())
        output, _ = loop(_shaped(module, read), _starts(trace, loop))
        output = output.reshape(len(read), -1)
        if callable(of):
            words = getattr(of, "__name__", "a function of the output")
            value, quantity = of(output), Quantity(words, words, of)
        else:
            quantity = chosen(trace, {}, of, "this module")
            value = quantity.take(output)
        return _finished(trace, found, quantity, value)


def _shaped(module: Recurrent, x: Tensor) -> Tensor:
    """A batch of one, as the module would take it."""
    return x.unsqueeze(0 if module.batch_first else 1)


def _starts(trace: Trace, loop: Loop) -> tuple[Tensor, ...]:
    """The states before the first step, (layers * directions, 1, unit), as they were recorded."""
    rows = [
        f"encoder.{layer}" + ".reverse" * reverse
        for layer in range(loop.num_layers)
        for reverse in (False, True)[: loop.stack.directions]
    ]
    return tuple(
        torch.tensor(np.stack([trace[f"{row}.initial_{name}"] for row in rows])).double().unsqueeze(1)
        for name in loop.cell.states
    )


def chosen(trace: Trace, offered: Any, of: str | None, name: str) -> Quantity:
    """The quantity that `of` names: one of those that the task offers, or a unit at a step.

    Raises
    ------
    SpecError
        Says what there is.
    """
    if of is None:
        return next(iter(offered.values()))
    if not isinstance(of, str):
        raise SpecError(f"of is a {type(of).__name__}; it must be text such as 'encoder.0.hidden:5:17'")
    if match := _ELEMENT.fullmatch(of):
        site, step, unit = match[1], int(match[2]), int(match[3])
        if site not in trace or len(trace[site].shape) != 2:
            raise SpecError(
                _(
                    "{network} has no site {site!r} with steps and units; see docs/traces.md",
                    network=name,
                    site=site,
                )
            )
        steps, units = trace[site].shape
        if step >= steps or unit >= units:
            raise SpecError(
                _(
                    "{asked!r}: {site} has the steps 0 to {last_step} and the units 0 to {last_unit}",
                    asked=of,
                    site=site,
                    last_step=steps - 1,
                    last_unit=units - 1,
                )
            )
        return Quantity(
            of,
            filled("unit {unit} of {site} at step {step}", unit=unit, site=site, step=step),
            lambda outputs: outputs,
        )
    return by_name(offered, of, name)


def _finished(trace: Trace, found: Watched, quantity: Quantity, value: Tensor, *, same: bool = True) -> Trace:
    """Differentiate, check, and add what was found to the trace."""
    closed = True
    if match := _ELEMENT.fullmatch(quantity.name):
        value, closed = _element(found, match[1], int(match[2]), int(match[3]))
    if value.numel() != 1:
        raise SpecError(f"of gives {value.numel()} numbers; a gradient is taken of a single one")
    gave = _Gave(found, value.reshape(()))
    more = (
        {"weights": gave.length([node for call in found.calls for node in call.weighed()])}
        if found.weigh
        else {}
    )
    arrays = {name: trace[name] for name in trace} if same else {}
    axes = {name: trace.axes[name] for name in arrays}
    for name, row in found.sites.items():
        if name not in trace:
            continue
        shape, kind = trace[name].shape, trace.axes[name]
        arrays[name + SUFFIX], axes[name + SUFFIX] = gave.of(row).reshape(shape), kind
        if not same:
            arrays[name], axes[name] = _joined([node.detach() for node in row]).reshape(shape), kind
    checks, direct = compare(trace, found.calls, gave.of, same=same, closed=closed)
    for place, rows in direct.items():
        name = f"{place}.hidden{DIRECT}"
        arrays[name], axes[name] = np.concatenate(rows), trace.axes[f"{place}.hidden"]
    about = {"of": quantity.name, "words": quantity.words, "value": float(value.detach()), **checks, **more}
    return replace(trace, arrays=arrays, axes=axes, meta={**trace.meta, "gradient": about})


def _element(found: Watched, site: str, step: int, unit: int) -> tuple[Tensor, bool]:
    """One number of what is followed, and whether it is not a gate's.

    Raises
    ------
    SpecError
        When the site is not followed.
    """
    if site not in found.sites:
        raise SpecError(f"{site!r} is not followed; choose a state, a gate or an embedding")
    place, _, name = site.rpartition(".")
    calls = [call for call in found.calls if call.place == place]
    state = bool(calls) and name in calls[0].states
    rows_of = [call.shown[name].flip(0) if call.reverse else call.shown[name] for call in calls if state]
    start = 0
    for row in rows_of or found.sites[site]:
        rows = row.reshape(-1, row.shape[-1])
        if step < start + len(rows):
            return rows[step - start, unit], state or not calls
        start += len(rows)
    raise AssertionError("the site has fewer steps than its array")


def _joined(nodes: Sequence[Tensor]) -> np.ndarray:
    """Vectors as rows, one tensor as it is, several one after the other: their numbers in order."""
    if len(nodes) == 1:
        return nodes[0].numpy()
    if nodes[0].dim() == 1:
        return torch.stack(list(nodes)).numpy()
    return torch.cat([node.reshape(-1) for node in nodes]).numpy()


class _Gave:
    """What autograd gives for every node that is followed; each is asked for once."""

    def __init__(self, found: Watched, value: Tensor) -> None:
        rows = (
            *found.sites.values(),
            *(call.nodes() for call in found.calls),
            *(call.weighed() for call in found.calls),
        )
        nodes = {id(node): node for row in rows for node in row}
        gave = torch.autograd.grad(value, list(nodes.values()), allow_unused=True)
        self._found = dict(zip(nodes, gave, strict=True))
        self._joined: dict[tuple[int, int], np.ndarray] = {}

    def length(self, nodes: Sequence[Tensor]) -> float:
        """The length of the derivative by all of `nodes` together; one that is there twice counts once."""
        every = {id(node): self._found[id(node)] for node in nodes}
        squares = [float((one**2).sum()) for one in every.values() if one is not None]
        return float(np.sqrt(sum(squares)))

    def of(self, nodes: Sequence[Tensor]) -> np.ndarray:
        """The derivatives by these nodes, joined; zeros where the number does not depend on one."""
        key = (id(nodes[0]), len(nodes))  # the states are asked for twice
        if key not in self._joined:
            gave = [self._found[id(node)] for node in nodes]
            self._joined[key] = _joined(
                [
                    torch.zeros(node.shape, dtype=torch.float64) if one is None else one
                    for node, one in zip(nodes, gave, strict=True)
                ]
            )
        return self._joined[key]
