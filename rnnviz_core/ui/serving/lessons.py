"""The networks of lessons, from the caches that all pages share."""

from collections.abc import Mapping
from typing import Any

from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.lessons import Networks
from rnnviz_core.lessons.world import evenly, usual
from rnnviz_core.tracing.trace import Trace

from . import derivatives, loaders


def entry(model: str) -> Entry:
    """The entry of a network; a `CheckpointError` lists those there are."""
    return loaders.models().find(model)


def _record(model: str, text: str, options: Mapping[str, Any]) -> Trace:
    found = entry(model)
    return loaders.trace(found, text, **usual(found.spec, options))


NETWORKS = Networks(
    record=_record,
    gradient=lambda model, trace, of: derivatives.gradient(entry(model), trace, of),
    parameters=lambda model: sum(one.numel() for one in loaders.model(entry(model)).parameters()),
    evenly=lambda model, trace: evenly(loaders.model(entry(model)), trace),
    scores=lambda model: entry(model).scores,
)
