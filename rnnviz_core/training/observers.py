"""Observers of a training run: its log, the terminal, and those passed to `execute`.

A run tells its observers what happened and asks them nothing, so that none can change what it computes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from .state import add_to_log, keep_log


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that begins, or goes on where it was interrupted."""

    network: Any  # as it is now, on its device: look, never change
    out: Path  # the folder of the run
    epochs: int  # finished before: what was noted of later ones is run again
    best_epoch: int  # 0: none


@dataclass(frozen=True, slots=True)
class Step:
    """One update of the weights."""

    network: Any  # after the update; its gradients are those that were clipped
    epoch: int  # counted from 1
    step: int  # of the epoch, counted from 1
    steps: int  # how many the epoch has
    loss: Tensor  # (), of the batch; asking for its number waits for the device
    norm: Tensor  # (), of all gradients together before they were clipped
    clip: float  # what it was clipped to
    rate: float  # the learning rate

    @property
    def total(self) -> int:
        """Updates since the run began, this one included."""
        return (self.epoch - 1) * self.steps + self.step


@dataclass(frozen=True, slots=True)
class Epoch:
    """A pass over the training texts, and the validation after it."""

    network: Any  # the weights that were validated: the running mean where one is kept
    row: dict[str, Any]  # a line of the log: epoch, train_loss, the validation figures, best_epoch, seconds

    @property
    def best(self) -> bool:
        """Whether it is the best so far."""
        return bool(self.row["epoch"] == self.row["best_epoch"])


class Observer:
    """Watches a run; what it does not care for, it leaves out.

    In a run of several processes only the first is watched. What an observer writes about an epoch it writes
    in `on_epoch`: the state of the run is saved afterwards, so a run that is killed in between tells the same
    epoch again, and `on_begin` says what to drop.
    """

    def on_begin(self, begun: Begun) -> None:
        """The run begins, or goes on."""

    def on_step(self, step: Step) -> None:
        """The weights were updated; called some hundred times per second, so leave tensors where they are."""

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch is finished and validated; its state is not saved yet."""


class Log(Observer):
    """``metrics.jsonl`` in the folder of the run: a line per epoch."""

    def on_begin(self, begun: Begun) -> None:
        """Drop the lines of epochs that are run again."""
        self._out = begun.out
        keep_log(begun.out, begun.epochs)

    def on_epoch(self, epoch: Epoch) -> None:
        """Add a line."""
        add_to_log(self._out, epoch.row)


class Terminal(Observer):
    """A progress bar where a person watches, and a line per epoch."""

    def __init__(self) -> None:
        self._bar: Any = None

    def on_step(self, step: Step) -> None:
        """Move the bar; at the first step of an epoch, draw one."""
        if self._bar is None:
            from tqdm import tqdm

            # disable=None: no bar where the output is not a terminal
            self._bar = tqdm(total=step.steps, desc=f"epoch {step.epoch}", disable=None, leave=False)
        self._bar.update()

    def on_epoch(self, epoch: Epoch) -> None:
        """Close the bar and print the figures."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        print("  ".join(f"{name} {value:.4g}" for name, value in epoch.row.items()), flush=True)
