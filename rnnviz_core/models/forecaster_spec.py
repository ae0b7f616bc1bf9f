"""The settings of a network that forecasts a series, one number at a time."""

import re
from dataclasses import dataclass
from typing import ClassVar

from rnnviz_core.errors import SpecError

from .specs import Attention, ModelSpec, check_range

SEASON = 10_000  # steps of the longest season, and of the longest test part


@dataclass(frozen=True)
class ForecastSpec(ModelSpec):
    """Recurrent layers that read a number per step, and a linear readout of the state: the next number.

    What goes in is ``(f(value) - mean) / scale``, where f is the square root (`root`) or nothing; `mean` and
    `scale` are those of f over the part of the series that was trained on. What comes out is the next such
    number or, with `difference`, how far it is from the one that was read last.
    """

    task: ClassVar[str] = "forecast"

    embedding: int = 1  # numbers read per step
    hidden: int = 24
    series: str = "series"  # what it was trained on; networks of one series can be compared
    unit: str = ""  # of the values
    step: str = "step"  # what passes from one value to the next: month, day
    season: int = 0  # steps of a season, for the baseline "same time last season"; 0: none
    lags: int = 12  # values that the baseline AR(p) looks back at: its p
    test: int = 100  # values at the end of the series that are never trained on
    root: bool = False  # whether square roots are read: of counts, so that high values weigh no more than low
    difference: bool = True  # whether the network gives the change from the last value
    mean: float = 0.0  # of what is read, over the training part; `train` fills it in
    scale: float = 1.0  # its standard deviation there

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attention is not Attention.NONE or self.bidirectional:
            raise SpecError(
                "a forecaster has no attention and reads in one direction: what comes next is not known yet"
            )
        if self.embedding != 1:
            raise SpecError(f"embedding is {self.embedding}; a forecaster reads 1 number per step")
        check_range("season", self.season, 0, SEASON, int)
        check_range("lags", self.lags, 1, 365, int)
        check_range("test", self.test, 1, SEASON, int)
        check_range("mean", self.mean, -1e6, 1e6, float)
        check_range("scale", self.scale, 1e-6, 1e6, float)
        for name in ("root", "difference"):
            if not isinstance(getattr(self, name), bool):
                raise SpecError(f"{name} is {getattr(self, name)!r:.40}; it must be true or false")
        for name in ("series", "unit", "step"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.isprintable() or len(value) > 60:
                raise SpecError(f"{name} is {value!r:.70}; it must be at most 60 characters on one line")

    @property
    def model_id(self) -> str:
        """``sunspots-lstm``: the series' name in small letters, and the cell."""
        return f"{re.sub('[^a-z0-9]+', '-', self.series.lower()).strip('-') or self.task}-{self.cell}"
