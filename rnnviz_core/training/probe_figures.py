"""What a network does on a few fixed texts, in figures: how open gates are, how far a gradient reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.derivatives import of_trace
from rnnviz_core.errors import RnnvizError
from rnnviz_core.tracing.trace import Trace, layer_site

CLOSED, OPEN = 0.1, 0.9  # a gate below is practically closed, one above practically open


@dataclass(frozen=True)
class ProbeFigures:
    """Figures at one moment. NaN where a network could not be recorded: its weights had grown too large.

    Attributes
    ----------
    low, high
        Gate -> the share of its values below `CLOSED` and above `OPEN`, over all texts, steps and units.
        ``encoder.0.hidden`` of a cell without gates: below -`OPEN` and above it.
    horizon
        Layer -> steps in which what is kept falls to 1/e: -1 / ln of the mean share that a step keeps.
    value
        Of each text the number that its gradient is taken of.
    reach
        Of each text layer -> (step): the length of the derivative of that number by the hidden state.
    """

    low: dict[str, float]
    high: dict[str, float]
    horizon: dict[str, float]
    value: list[float]
    reach: list[dict[str, np.ndarray]]


def places(trace: Trace) -> list[tuple[str, int, bool]]:
    """Every recurrent layer of a trace: part, layer, direction."""
    return [
        (part, layer, reverse)
        for part in ("encoder", "decoder")
        for layer in range(trace.layers(part))
        for reverse in ((False, True) if trace.reverses(part) else (False,))
    ]


def usual(network: Any, trace: Trace) -> str | None:
    """The default quantity of a gradient: the margin where there is one, else what the task names first.

    It must stay the same while a network learns, so what is predicted is asked only once.
    """
    quantities = task_of(network).quantities
    if quantities is None:
        return None
    offered = quantities(trace)
    return "margin" if "margin" in offered else next(iter(offered))


def measure(
    network: Any, texts: Sequence[str], of: Sequence[str | None]
) -> tuple[ProbeFigures, list[Trace | None]]:
    """Run a network, which must be in evaluation mode, on texts.

    Parameters
    ----------
    of
        For every text what its gradient is taken of (`rnnviz_core.derivatives.gradients`); None: no gradient.

    Returns
    -------
    The figures, and the trace of every text; None where it could not be recorded.
    """
    traces: list[Trace | None] = []
    values: list[float] = []
    reach: list[dict[str, np.ndarray]] = []
    for text, quantity in zip(texts, of, strict=True):
        value, lengths = np.nan, {}
        trace: Trace | None = None
        try:
            trace = record(network, text)
            if quantity is not None:
                gave = of_trace(network, trace, quantity)
                value = float(gave.meta["gradient"]["value"])
                lengths = _lengths(gave)
        except (RnnvizError, FloatingPointError):  # a network that has run away must not stop its training
            pass
        traces.append(trace)
        values.append(value)
        reach.append(lengths)
    there = [trace for trace in traces if trace is not None]
    low, high = _saturation(there)
    return ProbeFigures(low, high, _horizon(there), values, reach), traces


def _lengths(gave: Trace) -> dict[str, np.ndarray]:
    found = {}
    for part, layer, reverse in places(gave):
        name = layer_site(part, layer, "hidden_gradient", reverse=reverse)
        found[name.removesuffix(".hidden_gradient")] = np.linalg.norm(gave[name], axis=-1)
    return found


def _saturation(traces: Sequence[Trace]) -> tuple[dict[str, float], dict[str, float]]:
    low, high = {}, {}
    for part, layer, reverse in places(traces[0]) if traces else ():
        cell = traces[0].definition(part)
        gates = [gate for gate in cell.gate_names if cell.function(gate) == "sigmoid"]
        for gate in gates or ["hidden"]:
            name = layer_site(part, layer, gate, reverse=reverse)
            values = np.concatenate([trace[name].reshape(-1) for trace in traces])
            low[name] = float((values < (CLOSED if gates else -OPEN)).mean())
            high[name] = float((values > OPEN).mean())
    return low, high


def _horizon(traces: Sequence[Trace]) -> dict[str, float]:
    found = {}
    for part, layer, reverse in places(traces[0]) if traces else ():
        memory = traces[0].definition(part).memory
        if memory is None:
            continue
        name = f"{part}.{layer}" + ".reverse" * reverse
        kept = []
        for trace in traces:
            values = {
                symbol: trace[layer_site(part, layer, symbol, reverse=reverse)].astype(np.float64)
                for symbol in memory.kept.symbols()
            }
            kept.append(np.asarray(memory.kept.evaluate(values)).reshape(-1))
        mean = float(np.concatenate(kept).mean())
        found[name] = float(-1 / np.log(mean)) if 0 < mean < 1 else float("inf") * (mean >= 1)
    return found
