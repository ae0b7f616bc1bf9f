"""What `record_module` is called with: each argument is checked before anything runs.

A message names the value, what was expected, and what to do.
"""

import inspect
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from rnnviz_core import limits
from rnnviz_core.errors import TraceError, unknown_choice
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.models.components import Recurrent
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import CELLS, stack_of

from .trace import layer_site

State = Tensor | tuple[Tensor, Tensor]
DTYPES = (torch.float32, torch.float64)
_FORWARDS = (nn.RNN.forward, nn.GRU.forward, nn.LSTM.forward, CellLayers.forward)
_WRAPPERS = ("_orig_mod", "module")  # where torch.compile and DataParallel keep the module that they wrap


# --- the module -------------------------------------------------------------------------------


def check_module(module: object) -> None:
    """Refuse what is not a recurrent module of torch, and a module no two runs of which agree."""
    own = isinstance(module, CellLayers)
    if not own and not (isinstance(module, nn.RNNBase) and module.mode in CELLS):
        name = getattr(module, "__name__", "a class") if isinstance(module, type) else type(module).__name__
        hint = _hint(module)
        raise TraceError(
            f"record_module reads torch.nn.RNN, GRU and LSTM modules; {name} is none of them" + hint
        )
    assert isinstance(module, Recurrent)
    if module.training and module.dropout > 0 and module.num_layers > 1:
        raise TraceError(
            f"the module is in training mode with dropout {module.dropout:g}, so no two runs agree; "
            "call module.eval() first"
        )


def _hint(module: object) -> str:
    """What to pass instead, where that can be told."""
    if isinstance(module, type):
        return ": it is a class; pass a module made from it"
    if isinstance(module, torch.jit.ScriptModule):
        return ": it is compiled by torch.jit; pass the module it was made from"
    if not isinstance(module, nn.Module):
        return ""
    for name in _WRAPPERS:
        inner = getattr(module, name, None)
        if isinstance(inner, nn.Module):
            return f": it is a wrapper around {type(inner).__name__}; pass its .{name}"
    if "quantized" in type(module).__module__:
        return ": it is quantized and computes in integers; pass the float module it was made from"
    if isinstance(module, nn.RNNCellBase):
        return f": it computes a single step; load its weights into a torch.nn.{type(module).__name__[:-4]}"
    inside = [name for name, part in module.named_modules() if isinstance(part, nn.RNNBase)]
    if inside:
        return f": it holds {', '.join(inside[:5])}; pass one of them, with what it reads"
    return ""


def changes_of(module: Recurrent) -> str:
    """Who else has a say in what the module returns: an overridden ``forward``, hooks; "" for nobody."""
    found = []
    if "forward" in module.__dict__:
        found.append("its forward is replaced")
    elif type(module).forward not in _FORWARDS:
        found.append(f"{type(module).__name__} overrides forward")
    if module._forward_pre_hooks:
        found.append("it has a forward pre-hook")
    if module._forward_hooks:
        found.append("it has a forward hook")
    return " and ".join(found)


def check_call(module: Recurrent, x: object, state: object) -> None:
    """Refuse a ``forward`` that does not take an input and a state."""
    try:
        inspect.signature(module.forward).bind(x, state)
    except TypeError as error:
        raise TraceError(
            f"{changes_of(module)}, but record_module calls forward(x, state): {error}; "
            f"record a plain torch.nn.{_plain_name(module)} with the same weights"
        ) from None


def check_returned(module: Recurrent, found: object, x: Tensor | PackedSequence, batch: int | None) -> None:
    """Refuse what is not ``(output, state)`` as torch returns it for `x`."""
    rows = _state_shapes(module, batch)
    words = f"(output, {'(h_n, c_n)' if len(rows) == 2 else 'h_n'})"
    problem = ""
    if not isinstance(found, tuple) or len(found) != 2:
        problem = f"a {type(found).__name__}" if not isinstance(found, tuple) else f"{len(found)} things"
    else:
        output, final = found
        data, read = (value.data if isinstance(value, PackedSequence) else value for value in (output, x))
        width = (module.proj_size or module.hidden_size) * (2 if module.bidirectional else 1)
        expected = (*read.shape[:-1], width)
        finals = final if isinstance(final, tuple | list) else (final,)
        shapes = [tuple(part.shape) if isinstance(part, Tensor) else type(part).__name__ for part in finals]
        if type(output) is not type(x) and not isinstance(data, Tensor):
            problem = f"an output that is a {type(output).__name__}"
        elif isinstance(output, PackedSequence) != isinstance(x, PackedSequence):
            problem = f"a {type(output).__name__} for a {type(x).__name__}"
        elif tuple(data.shape) != expected:
            problem = f"an output of the shape {tuple(data.shape)} where torch's is {expected}"
        elif shapes != list(rows.values()):
            problem = f"a state of {shapes} where torch's is {list(rows.values())}"
        elif any(part.dtype != read.dtype for part in (data, *finals)):
            problem = f"{data.dtype} for {read.dtype}"
    if problem:
        raise TraceError(
            f"{changes_of(module)}, and the module returns {problem}; record_module needs {words}: "
            f"record a plain torch.nn.{_plain_name(module)} with the same weights"
        )


