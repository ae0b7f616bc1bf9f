"""What is kept of a run of any length within a fixed size: figures of steps, and moments worth a snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_ROWS = 512  # rows of figures of steps; with more, neighbours are joined
MOST_MOMENTS = 24
DENSE = 12  # of these in the first epoch, before any step and after 1, 2, 4, 8, ... of them


@dataclass
class Rows:
    """Figures of steps, joined two by two whenever there are too many.

    A row stands for ``steps`` updates that end with update ``step``: ``loss`` (their mean), ``rate`` (of the
    last), ``norm`` (mean of the gradient's norm before it was clipped), ``largest`` (of these), ``clipped``
    (mean of the norm after it was clipped) and ``cut`` (how many updates were clipped).
    """

    most: int = MOST_ROWS
    width: int = 1  # updates of a row, but for the last of an epoch
    rows: list[list[float]] = field(default_factory=list)
    open: list[list[float]] = field(default_factory=list)  # rows of one update each, not joined yet

    NAMES = ("step", "steps", "loss", "rate", "norm", "largest", "clipped", "cut")

    def add(self, step: int, loss: float, rate: float, norm: float, clip: float) -> None:
        """One update."""
        after = norm * min(1.0, clip / (norm + 1e-6))  # as torch's clip_grad_norm_ scales
        self.open.append([step, 1, loss, rate, norm, norm, after, float(norm > clip)])
        if len(self.open) >= self.width:
            self.close()

    def close(self) -> None:
        """End the row that is being filled: at the end of an epoch, no row crosses it."""
        if self.open:
            self.rows.append(joined(self.open))
            self.open = []
        if len(self.rows) > self.most:
            pairs = (self.rows[start : start + 2] for start in range(0, len(self.rows), 2))
            self.rows = [joined(pair) for pair in pairs]
            self.width *= 2

    def until(self, step: int) -> None:
        """Forget what came after an update: it is run again."""
        self.rows, self.open = [row for row in self.rows if row[0] <= step], []

    def columns(self) -> dict[str, np.ndarray]:
        """A column per figure; whole numbers for the steps."""
        rows = [*self.rows, *([joined(self.open)] if self.open else [])]
        table = np.asarray(rows, dtype=np.float64).reshape(-1, len(self.NAMES))
        whole = ("step", "steps", "cut")
        return {
            name: table[:, place].astype(np.int32 if name in whole else np.float32)
            for place, name in enumerate(self.NAMES)
        }

    @classmethod
    def of(cls, columns: dict[str, np.ndarray]) -> "Rows":
        """The inverse of `columns`."""
        table = np.stack([columns[name].astype(np.float64) for name in cls.NAMES], axis=1)
        width = 1 << max(0, int(columns["steps"].max(initial=1)) - 1).bit_length()
        return cls(width=width, rows=table.tolist())


def joined(rows: Sequence[Sequence[float]]) -> list[float]:
    """Several rows as one; means are weighted by the updates."""
    table = np.asarray(rows, dtype=np.float64)
    weights = table[:, 1]
    loss, norm, clipped = (float(np.average(table[:, place], weights=weights)) for place in (2, 4, 6))
    return [
        float(table[-1, 0]),
        float(weights.sum()),
        loss,
        float(table[-1, 3]),
        norm,
        float(table[:, 5].max()),
        clipped,
        float(table[:, 7].sum()),
    ]


def is_dense(epoch: int, step: int, total: int) -> bool:
    """Whether an update of the first epoch is one of the moments: 1, 2, 4, 8, ... up to 1024."""
    return epoch == 1 and total & (total - 1) == 0 and total < 1 << (DENSE - 1)


@dataclass
class Moments:
    """What was kept at moments of a run; of many epochs every second, fourth, ... and always the last one."""

    most: int = MOST_MOMENTS
    every: int = 1  # epochs between two that stay
    early: list[tuple[int, Any]] = field(default_factory=list)  # (update, what is kept)
    late: list[tuple[int, int, Any]] = field(default_factory=list)  # (epoch, update, what is kept)

    def begin(self, step: int, kept: Any) -> None:
        """A moment of the first epoch."""
        if len(self.early) < min(DENSE, self.most - 1):
            self.early.append((step, kept))

    def end(self, epoch: int, step: int, kept: Any) -> None:
        """The end of an epoch."""
        if self.late and self.late[-1][0] % self.every:
            self.late.pop()
        self.early = [moment for moment in self.early if moment[0] != step]
        self.late.append((epoch, step, kept))
        while len(self.late) > max(1, self.most - len(self.early)):
            self.every *= 2
            last = len(self.late) - 1
            self.late = [
                one for place, one in enumerate(self.late) if place == last or one[0] % self.every == 0
            ]

    def until(self, step: int) -> None:
        """Forget what came after an update."""
        self.early = [moment for moment in self.early if moment[0] <= step]
        self.late = [moment for moment in self.late if moment[1] <= step]

    def all(self) -> list[tuple[int, Any]]:
        """(update, what was kept), in order."""
        return [*self.early, *((step, kept) for _, step, kept in self.late)]
