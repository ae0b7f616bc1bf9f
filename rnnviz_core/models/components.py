"""What every network is built from: recurrent layers, the reading of padded texts, tables of rows."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.inputs.tokenizer import PAD

from .specs import ModelSpec

RECURRENT: dict[Cell, Callable[..., nn.RNNBase]] = {Cell.RNN: nn.RNN, Cell.GRU: nn.GRU, Cell.LSTM: nn.LSTM}
State = Tensor | tuple[Tensor, Tensor]  # (layers, batch, hidden); the LSTM's is (h, c)


class Encoded(NamedTuple):
    """What an encoder makes of a batch of texts."""

    states: Float[Tensor, "batch time unit"]  # h_t of the last layer, both directions side by side; or means
    last: Float[Tensor, "batch unit"]  # the state after the whole text, in each direction
    mask: Bool[Tensor, "batch time"]  # true where there is a token


def recurrent(spec: ModelSpec, inputs: int, hidden: int, *, bidirectional: bool = False) -> nn.RNNBase:
    """The recurrent layers of a spec: torch's fused module, which reads (batch, time, inputs)."""
    return RECURRENT[spec.cell](
        inputs,
        hidden,
        num_layers=spec.layers,
        batch_first=True,
        dropout=spec.dropout if spec.layers > 1 else 0.0,
        bidirectional=bidirectional,
    )


def encode(
    encoder: nn.RNNBase, x: Float[Tensor, "batch time dim"], lengths: Int[Tensor, " batch"]
) -> Encoded:
    """Read a padded batch; padding never changes a result."""
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
        if isinstance(module, nn.LSTM):  # remember by default (Jozefowicz et al. 2015)
            for name, bias in module.named_parameters():
                if name.startswith("bias_ih"):
                    bias.data[module.hidden_size : 2 * module.hidden_size] = 1.0


class Lookup(nn.Embedding):
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
