"""What an answer's gradients are taken of, and the network run again so that autograd can follow."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch
from rnnviz_core.inputs.tokenizer import PAD
from rnnviz_core.tracing.recording import batch_of_one
from rnnviz_core.tracing.trace import Trace


def rerun(model: Any, trace: Trace, watch: Watch) -> Tensor:
    """The logits, (class), of what a trace has read; embeddings and readout are watched.

    Parameters
    ----------
    model
        A network as `rnnviz_core.derivatives.loop.followed` makes it: hooks may be set.
    trace
        Of the same network.
    watch
        Takes a site and its tensor, and returns the tensor that is to be used.
    """
    ids, _ = batch_of_one([token.id for token in trace.tokens["time"]])
    model.embedding.register_forward_hook(lambda module, args, found: watch("encoder.embedding", found))
    vector = watch("readout.vector", model.states(ids)[:, -1])
    logits: Tensor = watch("readout.logits", model.output(vector)[0])
    return logits


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The log-probability and the logit of every answer, the network's own first."""
    classes, label = trace.labels["class"], str(trace.meta["label"])
    order = [label, *(name for name in classes if name != label)]
    kinds = (("log_probability", "log-probability", _log_probability), ("logit", "logit", _logit))
    found = [
        Quantity(f"{kind}:{name}", f"the {words} of “{name}”", partial(take, classes.index(name)))
        for kind, words, take in kinds
        for name in order
    ]
    return {one.name: one for one in found}


def _log_probability(place: int, logits: Tensor) -> Tensor:
    return torch.log_softmax(logits, dim=-1)[place]


def _logit(place: int, logits: Tensor) -> Tensor:
    return logits[place]


def read_rows(model: Any, rows: list[list[int]]) -> Tensor:
    """The logits, (row, class), of sequences given as ids; of an empty one those of a state of zeros."""
    longest = max(1, *map(len, rows))
    states = model.states(torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows]))
    last = states[torch.arange(len(rows)), torch.tensor([max(1, len(row)) - 1 for row in rows])]
    empty = torch.tensor([not row for row in rows])
    logits: Tensor = model.output(last.masked_fill(empty.unsqueeze(1), 0.0))
    return logits


def read_embedded(model: Any, embedded: Tensor) -> Tensor:
    """The logits, (row, class), of sequences of one length given as embeddings, (row, time, dim)."""
    states, _ = model.encoder(embedded)
    logits: Tensor = model.output(states[:, -1])
    return logits
