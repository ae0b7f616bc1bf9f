"""A translation model run again with attention weights that it did not choose."""

import torch

from rnnviz_core import limits
from rnnviz_core.errors import TraceError
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK
from rnnviz_core.models.attention import Attended, BahdanauAttention
from rnnviz_core.models.seq2seq import Memory, TranslationModel
from rnnviz_core.tracing.trace import Trace


def with_weights(model: TranslationModel, trace: Trace, weights: torch.Tensor) -> torch.Tensor:
    """Logits (1, target, vocab) when attention has the given weights, (1, target, source)."""
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    memory = model.encode(ids, torch.tensor([ids.shape[1]]))
    read = torch.tensor([[BOS, *(token.id for token in trace.tokens["target"][:-1])]])
    embedding = model.target_embedding(read)
    attended = Attended(weights, weights, weights @ memory.keys)
    hidden, _ = model.decoder(_decoder_inputs(model, embedding, attended), memory.state)
    return _logits(model, embedding, hidden, memory, attended)


def write_evenly(model: TranslationModel, trace: Trace, limit: int = limits.TARGET_PIECES) -> str:
    """What a translation model writes on its own, greedily, when attention weighs all tokens alike.

    Raises
    ------
    TraceError
        When the model has no attention.
    """
    if model.attention is None:
        raise TraceError(f"{model.name} has no attention, so there are no weights to replace")
    written: list[int] = []
    with torch.inference_mode():
        ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
        memory = model.encode(ids, torch.tensor([ids.shape[1]]))
        even = torch.full((1, 1, ids.shape[1]), 1 / ids.shape[1])
        attended, state = Attended(even, even, even @ memory.keys), memory.state
        while len(written) < limit and EOS not in written:
            embedding = model.target_embedding(torch.tensor([[written[-1] if written else BOS]]))
            hidden, state = model.decoder(_decoder_inputs(model, embedding, attended), state)
            logits = _logits(model, embedding, hidden, memory, attended)[0, 0]
            logits[[PAD, UNK, BOS]] = -torch.inf
            written.append(int(logits.argmax()))
    return model.target_tokenizer.decode(written)


def _decoder_inputs(model: TranslationModel, embedding: torch.Tensor, attended: Attended) -> torch.Tensor:
    """What the recurrent layer reads; Bahdanau's context is a part of it."""
    if isinstance(model.attention, BahdanauAttention):
        return torch.cat((embedding, attended.context), dim=-1)
    return embedding


def _logits(
    model: TranslationModel,
    embedding: torch.Tensor,
    hidden: torch.Tensor,
    memory: Memory,
    attended: Attended,
) -> torch.Tensor:
    vector = model.read(embedding, hidden, memory, attended)
    return vector @ model.target_embedding.weight.T + model.output_bias
