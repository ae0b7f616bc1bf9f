"""Series of our own, made by a formula and a seed: what the examples show. No value is anybody's data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnnviz_core.languages import N_


@dataclass(frozen=True)
class GeneratedSeries:
    """One series that is known by a name."""

    shows: str  # a few words, as the list of examples has them
    asks: str  # what to look at
    make: Callable[[np.random.Generator], np.ndarray]


def _noise(rng: np.random.Generator, steps: int, keep: float, size: float) -> np.ndarray:
    """Noise that keeps a share of itself from step to step: e_t = keep e_{t-1} + size normal."""
    found, now = np.zeros(steps), 0.0
    for step, jolt in enumerate(rng.normal(0, size, steps)):
        now = keep * now + jolt
        found[step] = now
    return found


def _cycle(rng: np.random.Generator, steps: int, peak: float, start: int = 0) -> np.ndarray:
    """Humps of 132 steps that rise faster than they fall; the noise grows with the height."""
    phase = (np.arange(steps) + start) % 132 / 132
    height = peak * (phase / 0.35) ** 2 * np.exp(2 * (1 - phase / 0.35))
    return np.maximum(0.0, height + np.sqrt(height + 4) * _noise(rng, steps, 0.3, 1.6))


def _year(rng: np.random.Generator, steps: int, start: int = 0) -> np.ndarray:
    """A year as a cosine around 11, and days that remember the day before."""
    days = np.arange(steps) + start
    return 11 + 4 * np.cos(2 * np.pi * (days - 20) / 365) + _noise(rng, steps, 0.6, 2.0)


def _knock(steps: int, level: float, high: float) -> np.ndarray:
    found = np.full(steps, level)
    found[steps // 2] = high
    return found


MONTHLY = {
    "cycles": GeneratedSeries(
        N_("two cycles of 11 years"),
        N_("Does the network expect the turn at the top, or does it only follow the last month?"),
        lambda rng: _cycle(rng, 264, 110),
    ),
    "high": GeneratedSeries(
        N_("a high cycle"),
        N_("Such heights are rare: do the forecasts stay below the values?"),
        lambda rng: _cycle(rng, 132, 210),
    ),
    "quiet": GeneratedSeries(
        N_("years without any spots"),
        N_("Nothing happens for five years. How does the state look when the next cycle begins?"),
        lambda rng: np.concatenate((np.zeros(60), _cycle(rng, 72, 110))),
    ),
    "knock": GeneratedSeries(
        N_("one month out of line"),
        N_("For how many months does a single high value stay in the memory?"),
        lambda rng: _knock(96, 30, 120),
    ),
}
DAILY = {
    "winter": GeneratedSeries(
        N_("200 days from autumn to spring"),
        N_("A cold night: does the network expect the next one to be as cold, or nearer to the mean?"),
        lambda rng: _year(rng, 200, 90),
    ),
    "heat": GeneratedSeries(
        N_("ten hot nights"),
        N_("How many hot nights does it take until the network expects another one?"),
        lambda rng: _year(rng, 120, 330) + 8 * ((np.arange(120) >= 70) & (np.arange(120) < 80)),
    ),
    "same": GeneratedSeries(
        N_("the same value every day"),
        N_("Nothing ever changes. Does the network expect the same again?"),
        lambda rng: np.full(60, 12.0),
    ),
    "knock": GeneratedSeries(
        N_("one night out of line"),
        N_("For how many days does a single cold night stay in the memory?"),
        lambda rng: _knock(90, 11, 2),
    ),
}


def of_step(step: str) -> dict[str, GeneratedSeries]:
    """The series that suit a network whose values follow each other by such a step."""
    return DAILY if step == "day" else MONTHLY


def values(name: str, series: GeneratedSeries, seed: int) -> list[float]:
    """The numbers of a series, with one decimal; another seed, another noise."""
    rng = np.random.default_rng([seed, *name.encode()])
    return [round(float(value), 1) + 0.0 for value in series.make(rng)]