def _plain_name(module: Recurrent) -> str:
    return type(module).__name__ if isinstance(module, CellLayers) else str(CELLS[module.mode]).upper()


def _state_shapes(module: Recurrent, batch: int | None) -> dict[str, tuple[int, ...]]:
    """The shape of each state, by name."""
    widths = stack_of(module).widths
    rows = module.num_layers * (2 if module.bidirectional else 1)
    return {name: (rows, width) if batch is None else (rows, batch, width) for name, width in widths.items()}


# --- what it reads ----------------------------------------------------------------------------


def check_input(module: Recurrent, x: object) -> None:
    """Compare x and all weights with what can be recorded, and with each other."""
    data = x.data if isinstance(x, PackedSequence) else x
    if not isinstance(data, Tensor):
        raise TraceError(f"x is a {type(x).__name__}; it must be a tensor or a packed sequence")
    _check_tensor("x", data)
    weights: Any = module.parameters() if isinstance(module, CellLayers) else module._flat_weights
    for weight in weights:
        if weight.dtype != data.dtype or not weight.is_cpu:
            _check_weights(module, data)
    if not isinstance(x, PackedSequence) and data.dim() not in (2, 3):
        raise TraceError(f"x has the shape {tuple(data.shape)}; it must have 2 axes, or 3 with a batch")
    if data.shape[-1] != module.input_size:
        raise TraceError(f"x is {data.shape[-1]} numbers wide; the module reads {module.input_size}")
    if data.numel() == 0:
        raise TraceError(f"x has the shape {tuple(data.shape)}; there is nothing to read")


def _check_tensor(name: str, tensor: Tensor) -> None:
    if tensor.dtype not in DTYPES:
        ids = name == "x" and not (tensor.dtype.is_floating_point or tensor.dtype.is_complex)
        more = "; a module reads vectors: if these are token ids, pass embedding(x)" if ids else ""
        raise TraceError(
            f"{name} is {tensor.dtype}: {tensor.dtype} cannot be recorded; "
            f"x and module must be torch.float32 or torch.float64{more}"
        )
    if not tensor.is_cpu:
        more = "a meta tensor has no numbers" if tensor.is_meta else "call .cpu() on module, x and state"
        raise TraceError(f"{name} is on {tensor.device}, which cannot be recorded; {more}")
    if tensor.layout != torch.strided:
        raise TraceError(f"{name} is {tensor.layout}; call .to_dense() on it")


def _check_weights(module: Recurrent, data: Tensor) -> None:
    """Name the weight that does not fit; all of one kind are named by the module."""
    weights = list(_named_weights(module))
    for name, weight in weights:
        _check_tensor(name, weight)
    kinds = {weight.dtype for _, weight in weights}
    if len(kinds) == 1:
        raise TraceError(f"x is {data.dtype} but the module is {kinds.pop()}; convert one of them")
    name, weight = next((name, weight) for name, weight in weights if weight.dtype != data.dtype)
    raise TraceError(f"{name} is {weight.dtype} but x is {data.dtype}; convert the module as a whole")


def _named_weights(module: Recurrent) -> Iterator[tuple[str, Tensor]]:
    """torch's name of each weight, also where a parametrization computes it."""
    if isinstance(module, CellLayers):
        yield from module.named_parameters()
        return
    for names in module._all_weights:
        for name in names:
            yield name, getattr(module, name)


def batch_of(module: Recurrent, x: Tensor | PackedSequence) -> int | None:
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


def row_of(item: Any, batch: int | None) -> int:
    """`item` as a row of the batch; whole numbers of numpy and torch are as good as Python's."""
    try:
        row = operator.index(item)
    except TypeError:
        row = None
    if row is None or isinstance(item, bool):
        raise TraceError(f"item is {item!r}, a {type(item).__name__}; it must be a whole number")
    if not 0 <= row < (batch or 1):
        rows = f"the batch has the rows 0 to {batch - 1}" if batch else "without a batch it must be 0"
        raise TraceError(f"item is {row}; {rows}")
    return row


