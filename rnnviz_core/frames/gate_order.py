"""One order of the units for all heatmaps of a layer, and histograms of its gates."""

import numpy as np

from ..trace import Trace
from .columns import Columns, Texts
from .gates import CLOSED, OPEN, SHARES, Place

ORDERS = {"index": "Unit number", "mean": "Mean of one gate", "similar": "Similar units together"}
KEEPERS = {"lstm": "forget", "gru": "update", "rnn": "candidate"}  # the gate whose mean sorts the units
BINS = 20


def order(trace: Trace, place: Place, gates: tuple[str, ...], kind: str) -> np.ndarray:
    """The units from the top row to the last: by number, by mean activation, or by clustering.

    ``mean`` puts the units on top that keep most (largest mean forget or update gate); ``similar`` puts
    units together whose gates move alike over this text.
    """
    units = trace[place.site("hidden")].shape[1]
    if kind == "mean":
        return np.argsort(-trace[place.site(KEEPERS[trace.meta["cell"]])].mean(0), kind="stable")
    if kind == "similar" and units > 1:
        return _leaves(np.concatenate([trace[place.site(gate)] for gate in gates]).T)
    return np.arange(units)


def histograms(trace: Trace, place: Place, gates: tuple[str, ...]) -> Columns:
    """One row per gate and bin: ``gate``, ``start``, ``end``, ``count``, ``share``, ``state``."""
    edges = np.linspace(0, 1, BINS + 1).round(6)
    arrays = [trace[place.site(gate)] for gate in gates]
    counts = np.concatenate([np.histogram(values, bins=BINS, range=(0, 1))[0] for values in arrays])
    state = np.where(edges[1:] <= CLOSED, 0, np.where(edges[:-1] >= OPEN, 2, 1)).astype(np.int16)
    return {
        "gate": Texts(np.repeat(np.arange(len(gates), dtype=np.int16), BINS), gates),
        "start": np.tile(edges[:-1], len(gates)),
        "end": np.tile(edges[1:], len(gates)),
        "count": counts.astype(np.int32),
        "share": counts / max(arrays[0].size, 1),
        "state": Texts(np.tile(state, len(gates)), SHARES),
    }


def _leaves(features: np.ndarray) -> np.ndarray:
    """The rows of `features` in the order of a clustering tree's leaves (average linkage)."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # comes with scikit-learn, and loads faster

    return np.asarray(leaves_list(linkage(features, "average", optimal_ordering=len(features) <= 300)))
