"""The traces of a lesson, recorded when first asked for, and the values of its expressions on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.tracing.trace import Trace

from . import fields, runs
from .evaluate import evaluate
from .lesson import MAIN, Lesson, Recorded, Step
from .syntax import Expression
from .values import Value, Values

if TYPE_CHECKING:
    from rnnviz_core.training.history_file import History


@dataclass(frozen=True)
class Networks:
    """How a world gets at networks: a few functions, so that the app can answer from its caches.

    Attributes
    ----------
    record
        What a network computes on a text: model, text, options.
    gradient
        The trace with the derivatives of a quantity: model, trace, quantity.
    parameters
        How many weights a network has: model.
    evenly
        The probabilities of the classes if attention weighed all tokens alike: model, trace.
    scores
        The scores on a network's card: model.
    history
        The history of a training run: its id.
    """

    record: Callable[[str, str, Mapping[str, Any]], Trace]
    gradient: Callable[[str, Trace, str], Trace]
    parameters: Callable[[str], int]
    evenly: Callable[[str, Trace], np.ndarray]
    scores: Callable[[str], Mapping[str, float]]
    history: Callable[[str], "History"] = runs.shipped


def usual(spec: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a recording, with what the app takes where a lesson says nothing."""
    from rnnviz_core.contracts.task import task_of_spec

    known = {one.name: one.default for one in task_of_spec(spec).options if one.default is not None}
    if "reference" in options:  # what is fed is not searched for
        known.pop("beam", None)
    return {**known, **options}


def evenly(network: Any, trace: Trace) -> np.ndarray:
    """What the network answers when attention weighs all tokens alike: (class)."""
    from rnnviz_core.contracts import surgery

    return surgery.with_weights(network, trace, surgery.uniform(trace["attention.weights"]))


def networks(folder: Path) -> Networks:
    """The networks in a folder of checkpoints, each loaded once."""
    import torch

    from rnnviz_core.checkpoints.sources import Folder
    from rnnviz_core.contracts.task import record
    from rnnviz_core.derivatives.run import of_trace
    from rnnviz_core.tracing import kernels

    torch.set_num_threads(1)
    kernels.use_exact_settings()
    source, loaded = Folder(folder), {}

    def load(model: str) -> Any:
        if model not in loaded:
            loaded[model] = source.load(model)
        return loaded[model]

    return Networks(
        record=lambda model, text, options: record(load(model), text, **usual(load(model).spec, options)),
        gradient=lambda model, trace, of: of_trace(load(model), trace, of),
        parameters=lambda model: sum(weight.numel() for weight in load(model).parameters()),
        evenly=lambda model, trace: evenly(load(model), trace),
        scores=lambda model: source.scan().find(model).scores,
    )


@dataclass
class World:
    """A lesson at work.

    Attributes
    ----------
    lesson
        Its steps and traces.
    networks
        Where traces come from.
    texts
        Name of a trace -> the text that a student typed in place of the lesson's.
    """

    lesson: Lesson
    networks: Networks
    texts: Mapping[str, str] = field(default_factory=dict)
    _traces: dict[str, Trace] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> Mapping[str, Expression]:
        """The lesson's named expressions."""
        return self.lesson.names

    def recorded(self, name: str) -> Recorded:
        """Which network reads which text.

        Raises
        ------
        LessonError
            Lists the traces when there is none of this name.
        """
        if name not in self.lesson.traces:
            raise LessonError(unknown_choice("trace", name, self.lesson.traces))
        found = self.lesson.traces[name]
        return replace(found, text=self.texts.get(name, found.text))

    def network_of(self, name: str) -> str:
        """The id of the network of a trace.

        Raises
        ------
        LessonError
            When it is the history of a training run.
        """
        found = self.recorded(name)
        if found.history:
            raise LessonError(f"“{name}” is the history of a training run; it has figures alone, no network")
        return found.model

    def trace(self, name: str = MAIN) -> Trace:
        """The trace of a name.

        Raises
        ------
        RnnvizError
            When its network is not installed, or cannot read the text.
        """
        if name not in self._traces:
            wanted = self.recorded(name)
            self._traces[name] = (
                runs.as_trace(wanted.history, self.networks.history(wanted.history))
                if wanted.history
                else self.networks.record(wanted.model, wanted.text, wanted.options)
            )
        return self._traces[name]

    def gradient(self, name: str, of: str) -> Trace:
        """The trace with the derivatives of a quantity."""
        return self.networks.gradient(self.network_of(name), self.trace(name), of)

    def parameters(self, name: str) -> int:
        """How many weights the network of a trace has."""
        return self.networks.parameters(self.network_of(name))

    def evenly(self, name: str) -> np.ndarray:
        """The probabilities of the classes, were all tokens weighed alike."""
        return self.networks.evenly(self.network_of(name), self.trace(name))

    def scores(self, name: str) -> Mapping[str, float]:
        """The scores of the network of a trace."""
        return self.networks.scores(self.network_of(name))

    def value(self, expression: Expression, trace: str = MAIN) -> Value:
        """The value of an expression.

        Raises
        ------
        LessonError
            Quotes the expression, and says why it has none.
        """
        return evaluate(expression, self, trace)

    def holds(self, expression: Expression, trace: str = MAIN) -> bool:
        """Whether a condition holds.

        Raises
        ------
        LessonError
            When it is not a condition.
        """
        found = self.value(expression, trace)
        if not isinstance(found, Values) or not found.single or found.array.dtype != bool:
            raise LessonError(f"“{expression.text}” is not a condition; compare something: a < b")
        return bool(found.array)

    def fill(self, text: str, step: Step | None = None, escape: Callable[[str], str] = str) -> str:
        """A text of the lesson with its fields filled in; `escape` is for what comes from a trace."""
        trace = step.trace if step else MAIN
        return fields.fill(text, lambda expression: self.value(expression, trace), escape)
