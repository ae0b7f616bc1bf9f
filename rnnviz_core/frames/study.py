"""Frames of a study: what was tried, what came of it, and which settings mattered."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz_core.languages import N_, _

from .columns import Columns, Texts
from .numbers import printed

if TYPE_CHECKING:
    from rnnviz_core.tuning.report import Report

STATES = {"complete": N_("to the end"), "pruned": N_("ended early")}


def axes(report: "Report") -> tuple[str, ...]:
    """The settings, the most important one last, and the figure behind it: left to right in the picture."""
    return (*map(_named, _settings(report)), report.metric)


def _settings(report: "Report") -> list[str]:
    return sorted(report.space, key=lambda name: (report.importances.get(name, 0.0), name))


def _named(setting: str) -> str:
    return setting.replace("_", " ")


def lines(report: "Report") -> Columns:
    """One row per trial and axis: ``trial``, ``axis``, ``place`` (0 to 1), ``shown``, ``figure``, ``state``.

    Trials that failed have no figure and are left out.
    """
    names = axes(report)
    trials = [one for one in report.trials if one.figure is not None and one.state in STATES]
    low, high = span(report)
    places, texts = [], []
    for one in trials:
        figure = float(one.figure or 0.0)
        for name in _settings(report):
            places.append(_place(report.space[name], one.settings[name]))
            texts.append(_said(one.settings[name]))
        places.append((figure - low) / ((high - low) or 1.0))
        texts.append(printed(figure))
    count = len(names)
    every = np.arange(len(trials))
    states = list(STATES)
    return {
        "trial": np.repeat(np.asarray([one.number for one in trials], dtype=np.int32), count),
        "axis": Texts(np.tile(np.arange(count, dtype=np.int16), len(trials)), list(names)),
        "place": np.asarray(places, dtype=np.float32),
        "shown": texts,
        "figure": np.repeat(np.asarray([one.figure for one in trials], dtype=np.float32), count),
        "state": Texts(
            np.repeat(np.asarray([states.index(trials[at].state) for at in every], dtype=np.int16), count),
            list(STATES.values()),
        ),
    }


def marks(report: "Report") -> Columns:
    """One row per label of an axis: ``axis``, ``place``, ``text``: its ends, or each of its values."""
    names = axes(report)
    rows: list[tuple[int, float, str]] = []
    for at, name in enumerate(_settings(report)):
        one = report.space[name]
        values = one["values"] if "values" in one else (one["low"], one["high"])
        rows += [(at, _place(one, value), _said(value)) for value in values]
    low, high = span(report)
    rows += [(len(names) - 1, 0.0, printed(low)), (len(names) - 1, 1.0, printed(high))]
    return {
        "axis": Texts(np.asarray([at for at, *_ in rows], dtype=np.int16), list(names)),
        "place": np.asarray([place for _, place, _ in rows], dtype=np.float32),
        "text": [text for *_, text in rows],
    }


def span(report: "Report") -> tuple[float, float]:
    """The lowest and the highest figure."""
    found = [one.figure for one in report.trials if one.figure is not None]
    return (min(found), max(found)) if found else (0.0, 1.0)


def course(report: "Report") -> Columns:
    """One row per trial: ``trial``, ``figure``, ``best`` so far of those that came to the end, ``state``."""
    trials = [one for one in report.trials if one.figure is not None and one.state in STATES]
    best, found = math.nan, []
    for one in trials:
        figure = float(one.figure or 0.0)
        if one.state == "complete" and not (
            best >= figure if report.larger_is_better else best <= figure
        ):  # also where there is none yet
            best = figure
        found.append(best)
    states = list(STATES)
    return {
        "trial": np.asarray([one.number for one in trials], dtype=np.int32),
        "figure": np.asarray([one.figure for one in trials], dtype=np.float32),
        "best": np.asarray(found, dtype=np.float32),
        "state": Texts(
            np.asarray([states.index(one.state) for one in trials], dtype=np.int16), list(STATES.values())
        ),
    }


def importances(report: "Report") -> Columns:
    """One row per setting: ``setting``, ``share``."""
    return {
        "setting": [_named(name) for name in report.importances],
        "share": np.asarray(list(report.importances.values()), dtype=np.float32),
    }


def table(report: "Report", most: int = 5) -> dict[str, list[Any]]:
    """The best completed trials as columns: number, figure, and every setting."""
    done = [one for one in report.trials if one.state == "complete" and one.figure is not None]
    done.sort(key=lambda one: one.figure or 0.0, reverse=report.larger_is_better)
    best = done[:most]
    columns: dict[str, list[Any]] = {"trial": [one.number for one in best]}
    columns[report.metric] = [printed(float(one.figure or 0.0)) for one in best]
    for name in reversed(_settings(report)):
        columns[_named(name)] = [_said(one.settings[name]) for one in best]
    return columns


def in_words(report: "Report") -> str:
    """How many trials, the best figure, and what mattered most."""
    states = [one.state for one in report.trials]
    early = states.count("pruned")
    said = _("{count} trials, {early} of them ended early", count=len(states), early=early)
    if report.best is not None:
        figure = printed(report.best.figure or 0.0)
        said += _(
            "; the best is trial {number} with {metric} {figure}",
            number=report.best.number,
            metric=report.metric,
            figure=figure,
        )
    if report.importances:
        name, share = next(iter(report.importances.items()))
        said += _(
            ". What mattered most is {setting}: {share:.0%} of the variance",
            setting=_named(name),
            share=share,
        )
    return f"{said}."


def _place(one: Mapping[str, Any], value: Any) -> float:
    """Where a value lies on its axis, 0 to 1."""
    if "values" in one:
        return list(one["values"]).index(value) / max(1, len(one["values"]) - 1)
    low, high = one["low"], one["high"]
    if one["log"]:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return float((value - low) / (high - low))


def _said(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
