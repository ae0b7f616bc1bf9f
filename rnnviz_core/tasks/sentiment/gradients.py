"""What a verdict's gradients are taken of, and the network run again so that autograd can follow."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch
from rnnviz_core.inputs.tokenizer import PAD
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
    logits: Tensor = watch("readout.logits", model.output(watch("readout.vector", vector))[0])
    return logits


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The log-probability of the verdict, the margin of two sides, and every class."""
    classes, label = trace.labels["class"], str(trace.meta["label"])
    order = [label, *(name for name in classes if name != label)]
    found = [
        Quantity(
            f"log_probability:{name}",
            f"the log-probability of “{name}”",
            partial(_log_probability, classes.index(name)),
        )
        for name in order
    ]
    if bool(trace.meta.get("ordered", True)) and len(classes) > 1:
        words = "the margin of the better classes over the worse"
        found.append(Quantity("margin", words, margin))
    found += [
        Quantity(f"logit:{name}", f"the logit of “{name}”", partial(_logit, classes.index(name)))
        for name in order
    ]
    return {one.name: one for one in found}


def _log_probability(place: int, logits: Tensor) -> Tensor:
    return torch.log_softmax(logits, dim=-1)[place]


def _logit(place: int, logits: Tensor) -> Tensor:
    return logits[place]


def margin(logits: Tensor) -> Tensor:
    """Log-sum-exp of the better half of the classes minus that of the worse; a middle one is in neither."""
    half = len(logits) // 2
    return torch.logsumexp(logits[-half:], dim=0) - torch.logsumexp(logits[:half], dim=0)


def read_rows(model: Any, rows: list[list[int]]) -> Tensor:
    """The logits, (row, class), of texts given as ids; of one without any, those of a state of zeros."""
    longest = max(1, *map(len, rows))
    ids = torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])
    lengths = torch.tensor([max(1, len(row)) for row in rows])
    vector, _ = model.read(model.encode(ids, lengths))
    empty = torch.tensor([not row for row in rows])
    logits: Tensor = model.output(vector.masked_fill(empty.unsqueeze(1), 0.0))
    return logits


def read_embedded(model: Any, embedded: Tensor) -> Tensor:
    """The logits, (row, class), of texts of one length given as embeddings, (row, time, dim)."""
    lengths = torch.full((len(embedded),), embedded.shape[1])
    encoded = (
        running_means(embedded, lengths)
        if model.encoder is None
        else encode(model.encoder, embedded, lengths)
    )
    vector, _ = model.read(encoded)
    logits: Tensor = model.output(vector)
    return logits
