"""From a network and an input to a verified `Trace`: what the recording of every task is made of.

A task's own recording (`rnnviz_core.tasks`) runs its network and names what it computed; how gates are found
and verified is in `layers`. Any torch module is recorded by `module`.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core.inputs.tokenizer import Encoding
from rnnviz_core.models.components import State
from rnnviz_core.models.network import Network
from rnnviz_core.models.stacks import Stack, zeros

from .layers import Recording, Run, record_layers
from .trace import Trace


def finished(network: Network, encoding: Encoding, recording: Recording, **rest: Any) -> Trace:
    """The trace of what was recorded; `rest` are fields of `Trace`, and more of its `meta`."""
    spec = network.spec
    meta = {
        "task": spec.task,
        "cell": str(spec.cell),
        "attention": str(spec.attention),
        "layers": spec.layers,
        "bidirectional": spec.bidirectional,
        "oracle": recording.oracle,
        "notes": list(encoding.notes),
        **rest.pop("meta"),
    }
    return Trace(
        model=network.name,
        text=encoding.text,
        arrays=recording.arrays,
        axes=recording.axes,
        definitions=recording.definitions,
        max_difference=recording.difference,
        meta=meta,
        **rest,
    )


def batch_of_one(ids: list[int]) -> tuple[Tensor, Tensor]:
    """Ids as a padded batch of one, (1, time), and its lengths, (1)."""
    return torch.tensor([ids]), torch.tensor([len(ids)])


def states_of(state: State) -> dict[str, np.ndarray]:
    """PyTorch's state of a batch of one, by name: each (layers, unit)."""
    pair = state if isinstance(state, tuple) else (state,)
    return {name: one[:, 0].numpy() for name, one in zip(("hidden", "cell"), pair, strict=False)}


def record_encoder(recording: Recording, encoder: Stack, embedded: Tensor, states: Tensor, axis: str) -> None:
    """The embeddings and all layers of an encoder; `states` is what it returned for `embedded`."""
    initial = zeros(encoder, embedded.numpy().dtype)
    recording.add("encoder.embedding", embedded, axis, "dim")
    record_layers(recording, encoder, Run(embedded, states, initial), "encoder", axis)
