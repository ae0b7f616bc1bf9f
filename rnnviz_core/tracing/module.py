"""From a recurrent module and a tensor to a verified `Trace`.

How gates are found and verified is in `layers`; `recording` reads whole models.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz_core import limits
from rnnviz_core.errors import TraceError

from .layers import CELLS, Recording, Run, record_layers
from .trace import Trace

State = Tensor | tuple[Tensor, Tensor]
_DTYPES = (torch.float32, torch.float64)


def record_module(
    module: nn.RNNBase,
    x: Tensor | PackedSequence,
    state: State | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    *,
    item: int = 0,
) -> Trace:
    """Run a recurrent module and record every gate of every step of one item of the batch.

    The module is called exactly as given and is not changed.

    Parameters
    ----------
    module
        Any ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` of float32 or float64.
    x
        What the module would be called with: (time, batch, dim), or (batch, time, dim) with
        ``batch_first``, or (time, dim) without a batch, or a packed sequence.
    state
        The state before the first step, as the module takes it; zeros when left out.
    lengths
        Steps of each item of a padded batch, in any order.
    item
        Which row of the batch to record, in the order before packing.

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
    _check_module(module)
    _check_input(module, x)
    batch = _batch(module, x)
    if not isinstance(item, int) or not 0 <= item < (batch or 1):
        rows = f"the batch has the rows 0 to {batch - 1}" if batch else "without a batch it must be 0"
        raise TraceError(f"item is {item!r}; {rows}")
    _check_state(module, state, batch, x)
    with torch.inference_mode():
        if lengths is not None:
            x = _packed(x, lengths, batch, module.batch_first)
        output, final = module(x, state)
        run = _select(module, x, output, state, final, item)
        recording = Recording()
        record_layers(recording, module, run, "encoder", "time")
    return Trace(
        model=repr(module),
        text="",
        tokens={},
        arrays=recording.arrays,
        axes=recording.axes,
        max_difference=recording.difference,
        meta={
            "task": "module",
            "cell": str(CELLS[module.mode]),
            "attention": "none",
            "layers": module.num_layers,
            "bidirectional": module.bidirectional,
            "notes": [],
        },
    )


def _select(
    module: nn.RNNBase,
    x: Tensor | PackedSequence,
    output: Tensor | PackedSequence,
    state: State | None,
    final: State,
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
    return Run(x.clone(), output, starts, ends)


def _rows(state: State, item: int) -> dict[str, np.ndarray]:
    """The states of one item by name, each (layers * directions, unit)."""
    pair = state if isinstance(state, tuple | list) else (state,)
    return {
        name: one.numpy() if one.dim() == 2 else one[:, item].numpy()
        for name, one in zip(("hidden", "cell"), pair, strict=False)
    }


def _detached(state: State) -> State:
    return state.detach() if isinstance(state, Tensor) else (state[0].detach(), state[1].detach())


# --- arguments --------------------------------------------------------------------------------


def _check_module(module: object) -> None:
    if not isinstance(module, nn.RNNBase) or module.mode not in CELLS:
        name = type(module).__name__
        raise TraceError(f"record_module reads torch.nn.RNN, GRU and LSTM modules; {name} is none of them")
    if module.training and module.dropout > 0:
        raise TraceError(
            f"the module is in training mode with dropout {module.dropout:g}, so no two runs agree; "
            "call module.eval() first"
        )


def _check_input(module: nn.RNNBase, x: object) -> None:
    data = x.data if isinstance(x, PackedSequence) else x
    if not isinstance(data, Tensor):
        raise TraceError(f"x is a {type(x).__name__}; it must be a tensor or a packed sequence")
    weight = module.weight_ih_l0
    assert isinstance(weight, Tensor)
    for tensor in (data, weight):
        if tensor.dtype not in _DTYPES:
            raise TraceError(
                f"{tensor.dtype} cannot be recorded; x and module must be torch.float32 or torch.float64"
            )
        if not tensor.is_cpu:
            raise TraceError(f"{tensor.device} cannot be recorded; call .cpu() on module and x")
    if data.dtype != weight.dtype:
        raise TraceError(f"x is {data.dtype} but the module is {weight.dtype}; convert one of them")
    if not isinstance(x, PackedSequence) and data.dim() not in (2, 3):
        raise TraceError(f"x has the shape {tuple(data.shape)}; it must have 2 axes, or 3 with a batch")
    if data.shape[-1] != module.input_size:
        raise TraceError(f"x is {data.shape[-1]} numbers wide; the module reads {module.input_size}")
    if data.numel() == 0:
        raise TraceError(f"x has the shape {tuple(data.shape)}; there is nothing to read")


def _batch(module: nn.RNNBase, x: Tensor | PackedSequence) -> int | None:
    """Rows of the batch, None without one."""
    if isinstance(x, PackedSequence):
        rows = int(x.batch_sizes[0])
    elif x.dim() == 2:
        return None
    else:
        rows = x.shape[0 if module.batch_first else 1]
    if rows > limits.BATCH_ROWS:
        raise TraceError(f"the batch has {rows} rows; the limit is {limits.BATCH_ROWS}")
    return rows


def _check_state(module: nn.RNNBase, state: object, batch: int | None, x: Tensor | PackedSequence) -> None:
    if state is None:
        return
    widths = {"hidden": module.proj_size or module.hidden_size}
    if module.mode == "LSTM":
        widths["cell"] = module.hidden_size
        pair = isinstance(state, tuple | list) and len(state) == 2
        if not pair:
            raise TraceError(f"state is one {type(state).__name__}; an LSTM takes the two states (h_0, c_0)")
    parts = state if isinstance(state, tuple | list) and len(widths) == 2 else (state,)
    dtype = (x.data if isinstance(x, PackedSequence) else x).dtype
    rows = module.num_layers * (2 if module.bidirectional else 1)
    for (name, width), part in zip(widths.items(), parts, strict=True):
        if not isinstance(part, Tensor):
            raise TraceError(f"the {name} state is a {type(part).__name__}; it must be a tensor")
        expected = (rows, width) if batch is None else (rows, batch, width)
        if tuple(part.shape) != expected:
            raise TraceError(f"the {name} state has the shape {tuple(part.shape)}; it must be {expected}")
        if part.dtype != dtype:
            raise TraceError(f"the {name} state is {part.dtype} but x is {dtype}; convert one of them")


def _packed(
    x: Tensor | PackedSequence, lengths: Sequence[int] | Tensor, batch: int | None, batch_first: bool
) -> PackedSequence:
    """A padded batch as a packed sequence, once its lengths are checked."""
    if isinstance(x, PackedSequence):
        raise TraceError("lengths is given, but a packed sequence has its own; leave lengths out")
    if batch is None:
        raise TraceError("lengths is given, but x has no batch; cut x instead")
    try:
        counts = torch.as_tensor(lengths, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        raise TraceError(f"lengths is {lengths!r}; it must be {batch} whole numbers") from None
    whole = counts.dtype in (torch.int64, torch.int32)
    if not whole or tuple(counts.shape) != (batch,):
        raise TraceError(f"lengths is {counts.tolist()!r}; it must be {batch} whole numbers, one per row")
    steps = x.shape[1 if batch_first else 0]
    if odd := [count for count in counts.tolist() if not 1 <= count <= steps]:
        raise TraceError(f"lengths has {odd[0]}; x has {steps} steps, so each must be from 1 to {steps}")
    return pack_padded_sequence(x, counts.to(torch.int64), batch_first, enforce_sorted=False)
