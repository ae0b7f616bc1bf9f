"""The two models: text -> class, and text -> text. Every intermediate value can be asked for.

Padding never changes a result: encoders read packed sequences, attention is masked.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz_core.inputs.tokenizer import PAD, Tokenizer

from .attention import Attended, AttentionPooling, BahdanauAttention, LuongAttention
from .specs import (
    Attention,
    Cell,
    ModelSpec,
    SentimentSpec,
    TranslationSpec,
    model_id,
)

DRIFT = 1e-5  # between the contexts that a search found and those found again; a tenth of limits.TOLERANCE
RECURRENT: dict[Cell, Callable[..., nn.RNNBase]] = {Cell.RNN: nn.RNN, Cell.GRU: nn.GRU, Cell.LSTM: nn.LSTM}
State = Tensor | tuple[Tensor, Tensor]  # (layers, batch, hidden); the LSTM's is (h, c)


class Encoded(NamedTuple):
    """What an encoder makes of a batch of texts."""

    states: Float[Tensor, "batch time unit"]  # h_t of the last layer, both directions side by side
    last: Float[Tensor, "batch unit"]  # the state after the whole text, in each direction
    mask: Bool[Tensor, "batch time"]  # true where there is a token


def _recurrent(spec: ModelSpec, inputs: int, hidden: int, *, bidirectional: bool = False) -> nn.RNNBase:
    return RECURRENT[spec.cell](
        inputs,
        hidden,
        num_layers=spec.layers,
        batch_first=True,
        dropout=spec.dropout if spec.layers > 1 else 0.0,
        bidirectional=bidirectional,
    )


def _encode(
    encoder: nn.RNNBase, x: Float[Tensor, "batch time dim"], lengths: Int[Tensor, " batch"]
) -> Encoded:
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


class SentimentModel(nn.Module):
    """Embedding, recurrent layers, and a linear readout of the last state or of attention.

    Parameters
    ----------
    spec
        Sizes and choices.
    tokenizer
        The vocabulary; the embedding has a row per piece.
    name
        The id under which the model is known; by default the one its spec gives.
    """

    def __init__(self, spec: SentimentSpec, tokenizer: Tokenizer, name: str | None = None) -> None:
        super().__init__()
        self.spec, self.tokenizer, self.name = spec, tokenizer, name or model_id(spec)
        width = spec.hidden * (2 if spec.bidirectional else 1)
        self.embedding = Lookup(len(tokenizer), spec.embedding, padding_idx=PAD)
        self.encoder = _recurrent(spec, spec.embedding, spec.hidden, bidirectional=spec.bidirectional)
        self.attention = None if spec.attention is Attention.NONE else AttentionPooling(width, width)
        self.output = nn.Linear(width, len(spec.classes))
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """The tokenizers by the name under which a checkpoint keeps them."""
        return {"source": self.tokenizer}

    def encode(self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]) -> Encoded:
        """The encoder's states for padded ids."""
        return _encode(self.encoder, self.dropout(self.embedding(ids)), lengths)

    def read(self, encoded: Encoded) -> tuple[Float[Tensor, "batch unit"], Attended | None]:
        """The vector the output layer reads, and how attention made it (None without attention)."""
        if self.attention is None:
            return encoded.last, None
        attended = self.attention(encoded.states, encoded.mask)
        return attended.context, attended

    def forward(
        self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch class"]:
        """Logits of every class for padded ids."""
        vector, _ = self.read(self.encode(ids, lengths))
        return self.output(self.dropout(vector))


class Memory(NamedTuple):
    """What the decoder knows of the source: computed once, read at every step."""

    keys: Float[Tensor, "batch source unit"]
    projected: Float[Tensor, "batch source width"]  # the keys as attention compares them
    mask: Bool[Tensor, "batch source"]
    context: Float[Tensor, "batch unit"]  # the encoder's final state
    state: State  # the decoder's first state


class Decoded(NamedTuple):
    """Every value of the decoder's steps for given inputs."""

    embedding: Float[Tensor, "batch target dim"]
    inputs: Float[Tensor, "batch target dim"]  # what the first recurrent layer reads
    hidden: Float[Tensor, "batch target unit"]  # h_t of the last layer
    attended: Attended | None  # None without attention
    vector: Float[Tensor, "batch target dim"]  # what is compared with the target embedding
    logits: Float[Tensor, "*row vocab"]  # (batch, target, vocab), or a row per kept step
    state: State  # after the last step


class TranslationModel(nn.Module):
    """Encoder, attention or one fixed context, decoder, output tied to the target embedding.

    - ``none``: the encoder's final state joins the input of every decoder step (Cho et al. 2014).
    - ``bahdanau``: the context found with h_{t-1} joins the input of step t (Bahdanau et al. 2015).
    - ``luong``: the context found with h_t joins h_t in ``tanh(W_c [c; h])`` (Luong et al. 2015).

    The decoder starts from ``tanh(W e + b)`` of the encoder's final state e.
    """

    def __init__(
        self,
        spec: TranslationSpec,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self.spec, self.name = spec, name or model_id(spec)
        self.source_tokenizer, self.target_tokenizer = source_tokenizer, target_tokenizer
        hidden, width = spec.hidden, spec.embedding
        self.source_embedding = Lookup(len(source_tokenizer), width, padding_idx=PAD)
        self.target_embedding = nn.Embedding(len(target_tokenizer), width, padding_idx=PAD)
        per_direction = hidden // 2 if spec.bidirectional else hidden
        self.encoder = _recurrent(spec, width, per_direction, bidirectional=spec.bidirectional)
        self.bridge = nn.Linear(hidden, hidden * spec.layers * (2 if spec.cell is Cell.LSTM else 1))
        self.attention: LuongAttention | BahdanauAttention | None = None
        reads_context = spec.attention is not Attention.LUONG
        if spec.attention is Attention.LUONG:
            self.attention = LuongAttention(hidden, hidden)
        elif spec.attention is Attention.BAHDANAU:
            self.attention = BahdanauAttention(hidden, hidden, hidden)
        self.decoder = _recurrent(spec, width + (hidden if reads_context else 0), hidden)
        self.readout = nn.Linear(2 * hidden + (width if reads_context else 0), width)
        self.output_bias = nn.Parameter(torch.zeros(len(target_tokenizer)))
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """The tokenizers by the name under which a checkpoint keeps them."""
        return {"source": self.source_tokenizer, "target": self.target_tokenizer}

    def encode(self, ids: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> Memory:
        """Read padded source ids; what comes back is all the decoder sees of them."""
        encoded = _encode(self.encoder, self.dropout(self.source_embedding(ids)), lengths)
        keys = encoded.states
        projected = keys if self.attention is None else self.attention.project(keys)
        return Memory(keys, projected, encoded.mask, encoded.last, self._first_state(encoded.last))

    def _first_state(self, context: Float[Tensor, "batch unit"]) -> State:
        states = torch.tanh(self.bridge(context)).split(self.spec.hidden, dim=-1)
        layers = self.spec.layers
        hidden = torch.stack(states[:layers])
        return (hidden, torch.stack(states[layers:])) if self.spec.cell is Cell.LSTM else hidden

    def decode(
        self,
        ids: Int[Tensor, "batch target"],
        state: State,
        memory: Memory,
        keep: Bool[Tensor, "batch target"] | None = None,
        contexts: Float[Tensor, "batch target unit"] | None = None,
    ) -> Decoded:
        """Run the decoder over given input ids (start with ``<s>``), from a state.

        With `keep`, only those steps' logits are computed, a row for each: what comes after them is
        the dearest part of training, and padding needs none of it.

        With Bahdanau's attention the input of a step needs the state before it, so the steps run
        one by one; otherwise, or where a search has found the `contexts` already, the fused module runs
        over all of them. Attention then looks again: given contexts are only where it starts from. Where it
        finds others, over many steps that each magnify a rounding, the steps run one by one after all.
        """
        embedding = self.dropout(self.target_embedding(ids))
        if isinstance(self.attention, BahdanauAttention):
            ran = None
            if contexts is not None:
                ran = self._decode_with(contexts, embedding, state, memory)
                if (ran[2].context - contexts).abs().max() > DRIFT:
                    ran = None
            inputs, hidden, attended, state = ran or self._decode_by_steps(embedding, state, memory)
        else:
            inputs = embedding
            if self.attention is None:
                fixed = memory.context.unsqueeze(1).expand(-1, ids.shape[1], -1)
                inputs = torch.cat((embedding, fixed), dim=-1)
            hidden, state = self.decoder(inputs, state)
            attended = None
            if self.attention is not None:
                attended = self.attention(hidden, memory.keys, memory.projected, memory.mask)
        vector = self._read(embedding, hidden, memory, attended)
        read = self.dropout(vector if keep is None else vector[keep])
        logits = functional.linear(read, self.target_embedding.weight, self.output_bias)
        return Decoded(embedding, inputs, hidden, attended, vector, logits, state)

    def _decode_by_steps(
        self, embedding: Float[Tensor, "batch target dim"], state: State, memory: Memory
    ) -> tuple[Tensor, Tensor, Attended, State]:
        assert self.attention is not None
        inputs, hidden, looks = [], [], []
        for word in embedding.split(1, dim=1):
            top = (state[0] if isinstance(state, tuple) else state)[-1]
            look = self.attention(top.unsqueeze(1), memory.keys, memory.projected, memory.mask)
            inputs.append(torch.cat((word, look.context), dim=-1))
            output, state = self.decoder(inputs[-1], state)
            hidden.append(output)
            looks.append(look)
        attended = Attended(*(torch.cat(parts, dim=1) for parts in zip(*looks, strict=True)))
        return torch.cat(inputs, dim=1), torch.cat(hidden, dim=1), attended, state

    def _decode_with(
        self,
        contexts: Float[Tensor, "batch target unit"],
        embedding: Float[Tensor, "batch target dim"],
        state: State,
        memory: Memory,
    ) -> tuple[Tensor, Tensor, Attended, State]:
        assert self.attention is not None
        before = (state[0] if isinstance(state, tuple) else state)[-1].unsqueeze(1)
        hidden, state = self.decoder(torch.cat((embedding, contexts), dim=-1), state)
        queries = torch.cat((before, hidden[:, :-1]), dim=1)
        attended = self.attention(queries, memory.keys, memory.projected, memory.mask)
        return torch.cat((embedding, attended.context), dim=-1), hidden, attended, state

    def _read(
        self,
        embedding: Float[Tensor, "batch target dim"],
        hidden: Float[Tensor, "batch target unit"],
        memory: Memory,
        attended: Attended | None,
    ) -> Float[Tensor, "batch target dim"]:
        if attended is None:
            context = memory.context.unsqueeze(1).expand_as(hidden)
        else:
            context = attended.context
        parts = [context, hidden]
        if self.spec.attention is not Attention.LUONG:
            parts.append(embedding)
        return torch.tanh(self.readout(torch.cat(parts, dim=-1)))

    def forward(
        self,
        ids: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"],
        target_inputs: Int[Tensor, "batch target"],
        keep: Bool[Tensor, "batch target"] | None = None,
    ) -> Float[Tensor, "*row vocab"]:
        """Logits of every next piece, the decoder being fed the given pieces (teacher forcing).

        With `keep`, those of the chosen steps only, a row for each.
        """
        memory = self.encode(ids, lengths)
        return self.decode(target_inputs, memory.state, memory, keep).logits
