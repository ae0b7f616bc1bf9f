"""From a recurrent module and a tensor to a verified `Trace`.

How gates are found and verified is in `layers`; `recording` reads whole models.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnviz_core.errors import TraceError
from rnnviz_core.models.stacks import stack_of

from . import arguments
from .arguments import Recurrent, State
from .layers import Recording, Run, record_layers
from .trace import Trace
from .undisturbed import plain_numbers, unchanged


def record_module(
    module: Recurrent,
    x: Tensor | PackedSequence,
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: Any = 0,
) -> Trace:
    """Run a recurrent module and record every gate of every step of one item of the batch.

    The module is called exactly as given and is not changed. Settings of the process that would change its
    numbers (autocast, the precision of float32 products) are put aside meanwhile.

    Parameters
    ----------
    module
        Any ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` of float32 or float64, or `CellLayers` of another cell.
    x
        What the module would be called with: (time, batch, dim), or (batch, time, dim) with
        ``batch_first``, or (time, dim) without a batch, or a packed sequence.
    state
        The state before the first step, as the module takes it; zeros when left out.
    lengths
        Steps of each item of a padded batch, in any order.
    item
        Which row of the batch to record, in the order before packing: a whole number, numpy's too.

    Returns
    -------
    Trace
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
        row = arguments.row_of(item, batch)
        arguments.check_state(module, state, batch, x)
        if lengths is not None:
            x = arguments.packed(module, x, lengths, batch)
        recording = Recording()
        if changes := arguments.changes_of(module):
            arguments.check_call(module, x, state)
            found = module(x, state)
            arguments.check_returned(module, found, x, batch)
            found = _copied(found)  # it may be somebody else's
        else:
            found = module(x, state)
        try:
            run = _select(module, x, found[0], found[1], state, row)
            record_layers(recording, module, run, "encoder", "time")
        except TraceError as error:
            raise (TraceError(f"{error}. Note that {changes}") if changes else error) from None
    return Trace(
        model=repr(module),
        text="",
        tokens={},
        arrays=recording.arrays,
        axes=recording.axes,
        definitions=recording.definitions,
        max_difference=recording.difference,
        meta={
            "task": "module",
            "cell": stack_of(module).definition().name,
            "attention": "none",
            "layers": module.num_layers,
            "bidirectional": module.bidirectional,
            "notes": (),
        },
    )


def _copied(found: Any) -> Any:
    """Tensors of our own in place of those in `found`: a tensor, a packed sequence, or a tuple of them."""
    if isinstance(found, Tensor):
        return found.detach().clone()
    if isinstance(found, PackedSequence):
        return PackedSequence(*map(_copied, found))
    return found if found is None else tuple(map(_copied, found))


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


def _rows(state: State, item: int) -> dict[str, np.ndarray]:
    """The states of one item by name, each (layers * directions, unit)."""
    pair = state if isinstance(state, tuple | list) else (state,)
    return {
        name: one.numpy() if one.dim() == 2 else one[:, item].numpy()
        for name, one in zip(("hidden", "cell"), pair, strict=False)
    }


def _detached(state: State) -> State:
    return state.detach() if isinstance(state, Tensor) else (state[0].detach(), state[1].detach())
