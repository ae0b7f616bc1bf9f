"""The settings of a training run, and the learning rate they give at every step."""

import dataclasses
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch

from rnnviz_core.choices import choice
from rnnviz_core.errors import SpecError


class Optimizer(StrEnum):
    """The rule that turns gradients into steps."""

    ADAMW = "adamw"
    ADAM = "adam"
    RMSPROP = "rmsprop"
    SGD = "sgd"


class Device(StrEnum):
    """Where a model is trained."""

    CPU = "cpu"
    CUDA = "cuda"  # one graphics processor per process


class Precision(StrEnum):
    """The numbers that the products of a training step are computed in; weights are always float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"  # torch's autocast: half the time on processors that multiply it


class Schedule(StrEnum):
    """How the learning rate falls after its warm-up."""

    CONSTANT = "constant"
    LINEAR = "linear"
    COSINE = "cosine"


@dataclass(frozen=True)
class TrainingConfig:
    """One run's settings."""

    epochs: int = 10
    batch: int = 64  # examples per step
    optimizer: Optimizer = Optimizer.ADAMW
    rate: float = 1e-3  # the highest learning rate
    schedule: Schedule = Schedule.LINEAR
    warmup: float = 0.05  # share of all steps in which the rate rises
    weight_decay: float = 0.0
    clip: float = 1.0  # largest norm of the gradient
    smoothing: float = 0.0  # label smoothing
    consistency: float = 0.0  # weight of the disagreement between two dropouts of one text; 0: one dropout
    average: float = 0.0  # decay of the running mean of the weights that is evaluated; 0: none
    patience: int = 0  # epochs without a better figure before stopping; 0: never stop early
    seed: int = 0
    threads: int = 1
    device: Device = Device.CPU
    precision: Precision = Precision.FLOAT32

    def __post_init__(self) -> None:
        object.__setattr__(self, "optimizer", choice(Optimizer, self.optimizer))
        object.__setattr__(self, "schedule", choice(Schedule, self.schedule))
        object.__setattr__(self, "device", choice(Device, self.device))
        object.__setattr__(self, "precision", choice(Precision, self.precision))
        if self.device is Device.CUDA and not torch.cuda.is_available():
            raise SpecError("device is 'cuda', but torch finds no graphics processor here; use cpu")
        bounds = {
            "epochs": (1, 10_000),
            "batch": (1, 10_000),
            "rate": (1e-7, 10.0),
            "warmup": (0.0, 1.0),
            "weight_decay": (0.0, 10.0),
            "clip": (1e-3, 1e3),
            "smoothing": (0.0, 0.9),
            "consistency": (0.0, 100.0),
            "average": (0.0, 0.99999),
            "patience": (0, 10_000),
            "threads": (1, 64),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise SpecError(f"{name} is {getattr(self, name)!r}; it must be from {low:g} to {high:g}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


def rate_factor(config: TrainingConfig, step: int, total: int) -> float:
    """The learning rate at a step, as a share of the highest one."""
    warm = max(1, round(config.warmup * total))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, total - warm)
    match config.schedule:
        case Schedule.LINEAR:
            return max(0.0, 1 - done)
        case Schedule.COSINE:
            return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        case _:
            return 1.0
