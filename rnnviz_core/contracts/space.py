"""What a search over hyperparameters may choose from: a range or a list of values per setting."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; whole ones where both ends are."""

    low: float
    high: float
    log: bool = False  # whether a factor counts the same anywhere: rates, sizes

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are in it."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Pick:
    """One of a few values."""

    values: tuple[str | int | float, ...]


Space = Mapping[str, Range | Pick]  # name of a setting of the spec, the run or its `TrainingConfig`
EVERY = {  # what holds for any network that is trained by gradients
    "rate": Range(3e-4, 3e-2, log=True),
    "clip": Range(0.1, 10.0, log=True),
    "hidden": Range(8, 128, log=True),
}
