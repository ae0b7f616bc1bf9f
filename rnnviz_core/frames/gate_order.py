"""One order of the units for all heatmaps of a layer."""

import numpy as np

from rnnviz_core.languages import N_
from rnnviz_core.tracing.trace import Trace

from .layer import Layer

ORDERS = {"index": N_("Unit number"), "mean": N_("Mean of one gate"), "similar": N_("Similar units together")}


def keeper(trace: Trace, part: str = "encoder") -> str:
    """The gate whose mean sorts the units: the one that keeps, or what there is where nothing does."""
    cell = trace.definition(part)
    return cell.keeper or cell.gate_names[-1]


def order(trace: Trace, place: Layer, gates: tuple[str, ...], kind: str) -> np.ndarray:
    """The units from the top row to the last: by number, by mean activation, or by clustering.

    ``mean`` puts the units on top that keep most (largest mean forget or update gate); ``similar`` puts
    units together whose gates move alike over this text.
    """
    units = place.units(trace)
    if kind == "mean":
        return np.argsort(-trace[place.site(keeper(trace, place.part))].mean(0), kind="stable")
    if kind == "similar" and units > 1:
        return _leaves(np.concatenate([trace[place.site(gate)] for gate in gates]).T)
    return np.arange(units)


def _leaves(features: np.ndarray) -> np.ndarray:
    """The rows of `features` in the order of a clustering tree's leaves (average linkage)."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # comes with scikit-learn, and loads faster

    return np.asarray(leaves_list(linkage(features, "average", optimal_ordering=len(features) <= 300)))