def check_state(module: Recurrent, state: object, batch: int | None, x: Tensor | PackedSequence) -> None:
    """Compare the state before the first step with the module and with x."""
    if state is None:
        return
    shapes = _state_shapes(module, batch)
    if len(shapes) == 2 and not (isinstance(state, tuple | list) and len(state) == 2):
        raise TraceError(f"state is one {type(state).__name__}; an LSTM takes the two states (h_0, c_0)")
    parts = state if isinstance(state, tuple | list) and len(shapes) == 2 else (state,)
    dtype = (x.data if isinstance(x, PackedSequence) else x).dtype
    for (name, expected), part in zip(shapes.items(), parts, strict=True):
        if not isinstance(part, Tensor):
            raise TraceError(f"the {name} state is a {type(part).__name__}; it must be a tensor")
        if tuple(part.shape) != expected:
            raise TraceError(f"the {name} state has the shape {tuple(part.shape)}; it must be {expected}")
        if part.dtype != dtype:
            raise TraceError(f"the {name} state is {part.dtype} but x is {dtype}; convert one of them")
        _check_tensor(f"the {name} state", part)


def counts_of(
    module: Recurrent, x: Tensor | PackedSequence, lengths: Sequence[int] | Tensor, batch: int | None
) -> Tensor:
    """The steps of each row of a padded batch, once they are checked: (batch), int64."""
    if isinstance(x, PackedSequence):
        raise TraceError("lengths is given, but a packed sequence has its own; leave lengths out")
    if batch is None:
        raise TraceError("lengths is given, but x has no batch; cut x instead")
    expected = f"it must be {batch} whole numbers, one per row"
    try:
        counts = torch.as_tensor(lengths, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        raise TraceError(f"lengths is {lengths!r:.80}; {expected}") from None
    kind = counts.dtype
    if kind.is_floating_point or kind.is_complex or kind == torch.bool:
        raise TraceError(f"lengths is {counts.tolist()!r:.80}, of {kind}; {expected}")
    if tuple(counts.shape) != (batch,):
        raise TraceError(f"lengths is {counts.tolist()!r:.80}; {expected}")
    steps = x.shape[1 if module.batch_first else 0]
    if odd := [count for count in counts.tolist() if not 0 <= count <= steps]:
        raise TraceError(f"lengths has {odd[0]}; x has {steps} steps, so each must be from 0 to {steps}")
    return counts.to(torch.int64)


def packed(module: Recurrent, x: Tensor, counts: Tensor) -> PackedSequence:
    """A padded batch as a packed sequence; no row of it is empty."""
    return pack_padded_sequence(x, counts, module.batch_first, enforce_sorted=False)


# --- what is written beside the numbers -------------------------------------------------------


def check_sites(module: Recurrent, sites: object) -> frozenset[str] | None:
    """The sites that are kept, or None for all; one that the module does not have is refused."""
    if sites is None:
        return None
    if isinstance(sites, str) or not isinstance(sites, Iterable):
        raise TraceError(f"sites is {sites!r:.60}; it must be a list of names such as encoder.0.hidden")
    cell, known = stack_of(module).definition(), set()
    words = ("layer_input", *(f"initial_{name}" for name in cell.states), *cell.names)
    for layer in range(module.num_layers):
        for reverse in (False, True)[: 2 if module.bidirectional else 1]:
            known |= {layer_site("encoder", layer, word, reverse=reverse) for word in words}
    found = frozenset(sites)
    if odd := sorted(map(str, found - known)):
        raise TraceError(unknown_choice("site", odd[0], sorted(known)))
    return found


def step_tokens(labels: object, steps: int, what: str = "tokens") -> tuple[Token, ...]:
    """A label per step as tokens; there may be more of them than steps where rows are padded."""
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise TraceError(f"{what} is {labels!r:.60}; it must be a list of texts, one per step")
    texts = [label if isinstance(label, Token) else str(label) for label in labels]
    if len(texts) < steps:
        raise TraceError(f"{what} has {len(texts)} entries; the sequence has {steps} steps")
    return tuple(text if isinstance(text, Token) else Token(text, NO_PIECE, 0, 0) for text in texts[:steps])


def column_names(module: Recurrent, names: object) -> dict[str, tuple[str, ...]]:
    """Names of the numbers that are read at each step, as labels of a trace."""
    if names is None:
        return {}
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TraceError(f"names is {names!r:.60}; it must be a list of texts, one per number read")
    found = tuple(map(str, names))
    if len(found) != module.input_size:
        raise TraceError(
            f"names has {len(found)} entries; the module reads {module.input_size} numbers a step"
        )
    return {"dim": found}
