"""What every network is built from: recurrent layers, the reading of padded texts, tables of rows."""

import contextlib
import copy
import mmap
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz_core.cells import equations as cells
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.inputs.tokenizer import PAD

from .own_cells import CellLayers
from .specs import ModelSpec
from .stacks import stack_of

KERNELS: dict[Cell, Callable[..., nn.RNNBase]] = {Cell.RNN: nn.RNN, Cell.GRU: nn.GRU, Cell.LSTM: nn.LSTM}
Recurrent = nn.RNNBase | CellLayers
M = TypeVar("M", bound=nn.Module)
State = Tensor | tuple[Tensor, Tensor]  # (layers, batch, hidden); with a cell state it is (h, c)


class Encoded(NamedTuple):
    """What an encoder makes of a batch of texts."""

    states: Float[Tensor, "batch time unit"]  # h_t of the last layer, both directions side by side; or means
    last: Float[Tensor, "batch unit"]  # the state after the whole text, in each direction
    mask: Bool[Tensor, "batch time"]  # true where there is a token


def layers_of(cell: Cell, inputs: int, hidden: int, layers: int = 1, **options: Any) -> Recurrent:
    """Recurrent layers that read (batch, time, inputs): torch's fused module, or a loop where it has none."""
    options = {"num_layers": layers, "batch_first": True, **options}
    if cell in KERNELS:
        return KERNELS[cell](inputs, hidden, **options)
    return CellLayers(cells.definition(cell), inputs, hidden, **options)


def recurrent(spec: ModelSpec, inputs: int, hidden: int, *, bidirectional: bool = False) -> Recurrent:
    """The recurrent layers of a spec, which read (batch, time, inputs)."""
    dropout = spec.dropout if spec.layers > 1 else 0.0
    return layers_of(spec.cell, inputs, hidden, spec.layers, dropout=dropout, bidirectional=bidirectional)


def states_in(spec: ModelSpec) -> int:
    """How many states the cell of a spec passes on: 2 where it has a cell state."""
    return len(cells.definition(spec.cell).states)


def encode(encoder: Any, x: Float[Tensor, "batch time dim"], lengths: Int[Tensor, " batch"]) -> Encoded:
    """Read a padded batch; padding never changes a result. `encoder` is torch's, or is called as that is."""
    if len(x) == 1 and int(lengths[0]) == x.shape[1]:  # no padding: packing would cost a fifth more
        states, state = encoder(x)
    else:
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, state = encoder(packed)
        states, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    hidden = state[0] if isinstance(state, tuple) else state
    last = torch.cat((hidden[-2], hidden[-1]), dim=-1) if encoder.bidirectional else hidden[-1]
    mask = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device).unsqueeze(1)
    return Encoded(states, last, mask)


def running_means(x: Float[Tensor, "batch time dim"], lengths: Int[Tensor, " batch"]) -> Encoded:
    """What there is to read without recurrence: after each token the mean of all rows so far.

    The order in which the rows came is not in it. Padding never changes a result.
    """
    steps = torch.arange(1, x.shape[1] + 1, device=x.device)
    means = x.cumsum(1) / steps.unsqueeze(-1)
    ends = (lengths.to(x.device) - 1).view(-1, 1, 1).expand(-1, 1, x.shape[2])
    return Encoded(means, means.gather(1, ends).squeeze(1), steps <= lengths.to(x.device).unsqueeze(1))


def initialise(model: nn.Module) -> None:
    """Fresh weights, by the kind of parameter; nothing where the model is only a shape (``meta``)."""
    if all(parameter.is_meta for parameter in model.parameters()):
        return
    for name, parameter in model.named_parameters():
        if "embedding" in name:
            nn.init.normal_(parameter, std=0.1)
            with torch.no_grad():
                parameter[PAD] = 0
        elif "weight_hh" in name:
            for block in parameter.data.split(parameter.shape[1]):
                nn.init.orthogonal_(block)
        elif parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
    for module in model.modules():
        if isinstance(module, Recurrent):
            _remember(module)


