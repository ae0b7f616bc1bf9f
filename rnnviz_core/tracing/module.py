"""From a recurrent module and a tensor to a verified `Trace`, or to one for each row of a batch.

How gates are found and verified is in `layers` and `batch`; `recording` reads whole models.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnviz_core.errors import TraceError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.models.stacks import TorchStack, stack_of

from . import arguments
from .arguments import Recurrent, State
from .batch import Batch, record_rows
from .layers import Recording, Run, record_layers, site_names
from .trace import Trace
from .undisturbed import plain_numbers, unchanged

Tokens = Sequence[Any]  # a label per step, or for all rows a list of these


@overload
def record_module(
    module: Recurrent,
    x: Tensor | PackedSequence,
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: int = 0,
    sites: Sequence[str] | None = None,
    tokens: Tokens | None = None,
    names: Sequence[str] | None = None,
) -> Trace: ...


@overload
def record_module(
    module: Recurrent,
    x: Tensor | PackedSequence,
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: None,
    sites: Sequence[str] | None = None,
    tokens: Tokens | None = None,
    names: Sequence[str] | None = None,
) -> list[Trace]: ...


def record_module(
    module: Recurrent,
    x: Tensor | PackedSequence,
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: Any = 0,
    sites: Sequence[str] | None = None,
    tokens: Tokens | None = None,
    names: Sequence[str] | None = None,
) -> Trace | list[Trace]:
    """Run a recurrent module and record every gate of every step of one row of the batch, or of all rows.

    The module is called exactly as given and is not changed. Process-wide settings that would change its
    numbers (autocast, the precision of float32 products) are suspended meanwhile.

    Parameters
    ----------
    module
        Any ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` of float32 or float64, or `CellLayers` of another cell.
    x
        What the module would be called with: (time, batch, dim), or (batch, time, dim) with
        ``batch_first``, or (time, dim) without a batch, or a packed sequence.
    state
        The initial state, in the form the module takes; zeros when omitted.
    lengths
        Steps of each row of a padded batch, in any order. Rows of 0 steps, which torch refuses, are left out
        when the module runs; their traces have no steps.
    item
        Which row of the batch to record, in the order before packing: an integer, also numpy's. None: all
        rows in one pass. Their arrays are then views into arrays of the whole batch.
    sites
        The sites to keep; all of them when omitted.
    tokens
        A label for each step. With ``item=None`` a list of labels for each row, or one list for all rows.
    names
        A name for each input feature, (dim).

    Returns
    -------
    Trace or list of Trace
        Sites ``encoder.{layer}[.reverse].{name}`` with the axes ``time`` and ``unit``.

    Raises
    ------
    TraceError
        When an argument does not fit, or the recording fails its verification.

    Examples
    --------
    >>> trace = record_module(torch.nn.LSTM(3, 5), torch.randn(7, 3))
    >>> trace["encoder.0.forget"].shape
    (7, 5)
    """
    arguments.check_module(module)
    with unchanged(module), plain_numbers(), torch.inference_mode():
        arguments.check_input(module, x)
        batch = arguments.batch_of(module, x)
        row = None if item is None else arguments.row_of(item, batch)
        arguments.check_state(module, state, batch, x)
        keep = arguments.check_sites(module, sites)
        labels = arguments.column_names(module, names)
        filled = None
        if lengths is not None:
            counts = arguments.counts_of(module, x, lengths, batch)
            filled = torch.nonzero(counts)[:, 0]
            x, state = _without_empty(module, x, state, counts)
        found = None
        if filled is None or len(filled):
            found = _called(module, x, state)
        called = Called(module, x, state, found, keep, labels)
        if item is None:
            return _all_rows(called, batch, filled, tokens)
        one = () if tokens is None else (tokens,)
        if filled is None:
            return called.trace(row or 0, *one)
        place = torch.nonzero(filled.eq(row or 0))[:, 0].tolist()
        return called.trace(place[0], *one) if place else called.empty(*one)


def _all_rows(
    called: "Called", batch: int | None, filled: Tensor | None, tokens: Tokens | None
) -> list[Trace]:
    """A trace for each row, in the order before packing."""
    rows = batch or 1
    given: list[Tokens | None] = [None] * rows
    if tokens is not None:
        nested = bool(tokens) and all(
            not isinstance(labels, str | Token) and isinstance(labels, Sequence) for labels in tokens
        )
        if nested and len(tokens) != rows:
            raise TraceError(f"tokens has {len(tokens)} lists; the batch has {rows} rows")
        given = list(tokens) if nested else [tokens] * rows
    places = range(rows) if filled is None else filled.tolist()
    found: list[Trace | None] = [None] * rows
    if places:
        for place, trace in zip(places, called.traces([given[place] for place in places]), strict=True):
            found[place] = trace
    return [called.empty() if trace is None else trace for trace in found]


def _called(module: Recurrent, x: Tensor | PackedSequence, state: State | None) -> Any:
    """What the module returns, checked where somebody else has a say in it."""
    if not arguments.changes_of(module):
        return module(x, state)
    arguments.check_call(module, x, state)
    found = module(x, state)
    arguments.check_returned(module, found, x, arguments.batch_of(module, x))
    return copied(found)  # it may be somebody else's


def _without_empty(
    module: Recurrent, x: Any, state: State | None, counts: Tensor
) -> tuple[Tensor | PackedSequence, State | None]:
    """A padded batch as a packed sequence without the rows of no steps, and the states of the others."""
    filled = torch.nonzero(counts)[:, 0]
    if len(filled) == len(counts):
        return arguments.packed(module, x, counts), state
    x = x.index_select(0 if module.batch_first else 1, filled)
    if state is not None:
        pair = tuple(part.index_select(1, filled) for part in _pair(state))
        state = pair[0] if len(pair) == 1 else pair  # type: ignore[assignment]
    return (arguments.packed(module, x, counts[filled]) if len(filled) else x), state


@dataclass(frozen=True)
class Called:
    """A call of a recurrent module: what it read, what it returned, and what is kept of it.

    `found` is ``(output, state)``; nobody else may change it, nor x and state, until the traces are
    made, in inference mode.
    """

    module: Recurrent
    x: Tensor | PackedSequence
    state: State | None
    found: Any
    keep: frozenset[str] | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: str = ""  # what the trace calls it; the module's printed form when empty

    def trace(self, row: int, tokens: Tokens | None = None) -> Trace:
        """The trace of one row."""
        recording = Recording()
        try:
            run = _select(self.module, self.x, self.found[0], self.found[1], self.state, row)
            record_layers(recording, stack_of(self.module), run, "encoder", "time")
        except TraceError as error:
            changes = arguments.changes_of(self.module)
            raise (TraceError(f"{error}. Note that {changes}") if changes else error) from None
        if self.keep is not None:
            for name in set(recording.arrays) - self.keep:
                del recording.arrays[name], recording.axes[name]
        return self._finished(recording, len(run.x), tokens)

    def traces(self, tokens: Sequence[Tokens | None]) -> list[Trace]:
        """The traces of all rows, in one pass where the module is torch's own."""
        stack = stack_of(self.module)
        if not isinstance(stack, TorchStack) or len(tokens) == 1:
            return [self.trace(row, labels) for row, labels in enumerate(tokens)]
        batch, cell, found = self._batch(), stack.definition(), list[Trace]()
        for part in batch.chunks(len(cell.gates) * self.module.hidden_size):
            rows = record_rows(stack, part, self.keep)
            for row, count in enumerate(part.counts.tolist()):
                place = len(found)
                found.append(
                    self._finished(rows.recording(row, cell), count, tokens[place])
                    if rows.sound(row)
                    else self.trace(place, tokens[place])  # it looks closer, or says what is wrong
                )
        return found

    def empty(self, tokens: Tokens | None = None) -> Trace:
        """The trace of a row of no steps."""
        stack, recording = stack_of(self.module), Recording()
        cell, kind = stack.definition(), next(self.module.parameters()).dtype
        recording.definitions["encoder"] = cell
        for layer in range(stack.layers):
            for reverse in (False, True)[: stack.directions]:
                weights = stack.weights(layer, reverse)
                size = {"layer_input": weights["W_i"].shape[1]}
                units = weights["W_i"].shape[0] // len(cell.gates)
                size |= dict.fromkeys(("hidden", "initial_hidden"), self.module.proj_size or units)
                sites, axes = site_names(cell.names, "encoder", layer, reverse, "time")
                for word, name in sites.items():
                    if self.keep is None or name in self.keep:
                        width = size.get(word, units)
                        shape = (width,) if len(axes[name]) == 1 else (0, width)
                        array = torch.zeros(shape, dtype=kind)
                        recording.add(name, array, *axes[name])
        return self._finished(recording, 0, tokens)

    def _batch(self) -> Batch:
        """All rows, padded and batch first, in memory of our own."""
        ends = _by_name(self.found[1])
        starts = (
            {name: np.zeros_like(end) for name, end in ends.items()}
            if self.state is None
            else {name: start.copy() for name, start in _by_name(_detached(self.state)).items()}
        )
        x, output = self.x, self.found[0]
        if isinstance(x, PackedSequence):
            (read, counts), (states, _) = (pad_packed_sequence(one, batch_first=True) for one in (x, output))
        else:
            if not self.module.batch_first:
                x, output = x.transpose(0, 1), output.transpose(0, 1)
            read, states = x.clone(memory_format=torch.contiguous_format), output
            counts = torch.full((len(x),), x.shape[1])
        return Batch(read.contiguous(), counts.numpy(), states.numpy(), starts, ends)

    def _finished(self, recording: Recording, steps: int, tokens: Tokens | None) -> Trace:
        named = {} if tokens is None else {"time": arguments.step_tokens(tokens, steps)}
        return Trace(
            model=self._name,
            text="",
            tokens=named,
            arrays=recording.arrays,
            axes=recording.axes,
            labels=self.labels,
            definitions=recording.definitions,
            max_difference=recording.difference,
            meta=self._meta,
        )

    @functools.cached_property
    def _name(self) -> str:
        return self.model or repr(self.module)

    @functools.cached_property
    def _meta(self) -> dict[str, Any]:
        partial = {} if self.keep is None else {"sites": tuple(sorted(self.keep))}
        return {
            "task": "module",
            "cell": stack_of(self.module).definition().name,
            "attention": "none",
            "layers": self.module.num_layers,
            "bidirectional": self.module.bidirectional,
            "oracle": "loop" if stack_of(self.module).own_oracle else "kernel",
            "notes": self.notes,
            **partial,
        }


def copied(found: Any) -> Any:
    """Tensors of our own in place of those in `found`: a tensor, a packed sequence, or a tuple of them."""
    if isinstance(found, Tensor):
        return found.detach().clone()
    if isinstance(found, PackedSequence):
        return PackedSequence(*map(copied, found))
    return found if found is None else tuple(map(copied, found))


def _select(
    module: Recurrent,
    x: Tensor | PackedSequence,
    output: Tensor | PackedSequence,
    final: State,
    state: State | None,
    item: int,
) -> Run:
    """One item of the batch, without its padding, in tensors that nobody else can change."""
    ends = _rows(final, item)
    if state is None:
        starts = {name: np.zeros(end.shape, end.dtype) for name, end in ends.items()}
    else:
        starts = {name: start.copy() for name, start in _rows(_detached(state), item).items()}
    if isinstance(x, PackedSequence):
        assert isinstance(output, PackedSequence)
        (read, counts), (states, _) = pad_packed_sequence(x), pad_packed_sequence(output)
        steps = int(counts[item])
        return Run(read[:steps, item].clone(), states[:steps, item].clone(), starts, ends)
    assert isinstance(output, Tensor)
    if x.dim() == 3:
        x, output = (one[item] if module.batch_first else one[:, item] for one in (x, output))
        output = output.clone()  # so that the rest of the batch can be freed
    return Run(x.clone(memory_format=torch.contiguous_format), output, starts, ends)


def _pair(state: State) -> tuple[Tensor, ...]:
    return tuple(state) if isinstance(state, tuple | list) else (state,)


def _by_name(state: State) -> dict[str, np.ndarray]:
    """The states by name, each (layers * directions, [batch,] unit)."""
    return {name: one.numpy() for name, one in zip(("hidden", "cell"), _pair(state), strict=False)}


def _rows(state: State, item: int) -> dict[str, np.ndarray]:
    """The states of one item by name, each (layers * directions, unit)."""
    return {name: one if one.ndim == 2 else one[:, item] for name, one in _by_name(state).items()}


def _detached(state: State) -> State:
    return state.detach() if isinstance(state, Tensor) else (state[0].detach(), state[1].detach())
