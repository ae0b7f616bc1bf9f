"""Frames of what reads numbers: the series, what was expected of it, and how far off that was."""

from collections.abc import Mapping

import numpy as np

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import step_columns, step_texts

NETWORK, SERIES, AGAIN, SEASON = N_("network"), N_("series"), N_("the same again"), N_("last season")
KINDS = (SERIES, NETWORK, AGAIN, SEASON)
MARGIN = 0.06  # share of the picture's height left free above and below the lines
SCORES = {  # names in a card's scores -> the bar
    "rmse": NETWORK,
    "rmse_persistence": AGAIN,
    "rmse_season": SEASON,
    "rmse_autoregression": N_("autoregression"),
}


def forecasts(trace: Trace) -> bool:
    """Whether a trace is that of a forecaster of this project."""
    return "readout.forecasts" in trace


def expected(trace: Trace) -> np.ndarray:
    """What the network expected at every step, one step before; NaN at the first."""
    told = trace["readout.forecasts"].astype(np.float64)
    return np.concatenate(([np.nan], told[:-1]))


def _range(values: np.ndarray, told: np.ndarray) -> tuple[float, float]:
    both = np.concatenate((values, told[np.isfinite(told)]))
    low, high = float(both.min()), float(both.max())
    return (low - 1, high + 1) if low == high else (low, high)


def picture(trace: Trace) -> Columns:
    """One row per step: the ``value``, what was ``expected``, and the height of both from 0 to 1.

    ``next`` is what the network expects after the step.
    """
    values, told = trace["encoder.values"].astype(np.float64), expected(trace)
    low, high = _range(values, told)
    steps = len(values)

    def height(numbers: np.ndarray) -> np.ndarray:
        return MARGIN + (1 - 2 * MARGIN) * (numbers - low) / (high - low)

    texts = step_texts(trace, "encoder")
    position = np.arange(steps, dtype=np.int16)
    return {
        "position": position,
        "token": list(texts),
        "middle": (position + 0.5) / steps,
        "x": position / steps,
        "x2": (position + 1) / steps,
        "value": values,
        "expected": told,
        "next": trace["readout.forecasts"],
        "height": height(values),
        "expected_height": height(told),
        "low": np.full(steps, low),
        "high": np.full(steps, high),
    }


def _kinds(trace: Trace) -> dict[str, np.ndarray]:
    """What each line holds at every step; NaN where it says nothing."""
    values = trace["encoder.values"].astype(np.float64)
    found = {SERIES: values, NETWORK: expected(trace), AGAIN: np.concatenate(([np.nan], values[:-1]))}
    season = int(trace.meta["season"])
    if 0 < season < len(values):
        found[SEASON] = np.concatenate((np.full(season, np.nan), values[:-season]))
    return found


def kinds(trace: Trace) -> tuple[str, ...]:
    """The lines of `lines`, in the order of their legend."""
    return tuple(_kinds(trace))


def lines(trace: Trace) -> Columns:
    """One row per line and step: ``kind``, ``position``, ``token``, ``value``."""
    texts = step_texts(trace, "encoder")
    places, values, names = [], [], []
    for number, numbers in enumerate(_kinds(trace).values()):
        known = np.flatnonzero(np.isfinite(numbers))
        places.append(known.astype(np.int16))
        values.append(numbers[known])
        names.append(np.full(len(known), number, dtype=np.int16))
    position = np.concatenate(places)
    return {
        "kind": Texts(np.concatenate(names), list(_kinds(trace))),
        "position": position,
        "token": Texts(position, texts),
        "value": np.concatenate(values),
    }


def errors(trace: Trace) -> dict[str, tuple[float, int]]:
    """Root mean squared error of each line but the series, and of how many steps."""
    values = trace["encoder.values"].astype(np.float64)
    found = {}
    for kind, numbers in _kinds(trace).items():
        miss = (numbers - values)[np.isfinite(numbers)]
        if kind != SERIES and len(miss):
            found[kind] = (float(np.sqrt(np.mean(miss**2))), len(miss))
    return found


def errors_in_words(trace: Trace) -> str:
    """A sentence on the errors within this series."""
    found, unit = errors(trace), unit_of(trace)
    if NETWORK not in found:
        return _("One number alone: there is no forecast to compare yet.")
    told = [
        _("{kind} {error} (over {count})", kind=_(kind), error=printed(error, ".2f"), count=count)
        for kind, (error, count) in found.items()
    ]
    return _(
        "Root mean squared error one step ahead within this series{unit}: {errors}.",
        unit=unit,
        errors=", ".join(told),
    )


