"""What a forecast's gradients are taken of, and the network run again so that autograd can follow."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity, Watch
from rnnviz_core.languages import filled
from rnnviz_core.tracing.trace import Trace


def rerun(model: Any, trace: Trace, watch: Watch) -> Tensor:
    """The forecast after every step, (time), in the unit of the series; the scaled numbers are watched.

    Parameters
    ----------
    model
        A network as `rnnviz_core.derivatives.loop.followed` makes it.
    trace
        Of the same network.
    watch
        Takes a site and its tensor, and returns the tensor that is to be used.
    """
    numbers = watch("encoder.embedding", torch.tensor(trace["encoder.embedding"]).double())
    states, _ = model.encoder(numbers.unsqueeze(0))
    following = watch("readout.outputs", model.read_out(states, numbers.T)[0])
    forecasts: Tensor = model.unscaled(following)
    return forecasts


def quantities(trace: Trace) -> dict[str, Quantity]:
    """The forecast after the last value, and after every other one, in the unit of the series."""
    steps = len(trace.tokens["time"])
    found = [Quantity("forecast", filled("the forecast after the last value"), partial(_after, steps - 1))]
    found += [
        Quantity(
            f"forecast:{step}", filled("the forecast after step {step}", step=step), partial(_after, step)
        )
        for step in range(steps)
    ]
    return {one.name: one for one in found}


def _after(step: int, forecasts: Tensor) -> Tensor:
    return forecasts[step]
