"""What a translation's gradients are taken of, and the network run again so that autograd can follow."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch
from rnnviz_core.inputs.tokenizer import BOS
from rnnviz_core.languages import filled
from rnnviz_core.tracing.recording import batch_of_one
from rnnviz_core.tracing.trace import Trace


def rerun(model: Any, trace: Trace, watch: Watch) -> Tensor:
    """The logits, (target, vocab), of what a trace has written, from the pieces that its decoder was fed.

    Parameters
    ----------
    model
        A network as `rnnviz_core.derivatives.loop.followed` makes it: hooks may be set.
    trace
        Of the same network.
    watch
        Takes a site and its tensor, and returns the tensor that is to be used.
    """
    ids, lengths = batch_of_one([token.id for token in trace.tokens["source"]])
    written = [token.id for token in trace.tokens["target"]]
    for part, table in (("encoder", model.source_embedding), ("decoder", model.target_embedding)):
        table.register_forward_hook(partial(_watched, watch, f"{part}.embedding"))
    memory = model.encode(ids, lengths)
    decoded = model.decode(torch.tensor([[BOS, *written[:-1]]]), memory.state, memory)
    logits: Tensor = watch("readout.logits", decoded.logits[0])
    return logits


def _watched(watch: Watch, site: str, module: Any, args: Any, found: Tensor) -> Tensor:
    return watch(site, found)


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The log-probability of all that it wrote, and of the piece of every step."""
    ids = torch.tensor([token.id for token in trace.tokens["target"]])
    found = [
        Quantity("translation", filled("the log-probability of the whole translation"), partial(_all, ids))
    ]
    for step, token in enumerate(trace.tokens["target"]):
        text = filled("(end)") if token.text == "</s>" else token.text.replace("▁", " ").strip() or "␣"
        words = filled("the log-probability of “{token}”, output at step {step}", token=text, step=step)
        found.append(Quantity(f"step:{step}", words, partial(_one, ids, step)))
    return {one.name: one for one in found}


def _all(ids: Tensor, logits: Tensor) -> Tensor:
    return torch.log_softmax(logits, dim=-1)[range(len(ids)), ids].sum()


def _one(ids: Tensor, step: int, logits: Tensor) -> Tensor:
    return torch.log_softmax(logits[step], dim=-1)[ids[step]]