def scores(measured: Mapping[str, float], lags: int) -> Columns:
    """The test errors of a card as bars, smallest first: ``name``, ``error``, ``order``."""
    known = {
        f"AR({lags})" if bar == SCORES["rmse_autoregression"] else bar: float(measured[name])
        for name, bar in SCORES.items()
        if name in measured
    }
    ranked = sorted(known.items(), key=lambda pair: pair[1])
    return {
        "name": [name for name, _ in ranked],
        "error": np.asarray([error for _, error in ranked]),
        "order": np.arange(len(ranked), dtype=np.int16),
        "own": np.asarray([name == NETWORK for name, _ in ranked]),
    }


def terms(trace: Trace) -> Columns:
    """The summands of what comes out, largest first: ``name``, ``term``, ``kind``, ``rank``."""
    found = trace["readout.terms"].astype(np.float64)
    names = [*(_("unit {unit}", unit=unit) for unit in range(len(found))), _("bias")]
    values = np.append(found, trace.meta["bias"])
    order = np.argsort(-values, kind="stable")
    return {
        "name": [names[place] for place in order],
        "term": values[order],
        "running": values[order].cumsum(),
        "kind": [N_("pushes up") if values[place] >= 0 else N_("pushes down") for place in order],
        "unit": np.where(order == len(found), -1, order).astype(np.int16),
        "rank": np.arange(len(order), dtype=np.int16),
    }


def terms_in_words(trace: Trace) -> str:
    """How the sum becomes the forecast."""
    meta = trace.meta
    total = float(trace["readout.terms"].astype(np.float64).sum()) + meta["bias"]
    last = float(trace["encoder.embedding"][-1, 0])
    out = float(trace["readout.outputs"][-1])
    if meta["difference"]:
        said = _(
            "The terms and the bias sum to {total}, the change from the last number read, {last}: {out}.",
            total=printed(total, ".4f"),
            last=printed(last, ".4f"),
            out=printed(out, ".4f"),
        )
    else:
        said = _("The terms and the bias sum to {total}.", total=printed(total, ".4f"))
    values = {
        "scaled": f"{printed(out, '.4f')} × {printed(meta['scale'], '.4f')} + {printed(meta['mean'], '.4f')}",
        "forecast": f"{printed(meta['forecast'], '.2f')}{unit_of(trace)}",
    }
    if meta["root"]:
        return said + _(" Scaled back, {scaled}, squared, is {forecast}.", **values)
    return said + _(" Scaled back, {scaled} is {forecast}.", **values)


def inputs(trace: Trace) -> Columns:
    """One row per step: its ``value``, and the ``number`` that the first layer reads."""
    return {
        **step_columns(step_texts(trace, "encoder")),
        "value": trace["encoder.values"],
        "number": trace["encoder.embedding"][:, 0],
    }


def input_in_words(trace: Trace, position: int) -> str:
    """How one value becomes the number that is read."""
    value, number = float(trace["encoder.values"][position]), float(trace["encoder.embedding"][position, 0])
    mean, scale = (printed(trace.meta[name], ".4f") for name in ("mean", "scale"))
    root = f"√{printed(value, '.2f')}" if trace.meta["root"] else printed(value, ".2f")
    return _(
        "Step {step}: ({root} − {mean}) / {scale} = {number}.",
        step=position,
        root=root,
        mean=mean,
        scale=scale,
        number=printed(number, ".4f"),
    )


def describe(trace: Trace, position: int) -> str:
    """The series in words, for a reader who cannot see it."""
    values = trace["encoder.values"]
    at = min(position, len(values) - 1)
    return _(
        "A series of {count} values from {low} to {high}{unit}. At step {step} the value is "
        "{value}, and the network expects {forecast} next.",
        count=len(values),
        low=printed(float(values.min()), ".2f"),
        high=printed(float(values.max()), ".2f"),
        unit=unit_of(trace),
        step=at,
        value=printed(float(values[at]), ".2f"),
        forecast=printed(float(trace["readout.forecasts"][at]), ".2f"),
    )


def unit_of(trace: Trace) -> str:
    """The unit behind a value of the series, after a blank; empty where it has none."""
    return f" {trace.meta['unit']}" * bool(trace.meta["unit"])
