"""What a task is: a record of functions. Nobody asks what a network is for; they call what its task gives.

A task lives in a package of its own here, and its name stands in one table, `PLACES`. What only one task has
(a beam, a translation to be fed) is an `Option`, from which the command line, the address and the recording
take it.
"""

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnnviz_core import limits
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.errors import SpecError, TraceError, unknown_choice
from rnnviz_core.languages import N_
from rnnviz_core.models.specs import ModelSpec

if TYPE_CHECKING:
    import torch

    from rnnviz_core.inputs.tokenizer import Tokenizer
    from rnnviz_core.models.network import Network
    from rnnviz_core.tracing.trace import Trace

    from .claims import Example
    from .quantity import Quantity
    from .space import Space

PLACES = {  # name -> the package whose TASK it is, imported when it is first asked for
    "sentiment": "rnnviz_core.tasks.sentiment",
    "translation": "rnnviz_core.tasks.translation",
    "forecast": "rnnviz_core.tasks.forecast",
    "toy": "rnnviz_core.tasks.toy",
}
OPENED = {"own": "rnnviz_core.tasks.own"}  # the same of networks that are opened, and never trained here


@dataclass(frozen=True)
class Option:
    """A choice that the recording of a task takes besides the text."""

    name: str  # keyword of `Task.record`, name in the address and on the command line
    default: int | str | None  # what the app and `trace` take where nobody chose
    help: str
    low: int = 0  # for a whole number
    high: int = 0


@dataclass(frozen=True)
class Answer:
    """A network's answer to a text, as a header shows it."""

    verb: str  # what it is, a word or two: ``Prediction``
    text: str
    share: float | None = None  # its probability, where there is one
    place: tuple[int, int] | None = None  # which of how many answers it is, from 0
    ordered: bool = True  # whether those run from worst to best
    language: str | None = None  # code of the language it is in, where that is not the interface's


def _pieces(network: Any, text: str) -> int:
    return len(network.tokenizers["source"].ids(text))


def _cut_pieces(network: Any, text: str, first: int, most: int) -> str:
    """The part of a text from a piece on that has at most `most` pieces."""
    tokenizer = network.tokenizers["source"]
    found = tokenizer.encode(text, limit=limits.CHARACTERS * 4)
    tokens = found.tokens[min(first, len(found.tokens) - 1) :]
    for count in range(min(most, len(tokens)), 0, -1):
        part = found.text[tokens[0].start : tokens[count - 1].end].strip()
        if part and len(tokenizer.ids(part)) <= most:
            return str(part)
    return str(text)


@dataclass(frozen=True)
class Typed:
    """What a person types for the networks of a task, and what the interface calls it.

    The words are marked for translation, and translated where they are shown.
    """

    count: Callable[[Any, str], int] = _pieces  # steps of a text for a network; TextError: it cannot be read
    limit: int = limits.PIECES  # steps at most
    title: str = N_("Sentence")  # over the box
    help: str = N_("Type any sentence and press Enter, or click outside the box. Shift+Enter: a new line.")
    one: str = N_("token")  # what is counted
    several: str = N_("tokens")
    offered: str = N_("Sentences worth trying")
    tested: str = N_("test sentences")  # what the score shown with a model was measured on
    missing: str = N_("type at least one word")  # what to do where nothing was typed
    cut: Callable[[Any, str, int, int], str] | None = (
        _cut_pieces  # network, text, first step, how many: a part
    )
    alone: bool = True  # whether a part is read by itself, rather than shown of what is read whole
    ends: bool = False  # of a longer one the end is shown first, else the beginning
    box: bool = True  # whether anything is typed at all


def _same(trace: "Trace") -> "Trace":
    return trace


def _nothing(text: str, options: Mapping[str, Any]) -> int:
    return 0


def _no_words(spec: ModelSpec) -> str:
    return ""


