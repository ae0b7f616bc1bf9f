"""What recurrent layers in training do on a few of the sequences that they have just read."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnviz_core.errors import RnnvizError
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing import floats
from rnnviz_core.tracing.module import record_module

from .probe_figures import CLOSED, OPEN, places

ROWS, STEPS = 4, 200  # sequences that are recorded, and their last steps
DEAD = 1e-3  # a unit that never leaves this


@dataclass
class Insides:
    """Figures by site, as in `probe_figures.ProbeFigures`; and ``dead``, a share of units by layer."""

    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    horizon: dict[str, float] = field(default_factory=dict)
    dead: dict[str, float] = field(default_factory=dict)


def inside(name: str, module: Any, x: Any, state: Any, found: Insides) -> None:
    """Record a few sequences, and add their figures to `found`, each site after the module's name.

    A network that cannot be recorded (it has run away) must not stop its training: then there are no figures.
    """
    try:
        rows, lengths = _few(module, x)
        twin = floats.copy_of(module) if floats.why(module) else copy.copy(module)
        twin.dropout, twin.training = 0.0, False
        traces = record_module(twin, rows, _first_states(module, state, rows), lengths, item=None)
    except (RnnvizError, RuntimeError, FloatingPointError):
        return
    traces = [trace for trace in traces if len(trace["encoder.0.hidden"])]
    for part, layer, reverse in places(traces[0]) if traces else ():
        site = f"{part}.{layer}" + ".reverse" * reverse
        cell = traces[0].definition(part)

        def read(symbol: str, site: str = site) -> np.ndarray:
            return np.concatenate([trace[f"{site}.{symbol}"] for trace in traces]).astype(np.float64)

        for gate in [gate for gate in cell.gate_names if cell.function(gate) == "sigmoid"]:
            values = read(gate)
            found.low[f"{name}.{site}.{gate}"] = float((values < CLOSED).mean())
            found.high[f"{name}.{site}.{gate}"] = float((values > OPEN).mean())
        hidden = read("hidden")
        found.dead[f"{name}.{site}"] = float((np.abs(hidden).max(0) < DEAD).mean())
        if cell.memory is not None:
            kept = cell.memory.kept
            mean = float(np.mean(kept.evaluate({symbol: read(symbol) for symbol in kept.symbols()})))
            found.horizon[f"{name}.{site}"] = float(-1 / np.log(mean)) if 0 < mean < 1 else float("inf")


def _few(module: Any, x: Any) -> tuple[Tensor, list[int] | None]:
    """The first sequences of a batch, the last steps of each, on the processor."""
    lengths: list[int] | None = None
    if isinstance(x, PackedSequence):
        padded, sizes = pad_packed_sequence(x, batch_first=module.batch_first)
        x, lengths = padded, sizes.tolist()[:ROWS]
    x = x.detach().cpu()
    x = x.float() if x.dtype not in (torch.float32, torch.float64) else x
    if x.dim() == 2:
        return x[-STEPS:], None
    rows = x[:ROWS] if module.batch_first else x[:, :ROWS]
    if lengths is None:
        return (rows[:, -STEPS:] if module.batch_first else rows[-STEPS:]), None
    return (rows[:, :STEPS] if module.batch_first else rows[:STEPS]), [min(one, STEPS) for one in lengths]


def _first_states(module: Any, state: Any, rows: Tensor) -> Any:
    """The states before the first step of the same sequences; zeros where another step is the first."""
    if state is None or rows.dim() == 2 or rows.shape[1 if module.batch_first else 0] >= STEPS:
        return None
    parts = [
        part.detach().cpu()[:, :ROWS].contiguous()
        for part in (state if isinstance(state, tuple) else (state,))
    ]
    return tuple(parts) if isinstance(state, tuple) else parts[0]


def gate_rows(layers: Mapping[str, nn.RNNBase], name: str, weight: Tensor) -> Iterator[tuple[str, slice]]:
    """The gates of a recurrent layer's parameter, and the rows that belong to each; nothing for others."""
    owner, _, own = name.rpartition(".")
    part = layers.get(owner)
    if part is None or not own.startswith(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
        return
    gates = stack_of(part).definition().gate_names
    if len(gates) < 2:
        return
    size = len(weight) // len(gates)
    for place, gate in enumerate(gates):
        yield gate, slice(place * size, (place + 1) * size)
