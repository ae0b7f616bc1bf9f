"""The nearest neighbours of a token in a network's vocabulary: a few rows, found in a table of megabytes."""

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.frames import embeddings
from rnnviz_core.frames.columns import Columns

from . import loaders
from .caches import Cache

_nearest: Cache[Columns | None] = Cache(limits.CACHED_NEIGHBOURS, seconds=limits.CACHE_SECONDS)


def nearest(entry: Entry, part: str, chosen: int) -> Columns | None:
    """What `frames.embeddings.neighbours` finds for the piece `chosen`, kept: people write the same words.

    Parameters
    ----------
    entry
        The network.
    part
        Whose embedding: ``encoder`` or ``decoder``.
    chosen
        The id of the piece.

    Returns
    -------
    The columns of `neighbours`, which callers share and must not change; None where there is no such table.
    """

    def make() -> Columns | None:
        table = loaders.model(entry).table(part)
        if table is None:
            return None
        return embeddings.neighbours(table.weight, tuple(table.pieces), chosen=chosen)

    cache = _nearest if entry.path is not None else loaders.own_cache("nearest")
    return cache.get((entry.id, loaders.stamp(entry), part, chosen), make)
