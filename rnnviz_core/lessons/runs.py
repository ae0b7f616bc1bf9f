"""A training run as a trace whose steps are its epochs: a lesson asks about it in the same language.

========================= ==========================================================================
``training.loss``         mean over each epoch, nats
``validation.loss``       after each epoch, on texts that were not learned from, nats
``validation.accuracy``   the same texts, and every other figure of the run's log, in its own unit
``text.0.value``          what was watched of the first text that the run was watched on, after each epoch:
                          its gradient's quantity, such as the log-probability of its label
``text.0.before``         the same before training, one number
========================= ==========================================================================
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnviz_core import places
from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.inputs.steps import Token
from rnnviz_core.tracing.trace import Trace

if TYPE_CHECKING:
    from rnnviz_core.training.history_file import History

ENDING = ".safetensors"
NO_FIGURES = ("epoch", "step", "seconds", "best_epoch", "train_loss")  # of a row; the last is `training.loss`


def shipped(name: str) -> "History":
    """A history that comes with RNNViz.

    Raises
    ------
    LessonError
        Lists those there are.
    """
    from rnnviz_core.training.history_file import History

    files: dict[str, Path] = {path.stem: path for path in sorted(places.histories().glob(f"*{ENDING}"))}
    if name not in files:
        raise LessonError(unknown_choice("history", name, files))
    return History.load(files[name])


def as_trace(name: str, history: "History") -> Trace:
    """The figures of a run along ``time``, a place per epoch, called by its number from 1.

    Raises
    ------
    LessonError
        When it has no epoch.
    """
    rows = history.epochs
    if not rows:
        raise LessonError(f"the history {name!r} has no epoch")
    figures = {"training.loss": [row.get("train_loss") for row in rows]}
    for key in rows[0]:
        if key not in NO_FIGURES:
            figures[f"validation.{key.rstrip('0123456789')}"] = [row.get(key) for row in rows]
    arrays = {
        site: np.asarray(values, dtype=np.float64)
        for site, values in figures.items()
        if all(isinstance(one, int | float) for one in values)
    }
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(arrays, ("time",))
    for number, before, values in _watched(history):
        arrays[f"text.{number}.value"], axes[f"text.{number}.value"] = values, ("time",)
        arrays[f"text.{number}.before"], axes[f"text.{number}.before"] = before, ()
    words = [str(number) for number in range(1, len(rows) + 1)]
    starts = np.cumsum([0, *(len(word) + 1 for word in words)]).tolist()
    tokens = (
        Token(word, number, start, start + len(word))
        for number, (word, start) in enumerate(zip(words, starts, strict=False))
    )
    return Trace(
        model=name,
        text=" ".join(words),
        tokens={"time": tuple(tokens)},
        arrays=arrays,
        axes=axes,
        max_difference=0.0,
        meta={"history": name},
    )


def _watched(history: "History") -> "list[tuple[int, np.ndarray, np.ndarray]]":
    """Of each text the number before training, and after every epoch, where all of these were kept."""
    moments = list(history.moments)
    ends = [int(row.get("step", -1)) for row in history.epochs]
    if 0 not in moments or any(end not in moments for end in ends):
        return []
    values = np.asarray(history.probe_figures["value"], dtype=np.float64)
    after = values[[moments.index(end) for end in ends]]
    found = ((n, values[moments.index(0), n], after[:, n]) for n in range(len(history.probes)))
    return [(n, np.asarray(b), a) for n, b, a in found if np.isfinite(a).all() and np.isfinite(b)]


def snapshot_after(history: "History", epoch: int) -> int:
    """The number of the snapshot that was taken after an epoch (from 0), or the last one before it."""
    end = history.epochs[epoch].get("step", 0)
    taken = [history.moments[place] for place in history.snapshots]
    return max((number for number, step in enumerate(taken) if step <= end), default=0)
