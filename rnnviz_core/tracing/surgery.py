"""Run a model again with attention weights put in by hand, and see how far its answer moves.

Everything else stays: the encoder's states, the weights of all layers and, in translation, the pieces
the decoder is fed. What changes is the context alone, and what follows from it.
"""

import numpy as np
import torch

from rnnviz_core import limits
from rnnviz_core.errors import TraceError
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK
from rnnviz_core.models.attention import Attended, BahdanauAttention
from rnnviz_core.models.networks import Memory, SentimentModel, TranslationModel

from .trace import Trace


def uniform(weights: np.ndarray) -> np.ndarray:
    """The same weight for every token: as if attention did not choose at all."""
    return np.full_like(weights, 1 / max(weights.shape[-1], 1))


def shuffled(weights: np.ndarray, seed: int) -> np.ndarray:
    """The same weights on other tokens, dealt anew in every row; no row keeps its order by chance.

    Parameters
    ----------
    weights
        (source) or (target, source).
    seed
        Another number, another deal.
    """
    rng = np.random.default_rng(seed)
    rows = weights.reshape(-1, weights.shape[-1])
    dealt = [row[_deal(len(row), rng)] for row in rows]
    return np.asarray(dealt, dtype=weights.dtype).reshape(weights.shape)


def _deal(size: int, rng: np.random.Generator) -> np.ndarray:
    """Every place gets the weight of another one: a turn of the places taken in random order."""
    order = rng.permutation(size)
    found = np.empty(size, dtype=int)
    found[order] = np.roll(order, 1)
    return found


def with_weights(model: SentimentModel | TranslationModel, trace: Trace, weights: np.ndarray) -> np.ndarray:
    """The probabilities that `model` gives when attention's weights are replaced.

    Parameters
    ----------
    model
        The model that made the trace, in evaluation mode. It is not changed.
    trace
        What it computed with its own weights.
    weights
        In place of ``attention.weights``: (time), or (target, source); each row sums to 1.

    Returns
    -------
    numpy.ndarray
        Sentiment: (class). Translation: (target, vocab), the decoder fed with the pieces it wrote itself.

    Raises
    ------
    TraceError
        When the model has no attention or the weights do not have the shape of its own.
    """
    if model.attention is None or "attention.weights" not in trace:
        raise TraceError(f"{model.name} has no attention, so there are no weights to replace")
    if weights.shape != trace["attention.weights"].shape:
        own = trace["attention.weights"].shape
        raise TraceError(f"the weights have shape {weights.shape}; this trace's have {own}")
    given = torch.tensor(weights, dtype=torch.float32)[None]
    with torch.inference_mode():
        if isinstance(model, TranslationModel):
            logits = _translate(model, trace, given)
        else:
            logits = _judge(model, trace, given)
        probabilities: np.ndarray = torch.softmax(logits[0], dim=-1).numpy()
    return probabilities


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


def _judge(model: SentimentModel, trace: Trace, weights: torch.Tensor) -> torch.Tensor:
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    encoded = model.encode(ids, torch.tensor([ids.shape[1]]))
    return model.output((weights.unsqueeze(1) @ encoded.states).squeeze(1))


def _translate(model: TranslationModel, trace: Trace, weights: torch.Tensor) -> torch.Tensor:
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    memory = model.encode(ids, torch.tensor([ids.shape[1]]))
    read = torch.tensor([[BOS, *(token.id for token in trace.tokens["target"][:-1])]])
    embedding = model.target_embedding(read)
    attended = Attended(weights, weights, weights @ memory.keys)
    hidden, _ = model.decoder(_decoder_inputs(model, embedding, attended), memory.state)
    return _logits(model, embedding, hidden, memory, attended)


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
    vector = model._read(embedding, hidden, memory, attended)
    return vector @ model.target_embedding.weight.T + model.output_bias