@dataclass(frozen=True)
class Task:
    """Everything that differs between tasks.

    The functions take networks and specs of this task only. `Network` is any of
    `rnnviz_core.models`; a trace is one that `record` made.
    """

    name: str  # in spec.json, in the address and on the command line
    title: str  # as people read it
    spec: type[ModelSpec]
    parts: tuple[str, ...]  # what its networks are made of, in the order of computing
    vocabularies: tuple[str, ...]  # names of the tokenizers a checkpoint keeps, in the order of reading
    build: "Callable[[Any, Mapping[str, Tokenizer], str | None], Network]"  # spec, tokenizers, id
    record: "Callable[..., Trace]"  # network, text, and the options by name
    answer: "Callable[[Trace], Answer]"
    describe: "Callable[[Trace], dict[str, Any]]"  # the answer as plain values, for ``trace --json``
    lines: "Callable[[Trace], list[tuple[str, str]]]"  # the answer for a terminal: (name, value)
    program: Callable[[Any, Any, Any], str]  # spec, trace, places: see `rnnviz_core.contracts.program`
    architecture: Callable[[Any], str]  # the spec in words: ``BiGRU + attention``
    reads: Callable[[Any], str]  # the language of what it reads: networks that read the same can be compared
    family: Callable[[Any], str]  # in words, beside networks that do something else: ``es→en``
    headline: Callable[[Any, Mapping[str, float]], str]  # spec, scores: the one that belongs to what is shown
    counts: Callable[[Any], str]  # what that score counts
    examples: "Callable[[Any], tuple[Example, ...]]"  # a spec's sentences to try; the first is the default
    sentences: "tuple[Example, ...]"  # all of them, for any spec
    default: str  # id of the model that is opened first, where it is installed
    read: Callable[[Any], Any]  # a training run: what its sources hold, with a `fingerprint()`
    prepare: Callable[[Any, Any, Any], Any]  # run, that, processes: a model with fresh weights, its objective
    first_reading: Callable[..., Any]  # run, model, that, processes: what is trained before, its objective
    evaluate: Callable[..., dict[str, Any]]  # network, data, split, layout=, and more: see `scoring`
    texts: Callable[[Any, str, str | None, Any], Iterable[str]]  # spec, data, split, layout: what is scored
    score_names: Callable[[Any], Mapping[str, str]]  # a spec's scores, and what a card calls them
    probed: Callable[[Any], str] | None = None  # the score of small test sets of our own
    own: Callable[[Any], list[dict[str, str]]] | None = None  # what it writes for the examples, for a card
    everyday: Callable[[Any, str], dict[str, Any]] | None = (
        None  # network, folder: our own everyday sentences
    )
    pointing: Callable[..., dict[str, Any]] | None = None  # network, labelled words: where attention points
    about: Callable[[Any], str] = _no_words  # more on a spec, for a card
    options: tuple[Option, ...] = ()
    effort: Callable[[str, Mapping[str, Any]], int] = _nothing  # of a recording; heavy ones wait in line
    slim: "Callable[[Trace], Trace]" = _same  # the same trace, as it is cached
    with_weights: "Callable[[Any, Trace, torch.Tensor], torch.Tensor] | None" = None  # see `surgery`
    write_evenly: "Callable[..., str] | None" = None  # see `surgery`
    attentions: tuple[str, ...] = field(default=("none",))  # kinds of attention that its networks can have
    typed: Typed = field(default_factory=Typed)
    typed_for: Callable[[Any], Typed] | None = None  # where that differs from spec to spec
    rerun: "Callable[..., torch.Tensor] | None" = None  # network, trace, watch: see `rnnviz_core.derivatives`
    quantities: "Callable[[Trace], Mapping[str, Quantity]] | None" = None  # of that; the usual first
    read_rows: "Callable[[Any, list[list[int]]], torch.Tensor] | None" = None  # outputs of texts as ids
    read_embedded: "Callable[[Any, torch.Tensor], torch.Tensor] | None" = None  # of (row, time, dim)
    untouched: str = "The test split was not used to choose anything."  # what it had no part in, for a card
    reads_data: bool = (
        True  # whether it learns from a table; if not, its examples are made as they are needed
    )
    space: "Space" = field(default_factory=dict)  # what `rnnviz search` tries; empty: it offers no search


def names() -> tuple[str, ...]:
    """The names of all tasks that networks are trained for."""
    return tuple(PLACES)


def every_name() -> tuple[str, ...]:
    """Those, and the ones of networks that are opened."""
    return (*PLACES, *OPENED)


@functools.cache
def task(name: str) -> Task:
    """The task of a name.

    Raises
    ------
    SpecError
        Lists the names when there is no such task.
    """
    places = PLACES | OPENED
    if name not in places:
        raise SpecError(unknown_choice("task", name, list(PLACES)))
    found: Task = importlib.import_module(places[name]).TASK
    return found


def _scores(one: Task) -> Iterable[tuple[str, str]]:
    return one.score_names(one.spec(next(iter(Cell)))).items()


def score_names() -> dict[str, str]:
    """Every score of every task by name, and what a card calls it."""
    return {name: title for one in names() for name, title in _scores(task(one))}


def task_of_spec(spec: ModelSpec) -> Task:
    """The task that a spec is for."""
    return task(spec.task)


def typed_of(spec: ModelSpec) -> Typed:
    """What a person types for the networks of a spec."""
    found = task_of_spec(spec)
    return found.typed_for(spec) if found.typed_for else found.typed


def task_of(network: "Network") -> Task:
    """The task that a network is for."""
    return task(network.spec.task)


def read_spec(values: Mapping[str, Any]) -> ModelSpec:
    """The spec of any task from the plain values of a ``spec.json``.

    Raises
    ------
    SpecError
        Names the setting that is missing, unknown or out of range.
    """
    name = values.get("task")
    return task(name if isinstance(name, str) else repr(name)).spec.from_dict(dict(values))


def record(model: "Network", text: str, **options: Any) -> "Trace":
    """Run a model on a text and record everything it computes.

    Parameters
    ----------
    model
        A network of this project in evaluation mode. It is not changed.
    text
        What the model reads.
    options
        Those of the model's task. Translation: ``beam``, hypotheses kept per step, of which the best is
        recorded (1, the default here, is greedy search); ``reference``, a text in the target language that
        the decoder is fed instead of its own output.

    Returns
    -------
    Trace
        The sites are listed in ``docs/traces.md``.

    Raises
    ------
    TextError
        When the text or the reference is empty or too long.
    SpecError
        When an option does not fit the model, or another option.
    TraceError
        When `model` is not a network of this project or is in training mode, or the recording fails its
        verification.
    """
    import torch

    from rnnviz_core.models.network import is_network

    if not is_network(model):
        name = type(model).__name__
        raise TraceError(f"record reads the models of this project, not {name}; try record_module")
    if model.training:
        raise TraceError(f"{model.name} is in training mode; call .eval() first")
    found = task_of(model)
    known = {option.name for option in found.options}
    if odd := sorted(set(options) - known):
        raise SpecError(
            f"{model.name} has no use for {odd[0]!r}; "
            f"{'its options are ' + ', '.join(sorted(known)) if known else 'leave it out'}"
        )
    with torch.inference_mode():
        return found.record(model, text, **options)
