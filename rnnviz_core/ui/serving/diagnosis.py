"""Cached diagnoses of what a page shows: one text, or the examples too; gradients where asked for."""

import contextlib
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.examples import examples
from rnnviz_core.contracts.task import record
from rnnviz_core.diagnosis import gradients
from rnnviz_core.diagnosis.symptoms import Measured, Report, report
from rnnviz_core.diagnosis.traces import of_traces
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import N_, _, language
from rnnviz_core.tracing.trace import Trace

from . import loaders
from .caches import Cache, heavy

GRADIENTS = (gradients.VANISHING, gradients.EXPLODING, gradients.IGNORED)
EXAMPLES = 5  # read besides the input that is shown: enough steps for the units of every layer
NOT_ASKED = N_("not looked at: only when they are asked for")

_reports: Cache[Report] = Cache(limits.CACHED_REPORTS, seconds=limits.CACHE_SECONDS)


def diagnosis(entry: Entry, trace: Trace, *, more: bool, deep: bool) -> Report:
    """All that the detectors say.

    Parameters
    ----------
    entry, trace
        A network and what it computed.
    more
        Whether its examples are read, too.
    deep
        Whether gradients are looked at.
    """

    def make() -> Report:
        with heavy() if more or deep else contextlib.nullcontext():
            model = loaders.model(entry)
            rows = [trace, *(_recorded(model, others(entry, trace)) if more else ())]
            numbers = "dim" in trace.labels
            found = list(of_traces(rows, numbers=numbers, weights=_first(model) if numbers else None))
            if deep:
                found += gradients.of_network(model, rows)
            else:
                found += [Measured(name, _(NOT_ASKED)) for name in GRADIENTS]
            return report(found)

    written = tuple(token.id for token in trace.tokens.get("target", ()))
    return _reports.get((entry.id, loaders.stamp(entry), trace.text, written, more, deep, language()), make)


def others(entry: Entry, trace: Trace) -> list[str]:
    """The first examples of a network but the input that is shown already."""
    return [found.text for found in examples(entry.spec) if found.text != trace.text][:EXAMPLES]


def _first(model: Any) -> np.ndarray | None:
    """The weights by which the first layer reads its columns, where they are known."""
    stack = model.stacks().get("encoder")
    weight = stack.weights(0).get("W_i") if stack is not None else None
    return None if weight is None else np.asarray(weight.detach().numpy())


def _recorded(model: Any, texts: list[str]) -> list[Trace]:
    """What can be read of them; a session's own network may refuse one."""
    found = []
    for text in texts:
        with contextlib.suppress(RnnvizError):
            found.append(record(model, text))
    return found
