"""Training a forecaster: windows of a series, and what the common loop needs to know of them."""

import dataclasses
import hashlib
import math
import random
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from rnnviz_core.errors import SpecError
from rnnviz_core.models.forecaster import Forecaster, forecasts
from rnnviz_core.training.batches import Batch, Example
from rnnviz_core.training.fingerprint import CONTENT, Fingerprint
from rnnviz_core.training.objectives import device_of
from rnnviz_core.training.parallel import Group
from rnnviz_core.training.run import Run

from . import baselines, scoring

WINDOW = 96  # values read in one go
WARM = 24  # of these, the first whose forecasts are not judged: the state knows too little yet
WINDOWS = 6_400  # per epoch, each from a place drawn anew
# Augmentation: a window of counts is rescaled, its roots times e^h with h drawn from -0.5 to 0.5, and the
# validation part is read at two scales: future cycles may be lower or higher than those of the training part.
HEIGHT = 0.5
VALIDATED = (1.0, 2.0)  # times the counts as they are
WORDS_ONLY = ("validation", "exclude", "beside", "polarity", "start", "pretrain", "teacher", "leave_out")


@dataclass(frozen=True)
class Series:
    """The values of a series before its test part."""

    values: np.ndarray  # (time), float64
    validation: int  # where the validation part begins

    def fingerprint(self) -> Fingerprint:
        """Its digest."""
        content = f"{self.validation} ".encode() + self.values.tobytes()
        return {f"{CONTENT}--data": hashlib.sha256(content).hexdigest()}


def read(run: Run) -> Series:
    """The values that a run is trained and validated on."""
    for name in WORDS_ONLY:
        if getattr(run, name):
            raise SpecError(f"--{name.replace('_', '-')} is not a setting of a forecast; leave it out")
    values = scoring.read(run.data, run.layout)
    validation, test = scoring.boundaries(run.spec, values)
    return Series(values[:test], validation)


def prepare(run: Run, series: Series, group: Group) -> tuple[Forecaster, "ForecastObjective"]:
    """A model with fresh weights whose scale is that of the training part, and its objective."""
    seen = series.values[: series.validation]
    if run.spec.root:
        if seen.min() < 0:
            raise SpecError(
                f"{run.data} holds values below zero, which have no square root; leave out --root"
            )
        seen = np.sqrt(seen)
    spec = dataclasses.replace(run.spec, mean=float(seen.mean()), scale=float(seen.std()) or 1.0)
    model = Forecaster(spec, run.name)
    return model, ForecastObjective(model, series, share=(group.rank, group.size))


def first_reading(*_: Any) -> NoReturn:
    """There is none: `read` refuses it."""
    raise SpecError("--pretrain is not a setting of a forecast; leave it out")


class ForecastObjective:
    """Windows of a series for a `Forecaster`.

    An example is the position where a window begins, and its scale in thousandths; its loss is the mean
    squared error of the scaled forecasts, without those of the first `WARM` steps. The best epoch is
    chosen by the error over the validation part, in the unit of the series, averaged over the scales at
    which that part is read.
    """

    metric, larger_is_better = "rmse", False

    def __init__(self, model: Forecaster, series: Series, *, share: tuple[int, int] = (0, 1)) -> None:
        self._series, (self._rank, self._processes) = series, share
        self._numbers = model.scaled(torch.tensor(series.values[: series.validation], dtype=torch.float32))
        self._window = min(WINDOW, len(self._numbers) - 1)
        spec = model.spec
        self._zero = -spec.mean / spec.scale  # a count of zero, scaled
        self._height = HEIGHT if spec.root else 0.0
        self._validated: tuple[float, ...] = VALIDATED if spec.root else (1.0,)

    def training(self, generator: random.Random) -> list[Example]:
        """One epoch: positions of windows, and scales for counts, drawn anew."""
        places = len(self._numbers) - self._window
        drawn = [
            [
                generator.randrange(places),
                round(1000 * math.exp(generator.uniform(-self._height, self._height))),
            ]
            for _ in range(WINDOWS)
        ]
        return [Example(place, 0) for place in drawn[self._rank :: self._processes]]

    def loss(
        self, model: torch.nn.Module, batch: Batch, smoothing: float, consistency: float = 0.0
    ) -> Float[Tensor, ""]:
        """The mean squared error of a batch of windows, in scaled numbers."""
        places, heights = batch.ids.cpu().split(1, dim=1)
        windows = self._numbers[places + torch.arange(self._window + 1)]
        windows = (self._zero + (windows - self._zero) * heights / 1000).to(device_of(model))
        told = model(windows[:, :-1])
        warm = min(WARM, self._window // 2)
        return functional.mse_loss(told[:, warm:], windows[:, 1 + warm :])

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """Errors over the validation part: ``rmse`` is the mean over scales, in the unit of the series."""
        assert isinstance(model, Forecaster)
        values, first = self._series.values, self._series.validation
        model.eval()
        found = []
        for height in self._validated:
            read = torch.tensor(height * values, dtype=torch.float32, device=device_of(model))
            told = forecasts(model, read).cpu().numpy() / height
            found.append(baselines.rmse(told[first - 1 : -1], values[first:]))
        return {
            "rmse": sum(found) / len(found),
            "rmse_as_it_is": found[0],
            "rmse_persistence": baselines.rmse(baselines.persistence(values, first), values[first:]),
        }
