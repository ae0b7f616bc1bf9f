"""What an answer's gradients are taken of, and the network run again so that autograd can follow."""

from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch, log_probabilities, logits
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
    found: Tensor = watch("readout.logits", model.output(vector)[0])
    return found


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The log-probability and the logit of every answer, the network's own first."""
    classes, label = trace.labels["class"], str(trace.meta["label"])
    return {one.name: one for one in (*log_probabilities(classes, label), *logits(classes, label))}


def read_rows(model: Any, rows: list[list[int]]) -> Tensor:
    """The logits, (row, class), of sequences given as ids; of an empty one those of a state of zeros."""
    longest = max(1, *map(len, rows))
    states = model.states(torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows]))
    last = states[torch.arange(len(rows)), torch.tensor([max(1, len(row)) - 1 for row in rows])]
    empty = torch.tensor([not row for row in rows])
    found: Tensor = model.output(last.masked_fill(empty.unsqueeze(1), 0.0))
    return found


def read_embedded(model: Any, embedded: Tensor) -> Tensor:
    """The logits, (row, class), of sequences of one length given as embeddings, (row, time, dim)."""
    states, _ = model.encoder(embedded)
    found: Tensor = model.output(states[:, -1])
    return found
