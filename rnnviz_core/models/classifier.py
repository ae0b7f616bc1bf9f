"""Text -> class: embedding, recurrent layers if any, and a readout of the last state, attention or a mean."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.inputs.tokenizer import PAD, Tokenizer

from .attention import Attended, AttentionPooling
from .classifier_spec import SentimentSpec
from .components import Encoded, Lookup, encode, initialise, recurrent, running_means
from .network import Readout, Table
from .specs import Attention
from .stacks import Stack, stack_of


class SentimentModel(nn.Module):
    """Embedding, recurrent layers, and a linear readout of the last state or of attention pooling.

    Without a cell (`Cell.NONE`) the readout reads the mean of the embeddings: a bag of words.

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
        self.spec, self.tokenizer, self.name = spec, tokenizer, name or spec.model_id
        width = spec.hidden * (2 if spec.bidirectional else 1)
        self.embedding = Lookup(len(tokenizer), spec.embedding, padding_idx=PAD)
        self.encoder = (
            None
            if spec.cell is Cell.NONE
            else recurrent(spec, spec.embedding, spec.hidden, bidirectional=spec.bidirectional)
        )
        self.attention = None if spec.attention is Attention.NONE else AttentionPooling(width, width)
        self.output = nn.Linear(width, len(spec.classes))
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """The tokenizers by the name under which a checkpoint keeps them."""
        return {"source": self.tokenizer}

    def stacks(self) -> Mapping[str, Stack]:
        """The recurrent layers by part; none in a bag of words."""
        return {} if self.encoder is None else {"encoder": stack_of(self.encoder)}

    def table(self, part: str) -> Table | None:
        """The embedding, float32, and its pieces."""
        return Table(self.embedding.weight.detach().float().numpy(), self.tokenizer.pieces)

    def output_layer(self) -> Readout:
        """The output layer, which reads the last state or the states as attention pooling weights them."""
        return Readout(self.output.weight.detach().numpy(), self.output.bias.detach().numpy())

    def encode(self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]) -> Encoded:
        """The encoder's states for padded ids; without one the means of the embeddings so far."""
        x = self.dropout(self.embedding(ids))
        return running_means(x, lengths) if self.encoder is None else encode(self.encoder, x, lengths)

    def read(self, encoded: Encoded) -> tuple[Float[Tensor, "batch unit"], Attended | None]:
        """The vector the output layer reads, and how attention made it (None without attention)."""
        if self.attention is None:
            return encoded.last, None
        attended = self.attention(encoded.states, encoded.mask)
        return attended.context, attended

    def forward(
        self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"], *, attended: bool = False
    ) -> Any:
        """Logits of every class for padded ids, (batch, class).

        With `attended`, a pair of these and what attention did (None without attention).
        """
        vector, found = self.read(self.encode(ids, lengths))
        logits = self.output(self.dropout(vector))
        return (logits, found) if attended else logits
