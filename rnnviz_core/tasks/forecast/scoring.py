"""One-step errors on the end of a series, and those of the baselines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import tables
from rnnviz_core.inputs.corpora import GUESS
from rnnviz_core.inputs.layout import Layout, find_column
from rnnviz_core.models.forecaster import Forecaster, forecasts
from rnnviz_core.models.forecaster_spec import ForecastSpec

from . import baselines

VALIDATION = 8  # an eighth of what comes before the test part picks the best epoch


def read(source: str, layout: Layout = GUESS) -> np.ndarray:
    """The values of a series from a table: the column that `layout` names as texts, else the last one.

    Raises
    ------
    DataError
        When there is no such file or column, or a cell is not a number.
    """
    columns = tables.read(Path(source), layout)
    name = next(reversed(columns)) if layout.text_column is None else find_column(columns, layout.text_column)
    if name is None:
        raise DataError(f"{source}: no column {layout.text_column!r}; the columns are {', '.join(columns)}")
    found = []
    for number, cell in enumerate(columns[name], start=1):
        try:
            found.append(float(cell))
        except ValueError:
            raise DataError(
                f"{source}, data row {number}, column {name!r}: {cell!r:.40} is not a number"
            ) from None
    values = np.asarray(found)
    if not np.isfinite(values).all():
        raise DataError(f"{source}, column {name!r}: every value must be a finite number")
    return values


def boundaries(spec: ForecastSpec, values: np.ndarray) -> tuple[int, int]:
    """Where the validation part and the test part of a series begin.

    Raises
    ------
    DataError
        When too few values come before the test part.
    """
    test = len(values) - spec.test
    validation = test - test // VALIDATION
    if validation < 2 * spec.lags + 2 or test < 32:
        raise DataError(
            f"the series has {len(values)} values, of which {spec.test} are its test part; "
            "that leaves too few"
        )
    return validation, test


def evaluate(
    model: Forecaster,
    data: str,
    split: str | None,
    *,
    layout: Layout = GUESS,
    by_length: bool = False,
    **_: Any,
) -> dict[str, Any]:
    """Errors over the part ``test`` (or ``validation``) of a series; None takes the test part.

    The network reads the whole series from its first value on and predicts every next value, one step ahead.
    The baseline AR(p) is fitted to all values before the part.
    """
    spec = model.spec
    values = read(data, layout)
    validation, test = boundaries(spec, values)
    places = {"test": (test, len(values)), "validation": (validation, test)}
    if (split or "test") not in places:
        raise DataError(f"{data}: a series has the parts test and validation, not {split!r}")
    first, end = places[split or "test"]
    known = values[:end]
    predicted = forecasts(model, torch.tensor(known, dtype=torch.float32)).numpy()[first - 1 : -1]
    coefficients = baselines.autoregression(known[:first], spec.lags)
    scores = {
        "rows": end - first,
        "rmse": baselines.rmse(predicted, known[first:]),
        "rmse_persistence": baselines.rmse(baselines.persistence(known, first), known[first:]),
        "rmse_autoregression": baselines.rmse(
            baselines.autoregressive(known, first, coefficients), known[first:]
        ),
    }
    if 0 < spec.season <= first:
        scores["rmse_season"] = baselines.rmse(
            baselines.last_season(known, first, spec.season), known[first:]
        )
    return scores | ({"by_level": by_level(predicted, known, first)} if by_length else {})


def by_level(predicted: np.ndarray, values: np.ndarray, first: int) -> dict[str, dict[str, float]]:
    """Errors after low, middling and high values: a third each, by the value read last."""
    last = baselines.persistence(values, first)
    order = np.argsort(last, kind="stable")
    found = {}
    for name, places in zip(("low", "middling", "high"), np.array_split(order, 3), strict=True):
        true = values[first:][places]
        found[f"{name}, up to {last[places].max():g}"] = {
            "rows": len(places),
            "rmse": baselines.rmse(predicted[places], true),
            "rmse_persistence": baselines.rmse(last[places], true),
        }
    return found


def texts(spec: ForecastSpec, data: str, split: str | None, layout: Layout) -> Sequence[str]:
    """None: a series is not text."""
    return ()


def score_names(spec: ForecastSpec) -> dict[str, str]:
    """What the scores are called, one step ahead."""
    unit = f" ({spec.unit})" if spec.unit else ""
    return {
        "rmse": f"RMSE one {spec.step} ahead{unit}",
        "rmse_persistence": f"baseline: persistence (the last value again){unit}",
        "rmse_season": f"baseline: same time last season, {spec.season} {spec.step}s earlier{unit}",
        "rmse_autoregression": f"baseline: AR({spec.lags}), least squares{unit}",
    }


def about(spec: ForecastSpec) -> str:
    """How values are scaled, and what the network predicts; for a card."""
    what = "the square root of each value" if spec.root else "each value"
    gives = (
        "the change from the last value, on the same scale"
        if spec.difference
        else "the next value, scaled in the same way"
    )
    return (
        f"Series: {spec.series}. Input: {what}, minus {spec.mean:.4g} and divided by {spec.scale:.4g} (the "
        f"mean and standard deviation of the training part). Output: {gives}. No seasonal component is "
        f"removed. The last {spec.test:,} values are the test part, the eighth before them the validation "
        "part."
    )
