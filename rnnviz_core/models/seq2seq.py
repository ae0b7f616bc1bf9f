"""Text -> text: encoder, attention or one fixed context, decoder."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from rnnviz_core.inputs.tokenizer import PAD, Tokenizer

from .attention import Attended, BahdanauAttention, LuongAttention
from .components import Drawn, Lookup, State, encode, initialise, recurrent, states_in
from .network import Readout, Table
from .seq2seq_spec import TranslationSpec
from .specs import Attention
from .stacks import Stack, stack_of

DRIFT = 1e-5  # between the contexts that a search found and those found again; a tenth of limits.TOLERANCE


class Memory(NamedTuple):
    """The decoder's view of the source: computed once, read at every step."""

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
        self.spec, self.name = spec, name or spec.model_id
        self.source_tokenizer, self.target_tokenizer = source_tokenizer, target_tokenizer
        hidden, width = spec.hidden, spec.embedding
        self.source_embedding = Lookup(len(source_tokenizer), width, padding_idx=PAD)
        self.target_embedding = Drawn(len(target_tokenizer), width, padding_idx=PAD)
        per_direction = hidden // 2 if spec.bidirectional else hidden
        self.encoder = recurrent(spec, width, per_direction, bidirectional=spec.bidirectional)
        self.bridge = nn.Linear(hidden, hidden * spec.layers * states_in(spec))
        self.attention: LuongAttention | BahdanauAttention | None = None
        reads_context = spec.attention is not Attention.LUONG
        if spec.attention is Attention.LUONG:
            self.attention = LuongAttention(hidden, hidden)
        elif spec.attention is Attention.BAHDANAU:
            self.attention = BahdanauAttention(hidden, hidden, hidden)
        self.decoder = recurrent(spec, width + (hidden if reads_context else 0), hidden)
        self.readout = nn.Linear(2 * hidden + (width if reads_context else 0), width)
        self.output_bias = nn.Parameter(torch.zeros(len(target_tokenizer)))
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """The tokenizers by the name under which a checkpoint keeps them."""
        return {"source": self.source_tokenizer, "target": self.target_tokenizer}

    def stacks(self) -> Mapping[str, Stack]:
        """The recurrent layers by part, in the order of computing."""
        return {"encoder": stack_of(self.encoder), "decoder": stack_of(self.decoder)}

    def table(self, part: str) -> Table | None:
        """The embedding that the encoder or the decoder reads from, float32, and its pieces."""
        if part == "decoder":
            return Table(self.target_embedding.weight.detach().numpy(), self.target_tokenizer.pieces)
        return Table(self.source_embedding.weight.detach().float().numpy(), self.source_tokenizer.pieces)

    def output_layer(self) -> Readout:
        """The output layer, whose rows are those of the target embedding."""
        return Readout(self.target_embedding.weight.detach().numpy(), self.output_bias.detach().numpy())

    def encode(self, ids: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> Memory:
        """Read padded source ids; what comes back is all the decoder sees of them."""
        encoded = encode(self.encoder, self.dropout(self.source_embedding(ids)), lengths)
        keys = encoded.states
        projected = keys if self.attention is None else self.attention.project(keys)
        return Memory(keys, projected, encoded.mask, encoded.last, self._first_state(encoded.last))

    def _first_state(self, context: Float[Tensor, "batch unit"]) -> State:
        states = torch.tanh(self.bridge(context)).split(self.spec.hidden, dim=-1)
        layers = self.spec.layers
        hidden = torch.stack(states[:layers])
        return (hidden, torch.stack(states[layers:])) if len(states) > layers else hidden

    def decode(
        self,
        ids: Int[Tensor, "batch target"],
        state: State,
        memory: Memory,
        keep: Bool[Tensor, "batch target"] | None = None,
        contexts: Float[Tensor, "batch target unit"] | None = None,
    ) -> Decoded:
        """Run the decoder over given input ids (start with ``<s>``), from a state.

        With `keep`, only those steps' logits are computed, a row for each: the logits are the most
        expensive part of training, and padding needs none.

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
        vector = self.read(embedding, hidden, memory, attended)
        read = self.dropout(vector if keep is None else vector[keep])
        logits = self.target_embedding.logits(read, self.output_bias)
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

    def read(
        self,
        embedding: Float[Tensor, "batch target dim"],
        hidden: Float[Tensor, "batch target unit"],
        memory: Memory,
        attended: Attended | None,
    ) -> Float[Tensor, "batch target dim"]:
        """The vector that is compared with the target embedding."""
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
