"""One order of the units for all heatmaps of a layer, and histograms of its gates."""

import numpy as np
import pandas as pd

from ..trace import Trace
from .gates import CLOSED, OPEN, Place

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


def with_rows(frame: pd.DataFrame, order: np.ndarray) -> pd.DataFrame:
    """The frame of a heatmap with ``row``: the place of each ``unit`` from the top."""
    rows = np.empty(len(order), dtype=np.int32)
    rows[order] = np.arange(len(order))
    return frame.assign(row=rows[frame["unit"].to_numpy()])


def histogram(trace: Trace, place: Place, gate: str) -> pd.DataFrame:
    """One row per bin of a gate's values: ``start``, ``end``, ``count``, ``share``, ``state``."""
    values = trace[place.site(gate)]
    counts, edges = np.histogram(values, bins=BINS, range=(0, 1))
    edges = edges.round(6)
    state = np.where(edges[1:] <= CLOSED, "closed", np.where(edges[:-1] >= OPEN, "open", "between"))
    return pd.DataFrame(
        {
            "start": edges[:-1],
            "end": edges[1:],
            "count": counts,
            "share": counts / max(values.size, 1),
            "state": pd.array(state, dtype="str"),
        }
    )


def _leaves(features: np.ndarray) -> np.ndarray:
    """The rows of `features` in the order of a clustering tree's leaves (average linkage)."""
    from sklearn.cluster import AgglomerativeClustering

    tree = AgglomerativeClustering(n_clusters=None, distance_threshold=0, linkage="average").fit(features)
    count, stack, found = len(features), [2 * len(features) - 2], []
    while stack:
        node = stack.pop()
        if node < count:
            found.append(node)
        else:
            left, right = tree.children_[node - count]
            stack += [int(right), int(left)]
    return np.asarray(found)
