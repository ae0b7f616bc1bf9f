"""Frames of a run that `rnnviz_core.watch` looked at: what no other history tells.

A file is somebody's own: what does not have the form that ``watch`` writes is left out, not believed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.training.history_file import History

from .columns import Columns, Texts
from .gradients import number
from .tokens import tick_texts
from .training import moment_names

FLOOR = 1e-30  # under a logarithm
COLUMNS = 240  # distances drawn side by side; of more every second, third, ...
NAMES = 6  # lines of one chart


def _told(history: History, what: str) -> Mapping[str, Any]:
    found = history.about.get("watch")
    found = found.get(what) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _numbers(values: object) -> np.ndarray:
    """Numbers of a list, NaN for what is none."""
    if not isinstance(values, list):
        return np.zeros(0)
    plain = (isinstance(one, int | float) and not isinstance(one, bool) for one in values)
    return np.array([one if known else np.nan for one, known in zip(values, plain, strict=True)], float)


def is_watched(history: History) -> bool:
    """Whether it was written by ``watch``, and holds a moment."""
    return bool(history.moments) and isinstance(history.about.get("watch"), Mapping)


def every(history: History) -> int:
    """How many updates lay between two that were measured, as the file says; at least 1."""
    found = history.about.get("watch")
    value = found.get("every") if isinstance(found, Mapping) else None
    return value if isinstance(value, int) and value > 0 else 1


def modules(history: History) -> list[str]:
    """The recurrent modules whose gradient was measured by distance."""
    return [str(name) for name, rows in _told(history, "distances").items() if _distances(history, rows).size]


def _distances(history: History, rows: object) -> np.ndarray:
    """(moment, step before the last); NaN where a sequence was shorter."""
    found = [_numbers(row) for row in rows] if isinstance(rows, list) else []
    if len(found) != len(history.moments):
        return np.zeros((0, 0))
    values = np.full((len(found), max(len(row) for row in found)), np.nan)
    for place, row in enumerate(found):
        values[place, : len(row)] = row
    return values


def distances(history: History, module: str) -> Columns:
    """One row per moment and distance: the moment as ``row``, the distance an axis, ``value``, ``shade``."""
    values = _distances(history, _told(history, "distances")[module])
    every = -(-values.shape[1] // COLUMNS)
    values = values[:, ::every]
    names = moment_names(history)
    steps = [str(step * every) for step in range(values.shape[1])]
    rows = np.repeat(np.arange(len(names), dtype=np.int16), len(steps))
    columns = np.tile(np.arange(len(steps), dtype=np.int16), len(names))
    return {
        "position": columns,
        "tick": Texts(columns, tick_texts(steps)),
        "token": Texts(columns, steps),
        "row": rows,
        "row_tick": Texts(rows, tick_texts(names)),
        "row_token": Texts(rows, names),
        "value": values.reshape(-1),
        "shade": np.log10(np.maximum(values, FLOOR)).reshape(-1).astype(np.float32),
    }


def shades(runs: Sequence[History], module: str) -> tuple[int, int]:
    """The powers of ten between which colours run, the same for all of some runs."""
    found = [_distances(one, _told(one, "distances").get(module)) for one in runs]
    values = np.concatenate([one.reshape(-1) for one in found])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return -4, 0
    low = int(np.clip(np.floor(np.log10(np.quantile(values, 0.02))), -8, 2))
    return low, max(low + 1, int(np.ceil(np.log10(values.max()))))


def distances_in_words(history: History, module: str) -> str:
    """How much of the gradient was left at the far end, at the last moment."""
    row = _distances(history, _told(history, "distances")[module])[-1]
    row = row[np.isfinite(row)]
    if len(row) < 2:
        return _("{module}: no distance was measured at the last moment.", module=module)
    return _(
        "{module}, at the last moment: {near} by what was read last, {far} by what was read {steps} steps "
        "before.",
        module=module,
        near=number(float(row[0])),
        far=number(float(row[-1])),
        steps=len(row) - 1,
    )


def dead(history: History) -> dict[str, np.ndarray]:
    """Layer -> the share of its units that never left 0, at every moment."""
    return _series(history, _told(history, "dead"))


def blocks(history: History) -> dict[str, np.ndarray]:
    """Parameter -> the length of its gradient at every moment; the longest at the end first."""
    found = _series(history, _told(history, "blocks"))
    whole = {name: row for name, row in found.items() if name.rpartition(".")[0] not in found}
    last = {name: float(np.nan_to_num(row[-1])) for name, row in whole.items()}
    return {name: whole[name] for name in sorted(whole, key=lambda name: -last[name])[:NAMES]}


def _series(history: History, told: Mapping[str, Any]) -> dict[str, np.ndarray]:
    found = {str(name)[:80]: _numbers(values) for name, values in told.items()}
    return {name: row for name, row in found.items() if len(row) == len(history.moments)}


def lines(history: History, series: Mapping[str, np.ndarray]) -> Columns:
    """One row per name and moment: an axis of moments, ``name``, ``value``; zeros of a logarithm are none."""
    names, moments = list(series), moment_names(history)
    position = np.tile(np.arange(len(moments), dtype=np.int16), len(names))
    codes = np.repeat(np.arange(len(names), dtype=np.int16), len(moments))
    return {
        "position": position,
        "tick": Texts(position, tick_texts(moments)),
        "token": Texts(position, moments),
        "name": Texts(codes, names),
        "value": np.concatenate([*series.values(), np.zeros(0)]),
    }


def dead_in_words(history: History) -> str:
    """The share of dead units of each layer at the end."""
    found = [
        _("{layer}: {share:.0%} of its units are dead at the last moment.", layer=name, share=float(row[-1]))
        for name, row in dead(history).items()
        if np.isfinite(row[-1])
    ]
    return " ".join(found)
