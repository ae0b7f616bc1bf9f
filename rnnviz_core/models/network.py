"""What the rest of the project knows of a network. No other code reads a model's own attributes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from torch import Tensor, nn

from .specs import ModelSpec
from .stacks import Stack


class Table(NamedTuple):
    """An embedding: a row of numbers per piece."""

    weight: np.ndarray  # (vocab, dim), float32
    pieces: Sequence[str]  # the name of each row


class Readout(NamedTuple):
    """The linear layer at the end, which reads ``readout.vector``."""

    weight: np.ndarray  # (class or vocab, unit)
    bias: np.ndarray  # (class or vocab)


class Network(Protocol):
    """A trained network: a `torch.nn.Module` that describes its parts.

    Its parts have the names that sites begin with: ``encoder``, ``decoder``.
    """

    name: str  # the id under which it is known
    spec: Any  # a `ModelSpec`
    training: bool

    def stacks(self) -> Mapping[str, Stack]:
        """The recurrent layers by part, in the order of computing: how they are recorded and verified."""
        ...

    def table(self, part: str) -> Table | None:
        """The embedding that `part` reads from; None where it reads numbers."""
        ...

    def output_layer(self) -> Readout:
        """What turns the last vector into logits or numbers."""
        ...

    def state_dict(self) -> Mapping[str, Tensor]:
        """The weights by name."""
        ...


def is_network(model: object) -> bool:
    """Whether a module is one of this project's networks."""
    return isinstance(model, nn.Module) and isinstance(getattr(model, "spec", None), ModelSpec)
