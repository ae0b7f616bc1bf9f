"""Frames of a training that is watched: losses, gradients and accuracies so far."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnviz_core.languages import N_

from .columns import Columns, Texts

if TYPE_CHECKING:
    from rnnviz_core.training.watched import Seen

SMOOTH = 20  # updates that the line through the losses is the mean of
LEAST = 1e-8  # on a logarithmic axis


def losses(seen: "Seen") -> Columns:
    """One row per update: ``update``, ``loss`` of its batch, ``mean`` of the last `SMOOTH`."""
    values = np.asarray([one.loss for one in seen.updates], dtype=np.float64)
    return {
        "update": _numbers(seen),
        "loss": np.maximum(values, LEAST).astype(np.float32),
        "mean": np.maximum(_smooth(values), LEAST).astype(np.float32),
    }


def norms(seen: "Seen") -> Columns:
    """One row per update: ``update``, ``norm`` of the gradient before clipping, ``clipped`` (whether)."""
    values = np.asarray([one.norm for one in seen.updates], dtype=np.float64)
    cut = values > seen.clip
    return {
        "update": _numbers(seen),
        "norm": np.maximum(values, LEAST).astype(np.float32),
        "clipped": Texts(cut.astype(np.int16), [N_("as it is"), N_("cut to the limit")]),
    }


def accuracies(seen: "Seen", lengths: Sequence[int]) -> Columns:
    """One row per check and length: ``update``, ``value`` in percent, ``kind`` (``T = 20``), ``steps``."""
    count = len(seen.checks)
    values = [[figures[f"accuracy_{steps}"] for _, figures in seen.checks] for steps in lengths]
    return {
        "update": np.tile(np.asarray([number for number, _ in seen.checks], dtype=np.int32), len(lengths)),
        "value": np.asarray(values, dtype=np.float32).reshape(-1),
        "kind": Texts(
            np.repeat(np.arange(len(lengths), dtype=np.int16), count), [f"T = {steps}" for steps in lengths]
        ),
        "steps": np.repeat(np.asarray(lengths, dtype=np.int16), count),
    }


def level(value: float) -> Columns:
    """One row: ``level``, a line across a plot."""
    return {"level": np.asarray([value], dtype=np.float32)}


def beyond(found: Mapping[str, Mapping[int, float]]) -> Columns:
    """One row per network and length: ``kind`` (the network's name), ``steps``, ``value`` in percent."""
    names = list(found)
    rows = [
        (at, steps, right) for at, name in enumerate(names) for steps, right in sorted(found[name].items())
    ]
    return {
        "kind": Texts(np.asarray([at for at, *_ in rows], dtype=np.int16), names),
        "steps": np.asarray([steps for _, steps, _ in rows], dtype=np.int16),
        "value": np.asarray([right for *_, right in rows], dtype=np.float32),
    }


def _numbers(seen: "Seen") -> np.ndarray:
    return np.asarray([one.number for one in seen.updates], dtype=np.int32)


def _smooth(values: np.ndarray) -> np.ndarray:
    """The mean of every value and those before it, of `SMOOTH` at most."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - SMOOTH, 0)
    means: np.ndarray = (total[ends] - total[starts]) / np.maximum(ends - starts, 1)
    return means
