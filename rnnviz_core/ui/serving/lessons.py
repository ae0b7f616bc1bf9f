"""The networks of lessons, from the caches that all pages share."""

from collections.abc import Mapping
from typing import Any

from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.lessons import Networks, runs
from rnnviz_core.lessons.world import evenly, usual
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.training.history_file import History

from . import derivatives, histories, loaders


def entry(model: str) -> Entry:
    """The entry of a network; a `CheckpointError` lists those there are."""
    return loaders.models().find(model)


def _record(model: str, text: str, options: Mapping[str, Any]) -> Trace:
    found = entry(model)
    return loaders.trace(found, text, **usual(found.spec, options))


def _history(name: str) -> History:
    known = {one.id: one.history for one in histories.shipped()}
    return known.get(name) or runs.shipped(name)  # the second says which there are


NETWORKS = Networks(
    record=_record,
    gradient=lambda model, trace, of: derivatives.gradient(entry(model), trace, of),
    parameters=lambda model: sum(one.numel() for one in loaders.model(entry(model)).parameters()),
    evenly=lambda model, trace: evenly(loaders.model(entry(model)), trace),
    scores=lambda model: entry(model).scores,
    history=_history,
)
