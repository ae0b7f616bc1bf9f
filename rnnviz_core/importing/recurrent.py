"""Recurrent layers of an imported network: as modules that run, recorded, and put together into traces."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import CheckpointError, TraceError
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.languages import _
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing.layers import Recording, Run, record_layers
from rnnviz_core.tracing.trace import Trace

from . import predicted
from .layers import Layer

PROJECTION = "weight_hr_l0"
FAMILIES = {"lstm_variant": "lstm", "gru_variant": "gru", "rnn_variant": "rnn"}


class About(Protocol):
    """What a trace says of the network that it is of."""

    @property
    def name(self) -> str:
        """Of the file."""
        ...

    @property
    def origin(self) -> str:
        """What wrote it."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The name of each number that is read at a step, where they are known."""
        ...


def recorded(
    name: str,
    module: CellLayers,
    read: Tensor,
    states: Tensor,
    starts: Mapping[str, np.ndarray] | None,
    steps: tuple[int, ...],
) -> "Found":
    """Record one recurrent layer on one sequence.

    Parameters
    ----------
    name, module
        The layer.
    read, states
        What it read, (time, dim), and returned, (time, units of all directions).
    starts
        The states before the first step, each (directions, unit); zeros when None.
    steps
        Which step of the input each row is; empty where rows are no steps of it.

    Raises
    ------
    TraceError
        When the recording fails its verification.
    """
    if starts is None:
        starts = {
            state: np.zeros((module.directions, width), np.float32) for state, width in module.widths.items()
        }
    recording = Recording()
    try:
        record_layers(recording, module, Run(read, states, dict(starts)), "encoder", "time")
    except TraceError as error:
        raise TraceError(f"{name}: {error}") from None
    return Found(name, recording, module, steps, len(read))


def module_of(layer: Layer) -> CellLayers:
    """The recurrent layer as a module that runs and is recorded.

    Raises
    ------
    CheckpointError
        When its weights do not have the shapes of its cell.
    """
    return _module(layer.name, tuple(sorted(layer.options["cell"].items())), _Weights(layer))


class _Weights:
    """The weights of a layer, known by the layer they belong to."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def __hash__(self) -> int:
        return id(self.layer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Weights) and other.layer is self.layer


@functools.lru_cache(maxsize=64)
def _module(name: str, cell: tuple[tuple[str, Any], ...], weights: _Weights) -> CellLayers:
    layer = weights.layer
    definition = cells.from_dict(dict(cell))
    rows, width = layer.weights["weight_ih_l0"].shape
    units = rows // len(definition.gates)
    if (PROJECTION in layer.weights) != ("W_hr" in definition.extra):
        raise CheckpointError(_("{name}: its weights and its cell differ in the projection", name=name))
    with torch.device("meta"):
        module = CellLayers(
            definition,
            width,
            units,
            bidirectional=layer.options["directions"] == 2,
            proj_size=len(layer.weights[PROJECTION]) if PROJECTION in layer.weights else 0,
        )
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in layer.weights.items()}
    if expected != found:
        odd = sorted(key for key in expected | found if expected.get(key) != found.get(key))[0]
        raise CheckpointError(
            _(
                "{name}: {odd} has the shape {shape}; its cell needs {needed}",
                name=name,
                odd=odd,
                shape=found.get(odd),
                needed=expected.get(odd),
            )
        )
    module.to_empty(device="cpu")
    state = {key: torch.from_numpy(np.array(value, np.float32)) for key, value in layer.weights.items()}
    if not all(value.isfinite().all() for value in state.values()):
        raise CheckpointError(_("{name} holds weights that are not finite", name=name))
    module.load_state_dict(state)
    return module.requires_grad_(False).eval()


@dataclass(frozen=True)
class Found:
    """The recording of one recurrent layer, and which steps of the input it read."""

    name: str
    recording: Recording
    module: CellLayers
    steps: tuple[int, ...]
    count: int

    @property
    def cell(self) -> cells.Definition:
        """Its equations."""
        return self.module.cell

    @property
    def directions(self) -> int:
        """2 where it reads from the left and from the right."""
        return self.module.directions


class Group:
    """Recurrent layers of one cell that read the same steps one after the other."""

    def __init__(self, first: Found) -> None:
        self.members = [first]

    @property
    def name(self) -> str:
        """The names of its layers."""
        return "+".join(member.name for member in self.members)

    def takes(self, other: Found) -> bool:
        """Whether a layer can be the next one of the same trace."""
        last = self.members[-1]
        return (last.cell, last.steps, last.count, last.directions) == (
            other.cell,
            other.steps,
            other.count,
            other.directions,
        )

    @property
    def modules(self) -> tuple[CellLayers, ...]:
        """Its layers, from the lowest up."""
        return tuple(member.module for member in self.members)

    def add(self, other: Found) -> None:
        """Put a layer on top."""
        self.members.append(other)

    def trace(
        self,
        about: About,
        tokens: tuple[Token, ...],
        notes: tuple[str, ...],
        output: np.ndarray | None,
    ) -> Trace:
        """All its layers as one trace."""
        recording = Recording()
        for number, member in enumerate(self.members):
            for site, array in member.recording.arrays.items():
                name = site.replace("encoder.0.", f"encoder.{number}.", 1)
                recording.arrays[name], recording.axes[name] = array, member.recording.axes[site]
            recording.difference = max(recording.difference, member.recording.difference)
        first = self.members[0]
        steps = tuple(tokens[step] for step in first.steps)
        if not steps:
            steps = tuple(Token(f"step {step}", NO_PIECE, 0, 0) for step in range(first.count))
        labels: dict[str, tuple[str, ...]] = {}
        values = [step.value for step in steps if step.value is not None]
        if len(values) == len(steps):
            recording.add("encoder.values", np.asarray(values, np.float32), "time")
        if (row := predicted.vector(output)) is not None:
            recording.add("readout.prediction", row.astype(np.float32), "class")
            labels["class"] = tuple(f"output {number}" for number in range(len(row)))
        if about.columns and first.recording.arrays["encoder.0.layer_input"].shape[1] == len(about.columns):
            labels["dim"] = about.columns
        family = first.cell.name
        return Trace(
            model=about.name,
            text="",
            tokens={"time": steps},
            arrays=recording.arrays,
            axes=recording.axes,
            labels=labels,
            definitions={"encoder": first.cell},
            max_difference=recording.difference,
            meta={
                "task": "imported",
                "cell": FAMILIES.get(family, family),
                "attention": "none",
                "layers": len(self.members),
                "bidirectional": first.directions == 2,
                "names": [member.name for member in self.members],
                "origin": about.origin,
                "oracle": "loop",
                "notes": list(notes),
                "predicted": predicted.about(output),
                # Which steps of the input it read; nothing where its rows are no steps of it.
                "steps": "all" if first.steps == tuple(range(len(tokens))) else list(first.steps),
            },
        )
