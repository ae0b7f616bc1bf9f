"""What a verdict's gradients are taken of, and the network run again so that autograd can follow."""

from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch, log_probabilities, logits
from rnnviz_core.inputs.tokenizer import PAD
from rnnviz_core.languages import filled
from rnnviz_core.models.components import encode, running_means
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
    ids, lengths = batch_of_one([token.id for token in trace.tokens["time"]])
    model.embedding.register_forward_hook(lambda module, args, found: watch("encoder.embedding", found))
    vector, _ = model.read(model.encode(ids, lengths))
    found: Tensor = watch("readout.logits", model.output(watch("readout.vector", vector))[0])
    return found


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The log-probability of the verdict, the margin of positive over negative, and every class."""
    classes, label = trace.labels["class"], str(trace.meta["label"])
    found = log_probabilities(classes, label)
    if bool(trace.meta.get("ordered", True)) and len(classes) > 1:
        words = filled("the margin of the better classes over the worse")
        found.append(Quantity("margin", words, margin))
    return {one.name: one for one in (*found, *logits(classes, label))}


def margin(values: Tensor) -> Tensor:
    """Log-sum-exp of the better half of the classes minus that of the worse; a middle one is in neither."""
    half = len(values) // 2
    return torch.logsumexp(values[-half:], dim=0) - torch.logsumexp(values[:half], dim=0)


def read_rows(model: Any, rows: list[list[int]]) -> Tensor:
    """The logits, (row, class), of texts given as ids; of one without any, those of a state of zeros."""
    longest = max(1, *map(len, rows))
    ids = torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])
    lengths = torch.tensor([max(1, len(row)) for row in rows])
    vector, _ = model.read(model.encode(ids, lengths))
    empty = torch.tensor([not row for row in rows])
    found: Tensor = model.output(vector.masked_fill(empty.unsqueeze(1), 0.0))
    return found


def read_embedded(model: Any, embedded: Tensor) -> Tensor:
    """The logits, (row, class), of texts of one length given as embeddings, (row, time, dim)."""
    lengths = torch.full((len(embedded),), embedded.shape[1])
    encoded = (
        running_means(embedded, lengths)
        if model.encoder is None
        else encode(model.encoder, embedded, lengths)
    )
    vector, _ = model.read(encoded)
    found: Tensor = model.output(vector)
    return found