def _remember(module: Recurrent, value: float = 1.0) -> None:
    """A cell state is kept by default: the bias of the gate that keeps it is 1 (Jozefowicz et al. 2015)."""
    cell = stack_of(module).definition()
    if cell.memory is None or cell.memory.state != "cell" or cell.keeper is None:
        return
    first = cell.gate_names.index(cell.keeper) * module.hidden_size
    for name, bias in module.named_parameters():
        if name.startswith("bias_ih"):
            bias.data[first : first + module.hidden_size] = value


def begin_with_forget_bias(model: nn.Module, value: float) -> None:
    """Another bias of the gate that keeps a cell state than the 1 that a fresh network has.

    Cells without a cell state stay as they are.
    """
    for module in model.modules():
        if isinstance(module, Recurrent):
            _remember(module, value)


class Drawn(nn.Embedding):
    """An embedding that is drawn at random only where it has memory.

    On the meta device (`load` builds networks there) torch's `normal_` would import its compiler: 64 MB for
    numbers that nobody reads.
    """

    def reset_parameters(self) -> None:
        """Draw the rows; on the meta device nothing."""
        if not self.weight.is_meta:
            super().reset_parameters()

    def logits(
        self, vectors: Float[Tensor, "*batch dim"], bias: Float[Tensor, " rows"]
    ) -> Float[Tensor, "*batch rows"]:
        """Every row as the weights of a class: the output layer that shares this table."""
        return functional.linear(vectors, self.weight, bias)


class Lookup(Drawn):
    """Rows by their ids; `halve_lookups` keeps them in fp16, and they are read as float32 all the same."""

    def forward(self, ids: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch dim"]:
        """The rows of the given ids, always float32."""
        rows = super().forward(ids)
        return rows.float() if rows.dtype == torch.float16 else rows


def halve_lookups(model: nn.Module) -> None:
    """Keep the tables that are only looked up in fp16, where not a digit is lost: what `save` wrote."""
    for module in model.modules():
        if isinstance(module, Lookup):
            full = module.weight.detach()
            half = full.half()
            if torch.equal(half.float(), full):
                module.weight = nn.Parameter(half, requires_grad=False)


def in_single_precision(model: M) -> M:
    """A separate network that computes what `model` would in float32, from weights stored in fp16.

    Every fp16 number is a float32 number, so nothing is rounded. Tables that are only looked up stay in
    fp16 and shared, as does everything that is not a weight. 0.2 to 2 ms for the networks that are shipped.
    """
    memo: dict[int, Any] = {}
    halves: dict[int, nn.Parameter] = {}
    for module in model.modules():
        looked_up = isinstance(module, Lookup)
        for weight in module.parameters(recurse=False):
            if looked_up or weight.dtype != torch.float16:
                memo[id(weight)] = weight
            else:
                halves[id(weight)] = weight
    room = _room(sum(_padded(weight) for weight in halves.values()))
    for key, weight in halves.items():
        own, room = room[: weight.numel()], room[_padded(weight) :]
        memo[key] = nn.Parameter(own.view(weight.shape).copy_(weight), requires_grad=False)
    for value in vars(model).values():
        if not isinstance(value, dict):  # the vocabularies, the spec, the name
            memo[id(value)] = value
    return copy.deepcopy(model, memo)


def _padded(weight: Tensor) -> int:
    """Numbers up to where the next weight begins, at a multiple of 64 bytes as torch's own memory does."""
    return -(-weight.numel() // 16) * 16


def _room(count: int) -> Float[Tensor, " count"]:
    """A separate block of memory for `count` numbers, returned to the system as a whole when it is freed.

    Of weights that come and go, malloc would keep the gaps: 25 MB after a minute with 25 visitors.
    """
    private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    found = mmap.mmap(-1, max(4 * count, 4), **private)
    with contextlib.suppress(AttributeError, OSError):  # Linux: 4 faults of 2 MB, not 1,900 of 4 kB, for 3 ms
        found.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(found, dtype=torch.float32)
