"""What a forecast is measured against: the same again, the same time last season, and AR(p)."""

import numpy as np

from rnnviz_core.errors import DataError


def rmse(forecasts: np.ndarray, values: np.ndarray) -> float:
    """Root mean squared error, in the unit of the values."""
    return float(np.sqrt(np.mean((np.asarray(forecasts, float) - np.asarray(values, float)) ** 2)))


def persistence(values: np.ndarray, first: int) -> np.ndarray:
    """The forecast of every value from `first` on: the one before it."""
    return values[first - 1 : -1]


def last_season(values: np.ndarray, first: int, season: int) -> np.ndarray:
    """The forecast of every value from `first` on: the one `season` steps before it."""
    if not 0 < season <= first:
        raise DataError(f"a season of {season} steps needs as many values before the first one forecast")
    return values[first - season : len(values) - season]


def autoregression(values: np.ndarray, lags: int) -> np.ndarray:
    """The coefficients of AR(p), least squares with an intercept: (1 + lags), the intercept first.

    ``x_t = c + a_1 x_{t-1} + ... + a_p x_{t-p}``
    """
    if len(values) < 2 * lags + 2:
        raise DataError(f"{len(values)} values are too few for an autoregression over {lags}")
    found: np.ndarray = np.linalg.lstsq(_rows(values, lags, lags), values[lags:], rcond=None)[0]
    return found


def autoregressive(values: np.ndarray, first: int, coefficients: np.ndarray) -> np.ndarray:
    """The forecast of every value from `first` on by the coefficients of `autoregression`."""
    found: np.ndarray = _rows(values, first, len(coefficients) - 1) @ coefficients
    return found


def _rows(values: np.ndarray, first: int, lags: int) -> np.ndarray:
    """For every value from `first` on: 1, and the values 1, 2, ..., `lags` steps before it."""
    columns = [values[first - lag : len(values) - lag] for lag in range(1, lags + 1)]
    return np.stack([np.ones(len(values) - first), *columns], axis=1)
