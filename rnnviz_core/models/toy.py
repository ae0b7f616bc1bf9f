"""Symbols -> an answer: the smallest network that must carry something through time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from rnnviz_core.cells.equations import definition
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK, Tokenizer

from .components import Drawn, initialise, recurrent
from .network import Readout, Table
from .stacks import Stack, stack_of
from .toy_spec import ToySpec

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")  # ids that stand for no symbol, as in every vocabulary
FIRST = len(SPECIAL)  # the id of the first symbol


@dataclass(frozen=True)
class Alphabet:
    """What a network reads and what it may answer."""

    symbols: Sequence[str]
    answers: Sequence[str]


class ToyModel(nn.Module):
    """Embedding, recurrent layers, and a linear readout of the last state.

    Parameters
    ----------
    spec
        Sizes and choices.
    alphabet
        The symbols and the answers of its problem; the embedding has a row per symbol, below four rows that
        stand for none and stay zero.
    name
        The id under which the model is known; by default the one its spec gives.
    """

    def __init__(self, spec: ToySpec, alphabet: Alphabet, name: str | None = None) -> None:
        super().__init__()
        self.spec, self.alphabet, self.name = spec, alphabet, name or spec.model_id
        self.embedding = Drawn(FIRST + len(alphabet.symbols), spec.embedding, padding_idx=PAD)
        self.encoder = recurrent(spec, spec.embedding, spec.hidden)
        self.output = nn.Linear(spec.hidden, len(alphabet.answers))
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)
        if not self.output.weight.is_meta:
            self._begin()

    @torch.no_grad()
    def _begin(self) -> None:
        """Rows of unit variance for symbols, zeros for the rest, and the bias of the forget gate."""
        nn.init.normal_(self.embedding.weight)
        self.embedding.weight[[PAD, UNK, BOS, EOS]] = 0
        gates = definition(self.spec.cell).gate_names
        if "forget" in gates:
            first = gates.index("forget") * self.spec.hidden
            for name, bias in self.encoder.named_parameters():
                if name.startswith("bias_ih"):
                    bias[first : first + self.spec.hidden] = self.spec.forget_bias

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """None: symbols are read as they are."""
        return {}

    def stacks(self) -> Mapping[str, Stack]:
        """The recurrent layers by part."""
        return {"encoder": stack_of(self.encoder)}

    def table(self, part: str) -> Table | None:
        """The embedding, and the symbol of each row."""
        pieces = (*SPECIAL, *(f"▁{symbol}" for symbol in self.alphabet.symbols))
        return Table(self.embedding.weight.detach().float().numpy(), pieces)

    def output_layer(self) -> Readout:
        """The output layer, which reads the last state."""
        return Readout(self.output.weight.detach().numpy(), self.output.bias.detach().numpy())

    def states(self, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time unit"]:
        """The last layer's state after every step; what stands behind a step has no part in it."""
        found, _ = self.encoder(self.dropout(self.embedding(ids)))
        return found

    def forward(
        self, ids: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch class"]:
        """Logits of every answer, for padded ids."""
        states = self.states(ids)
        last = states[torch.arange(len(ids), device=ids.device), lengths.to(ids.device) - 1]
        logits: Tensor = self.output(self.dropout(last))
        return logits
