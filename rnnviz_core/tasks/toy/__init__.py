"""Toy tasks: a handful of symbols in, an answer out that needs memory; trained in seconds."""

from collections.abc import Mapping
from typing import Any

from rnnviz_core import limits
from rnnviz_core.contracts.space import EVERY, Pick, Range
from rnnviz_core.contracts.task import Answer, Task, Typed
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.languages import N_, _
from rnnviz_core.models.toy import ToyModel
from rnnviz_core.models.toy_spec import ToySpec
from rnnviz_core.tracing.trace import Trace

from . import examples, gradients, program, recording, scoring, symbols, training
from .problems import PROBLEMS


def _build(spec: ToySpec, tokenizers: Mapping[str, Tokenizer], name: str | None) -> ToyModel:
    return ToyModel(spec, PROBLEMS[spec.problem].alphabet, name)


def _answer(trace: Trace) -> Answer:
    shares = trace["readout.probabilities"]
    best = int(shares.argmax())
    return Answer(_("Answer"), _(str(trace.meta["label"])), float(shares[best]), (best, len(shares)), False)


def _describe(trace: Trace) -> dict[str, Any]:
    values = trace["readout.probabilities"].tolist()
    return {
        "answer": trace.meta["label"],
        "probabilities": dict(zip(trace.labels["class"], values, strict=True)),
    }


def _lines(trace: Trace) -> list[tuple[str, str]]:
    shares = _describe(trace)["probabilities"].items()
    return [("answer", str(trace.meta["label"])), *(("", f"{share:6.1%}  {name}") for name, share in shares)]


def _headline(spec: ToySpec, scores: Mapping[str, float]) -> str:
    return _("{share:.1f} % right", share=scores["accuracy"]) if "accuracy" in scores else ""


TASK = Task(
    name="toy",
    title=N_("Toy"),
    spec=ToySpec,
    parts=("encoder",),
    vocabularies=(),
    build=_build,
    record=recording.record,
    answer=_answer,
    describe=_describe,
    lines=_lines,
    program=program.program,
    architecture=lambda spec: spec.stack_words,
    reads=lambda spec: str(spec.problem),
    family=lambda spec: f"{spec.problem}, T = {spec.steps}:",
    headline=_headline,
    counts=lambda spec: _("right after {steps} steps", steps=spec.steps),
    examples=examples.examples,
    sentences=examples.EVERY,
    default="recall-20-lstm",
    evaluate=scoring.evaluate,
    texts=scoring.texts,
    score_names=scoring.score_names,
    about=scoring.about,
    typed=Typed(
        count=lambda network, text: symbols.count(network.spec, text),
        limit=limits.PIECES,
        title=N_("Symbols"),
        help=N_(
            "Symbols of the task, with or without blanks between them. Press Enter, or click outside the box."
        ),
        one=N_("symbol"),
        several=N_("symbols"),
        offered=N_("Sequences worth trying"),
        tested=N_("new sequences"),
        missing=N_("type at least one symbol"),
    ),
    untouched="They are other sequences than those of training and validation.",
    read=training.read,
    prepare=training.prepare,
    first_reading=training.first_reading,
    rerun=gradients.rerun,
    quantities=gradients.quantities,
    read_rows=gradients.read_rows,
    read_embedded=gradients.read_embedded,
    reads_data=False,
    space={
        **EVERY,
        "optimizer": Pick(("adam", "rmsprop", "sgd")),
        "forget_bias": Range(-1.0, 3.0),
        "embedding": Range(4, 32, log=True),
    },
)
