"""Run a model again with replaced attention weights, and measure how far its answer moves.

Everything else stays: the encoder's states, the weights of all layers and, in translation, the pieces
the decoder is fed. What changes is the context alone, and what follows from it.
"""

from typing import Any

import numpy as np
import torch

from rnnviz_core.errors import TraceError
from rnnviz_core.models.network import Network
from rnnviz_core.tracing.trace import Trace

from .task import task_of


def uniform(weights: np.ndarray) -> np.ndarray:
    """The same weight for every token: as if attention did not choose at all."""
    return np.full_like(weights, 1 / max(weights.shape[-1], 1))


def shuffled(weights: np.ndarray, seed: int) -> np.ndarray:
    """The same weights on other tokens, shuffled again in every row; no row keeps its order by chance.

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


def with_weights(model: Network, trace: Trace, weights: np.ndarray) -> np.ndarray:
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
    replace = task_of(model).with_weights
    if replace is None or "attention.weights" not in trace:
        raise TraceError(f"{model.name} has no attention, so there are no weights to replace")
    if weights.shape != trace["attention.weights"].shape:
        own = trace["attention.weights"].shape
        raise TraceError(f"the weights have shape {weights.shape}; this trace's have {own}")
    given = torch.tensor(weights, dtype=torch.float32)[None]
    with torch.inference_mode():
        probabilities: np.ndarray = torch.softmax(replace(model, trace, given)[0], dim=-1).numpy()
    return probabilities


def write_evenly(model: Network, trace: Trace, **limit: Any) -> str:
    """What a network that writes would write, greedily, when attention weighs all tokens alike.

    Raises
    ------
    TraceError
        When the model does not write, or has no attention.
    """
    write = task_of(model).write_evenly
    if write is None:
        raise TraceError(f"{model.name} writes nothing")
    return write(model, trace, **limit)
