"""Cached gradients of what a page shows: computed when the gradients page asks, kept as traces are."""

import contextlib
from dataclasses import replace
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.cells.jacobian import Step
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.derivatives import attribution, jacobians
from rnnviz_core.derivatives.attribution import Attribution, pieces_of, words_of
from rnnviz_core.derivatives.methods import METHODS, WORDS
from rnnviz_core.derivatives.run import SUFFIX, of_trace
from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing.trace import Trace

from . import loaders
from .caches import Cache, heavy

LONG = 2e6  # steps times units squared: from here on one computation waits for the other
KEPT = ("hidden", "cell", "hidden_direct", "embedding", "0.layer_input")  # whose gradients the page draws

_gradients: Cache[Trace] = Cache(
    limits.CACHED_TRACES,
    size=lambda trace: trace.nbytes,
    at_most=limits.CACHED_GRADIENT_BYTES,
    seconds=limits.CACHE_SECONDS,
)
Found = dict[str, Attribution]  # by method
_attributions: Cache[Found] = Cache(limits.CACHED_MAPS, seconds=limits.CACHE_SECONDS)
_pairs: Cache[jacobians.Pairs] = Cache(
    limits.CACHED_MAPS,
    size=lambda found: found.gains.nbytes,
    at_most=limits.CACHED_PAIRS_BYTES,
    seconds=limits.CACHE_SECONDS,
)


def _key(entry: Entry, trace: Trace) -> tuple[Any, ...]:
    """The checkpoint, the text, and what was written."""
    written = tuple(token.id for token in trace.tokens.get("target", ()))
    return entry.id, loaders.stamp(entry), trace.text, written


def _turn(trace: Trace) -> contextlib.AbstractContextManager[None]:
    """A long text or a wide network waits for the others of its kind, as a beam does."""
    sizes = [trace[site].shape for site in trace if site.endswith(".hidden")]
    effort = sum(steps * units**2 for steps, units in sizes)
    return heavy() if effort >= LONG else contextlib.nullcontext()


def gradient(entry: Entry, trace: Trace, of: str, scale: float = 1.0, *, weigh: bool = False) -> Trace:
    """What `of_trace` finds, without the arrays that no section draws."""

    def make() -> Trace:
        with _turn(trace):
            found = of_trace(loaders.model(entry), trace, of, scale=scale, weigh=weigh)
        names = [name for name in found if name.endswith(tuple(f"{one}{SUFFIX}" for one in KEPT))]
        arrays = {name: found[name] for name in names}
        kept = replace(found, arrays=arrays, axes={name: found.axes[name] for name in names}, definitions={})
        del found
        loaders.give_back()  # the network's weights in double precision
        return kept

    cache = _gradients if entry.path is not None else loaders.own_cache("gradients", lambda one: one.nbytes)
    return cache.get((*_key(entry, trace), of, scale, weigh), make)


def groups_of(trace: Trace, pieces: bool) -> list[list[int]]:
    """What is attributed to: words, or their pieces alone."""
    return pieces_of(trace) if pieces else words_of(trace)


def attributions(entry: Entry, trace: Trace, of: str, *, pieces: bool = False) -> Found:
    """Every method for which the text is short enough."""
    groups = groups_of(trace, pieces)
    methods = [name for name in METHODS if name != "shapley" or len(groups) <= WORDS]

    def make() -> Found:
        with heavy():
            return attribution.attributions(loaders.model(entry), trace, methods, of, groups)

    return _attributions.get((*_key(entry, trace), of, pieces), make)


def step(entry: Entry, trace: Trace, place: Layer) -> Step:
    """The Jacobians of a layer: two products and a few sums, quicker than keeping them."""
    return jacobians.jacobians(loaders.model(entry), trace, place.part, place.layer, reverse=place.reverse)


def pairs(entry: Entry, trace: Trace, place: Layer, state: str) -> jacobians.Pairs:
    """How a change of one step's state arrives at every later one."""

    def make() -> jacobians.Pairs:
        with heavy():
            return jacobians.pairs(step(entry, trace, place), state)

    kept = _pairs if entry.path is not None else loaders.own_cache("pairs", lambda one: one.gains.nbytes)
    return kept.get((*_key(entry, trace), place.name, state), make)


def singular(values: np.ndarray) -> tuple[float, float]:
    """The largest and the smallest singular value of a matrix."""
    found = np.linalg.svd(values, compute_uv=False)
    return float(found[0]), float(found[-1])
