"""Networks and traces that somebody brought along: opened for a session, never trained or kept."""

from typing import Any, NoReturn

import numpy as np

from rnnviz_core import limits
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.contracts import task as tasks
from rnnviz_core.contracts.claims import Example
from rnnviz_core.contracts.task import Answer, Task, Typed
from rnnviz_core.errors import SpecError
from rnnviz_core.importing import predicted
from rnnviz_core.inputs.steps import printed_number
from rnnviz_core.languages import N_, _
from rnnviz_core.models.own_spec import OwnSpec
from rnnviz_core.tracing.trace import Trace

from . import gradients, reading, recording

PREDICTION = "readout.prediction"
SHOWN = 4  # numbers of an answer
SURE = 1e-3  # how far the sum of shares may be from 1


def _refused(*args: Any, **kwargs: Any) -> NoReturn:
    raise SpecError("networks of your own are opened from their files; they are not trained here")


def _answer(trace: Trace) -> Answer:
    """What the network says; of a trace of a network of this project what that task says."""
    name = trace.meta.get("task")
    if name in tasks.PLACES:
        try:
            return tasks.task(str(name)).answer(trace)
        except Exception:  # a file may lack what a task's own traces always have
            return Answer(_("Answer"), _("not in this file"))
    if PREDICTION not in trace:
        if rows := predicted.in_words(trace):
            return Answer(_("Prediction"), rows)
        stopped = trace.meta.get("task") == OwnSpec.task
        why = _("not known: not all layers can be run") if stopped else _("not in this file")
        return Answer(_("Prediction"), why)
    values = np.asarray(trace[PREDICTION], np.float64).reshape(-1)
    if shares(trace) is not None:
        best = int(values.argmax())
        return Answer(_("Prediction"), _("output {number}", number=best), float(values[best]))
    told = " ".join(printed_number(value) for value in values[:SHOWN])
    if len(values) > SHOWN:
        told = _("{numbers} … ({count} numbers)", numbers=told, count=len(values))
    return Answer(_("Prediction"), told)


def shares(trace: Trace) -> np.ndarray | None:
    """The prediction, where it is probabilities that sum to 1; else None."""
    values = np.asarray(trace[PREDICTION], np.float64).reshape(-1)
    sums = len(values) > 1 and values.min() >= 0 and abs(values.sum() - 1) < SURE
    return values if sums and trace.meta.get("activation") == "softmax" else None


def _describe(trace: Trace) -> dict[str, Any]:
    return {"prediction": trace[PREDICTION].tolist() if PREDICTION in trace else None}


def _lines(trace: Trace) -> list[tuple[str, str]]:
    answer = _answer(trace)
    return [(answer.verb.lower(), answer.text)]


def _architecture(spec: OwnSpec) -> str:
    if spec.cell is Cell.NONE:
        return _("no recurrence")
    return "Bi" * spec.bidirectional + spec.stack_words


def _examples(spec: OwnSpec) -> tuple[Example, ...]:
    """What was brought along."""
    asks = N_("What does the network keep of it? See the pages States and Gates.")
    return tuple(Example(text, N_("yours"), asks) for text in spec.texts)


def _how_to_type(width: int) -> str:
    if width == 1:
        return _(
            "The name of your file, or numbers with commas or blanks between them, one per step. Press "
            "Enter, or click outside the box."
        )
    return _(
        "The name of your file, or numbers with commas or blanks between them, {count} per step. Press "
        "Enter, or click outside the box.",
        count=width,
    )


def _typed(spec: OwnSpec) -> Typed:
    if spec.reads == "nothing":
        return Typed(
            count=reading.count,
            limit=limits.STEPS,
            title=N_("Steps"),
            one=N_("step"),
            several=N_("steps"),
            cut=reading.cut,
            box=False,
            alone=False,
        )
    if spec.reads == "numbers":
        return Typed(
            count=reading.count,
            limit=limits.STEPS,
            title=N_("Series"),
            help=_how_to_type(spec.width),
            one=N_("step"),
            several=N_("steps"),
            offered=N_("What you brought along"),
            missing=N_("type numbers, or the name of your file"),
            cut=reading.cut,
            alone=False,
            ends=True,
        )
    return Typed(
        count=reading.count,
        limit=limits.STEPS,
        help=N_(
            "A text in words of your vocabulary, ids with blanks between them, or the name of your file. "
            "Press Enter, or click outside the box."
        ),
        offered=N_("What you brought along"),
        missing=N_("type words of its vocabulary, or ids"),
        cut=reading.cut,
        alone=False,
    )


TASK = Task(
    name="own",
    title=N_("Your own"),
    spec=OwnSpec,
    parts=("encoder",),
    vocabularies=(),
    build=_refused,
    record=recording.record,
    answer=_answer,
    describe=_describe,
    lines=_lines,
    program=_refused,
    architecture=_architecture,
    reads=lambda spec: spec.key,
    family=lambda spec: spec.title,
    headline=lambda spec, scores: "",
    counts=lambda spec: "",
    examples=_examples,
    sentences=(),
    default="",
    read=_refused,
    prepare=_refused,
    first_reading=_refused,
    evaluate=_refused,
    texts=_refused,
    score_names=lambda spec: {},
    effort=lambda text, options: limits.STEPS * 10,
    typed_for=_typed,
    rerun=gradients.rerun,
    quantities=gradients.quantities,
    attentions=("none", "luong", "bahdanau", "pooling"),
)
