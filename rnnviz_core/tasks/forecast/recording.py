"""What a forecaster computes on a series, recorded."""

import numpy as np
import torch

from rnnviz_core.models.forecaster import Forecaster
from rnnviz_core.tracing.layers import Recording
from rnnviz_core.tracing.recording import finished, record_encoder
from rnnviz_core.tracing.trace import Trace

from . import series


def record(model: Forecaster, text: str) -> Trace:
    """The trace of a forecast: the sites are listed in ``docs/traces.md``."""
    encoding, spec = series.read(model.spec, text), model.spec
    values = torch.tensor([token.value for token in encoding.tokens])
    numbers = model.scaled(values).unsqueeze(0)
    states, _ = model.encoder(numbers.unsqueeze(-1))
    following = model.read_out(states, numbers)[0]
    forecasts = model.unscaled(following)
    recording = Recording()
    recording.add("encoder.values", values, "time")
    record_encoder(recording, model.stacks()["encoder"], numbers[0].unsqueeze(-1), states[0], "time")
    last = states[0, -1]
    recording.add("readout.vector", last.clone(), "unit")
    recording.add("readout.terms", model.output.weight[0] * last, "unit")
    recording.add("readout.outputs", following, "time")
    recording.add("readout.forecasts", forecasts, "time")
    return finished(
        model,
        encoding,
        recording,
        tokens={"time": encoding.tokens},
        meta={
            "forecast": float(forecasts[-1]),
            "bias": float(model.output.bias[0]),
            **{
                name: getattr(spec, name)
                for name in ("series", "unit", "step", "season", "root", "difference", "mean", "scale")
            },
        },
    )


def errors(trace: Trace) -> dict[str, tuple[float, int]]:
    """Root mean squared error of one-step forecasts within the trace, and of how many.

    ``network`` and the two baselines that need no training, each where there are values to compare:
    ``persistence`` (the same again) and ``season`` (the value of a season before).
    """
    values = trace["encoder.values"].astype(np.float64)
    season = int(trace.meta["season"])
    wrong = {
        "network": values[1:] - trace["readout.forecasts"][:-1],
        "persistence": values[1:] - values[:-1],
    }
    if 0 < season < len(values):
        wrong["season"] = values[season:] - values[:-season]
    return {name: (float(np.sqrt(np.mean(miss**2))), len(miss)) for name, miss in wrong.items() if len(miss)}
