"""Sentiment: text in, one of a few ordered classes out."""

from collections.abc import Mapping
from typing import Any

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.contracts.space import EVERY, Pick, Range
from rnnviz_core.contracts.task import Answer, Task
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.languages import N_, _
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.tracing.trace import Trace

from . import everyday, gradients, pointing, program, recording, scoring, training
from .opinions import SENTIMENT


def _build(spec: SentimentSpec, tokenizers: Mapping[str, Tokenizer], name: str | None) -> SentimentModel:
    return SentimentModel(spec, tokenizers["source"], name)


def _answer(trace: Trace) -> Answer:
    shares = trace["readout.probabilities"]
    best = int(shares.argmax())
    place, ordered = (best, len(shares)), bool(trace.meta.get("ordered", True))
    return Answer(_("Prediction"), _(str(trace.meta["label"])), float(shares[best]), place, ordered)


def _describe(trace: Trace) -> dict[str, Any]:
    values = trace["readout.probabilities"].tolist()
    return {
        "prediction": trace.meta["label"],
        "probabilities": dict(zip(trace.labels["class"], values, strict=True)),
    }


def _lines(trace: Trace) -> list[tuple[str, str]]:
    shares = _describe(trace)["probabilities"].items()
    return [
        ("prediction", str(trace.meta["label"])),
        *(("", f"{share:6.1%}  {name}") for name, share in shares),
    ]


def _architecture(spec: SentimentSpec) -> str:
    if spec.cell is Cell.NONE:
        return _("bag of words")
    words = "Bi" * spec.bidirectional + spec.stack_words
    return _("{layers} + attention", layers=words) if spec.attention != "none" else words


def _headline(spec: SentimentSpec, scores: Mapping[str, float]) -> str:
    """A verdict between five classes has the accuracy on five classes beside it."""
    name = f"accuracy{len(spec.classes)}"
    return _("{share:.1f} % right", share=scores[name]) if name in scores else ""


TASK = Task(
    name="sentiment",
    title=N_("Sentiment"),
    spec=SentimentSpec,
    parts=("encoder",),
    vocabularies=("source",),
    build=_build,
    record=recording.record,
    answer=_answer,
    describe=_describe,
    lines=_lines,
    program=program.program,
    architecture=_architecture,
    reads=lambda spec: "en",
    family=lambda spec: _("sentiment"),
    headline=_headline,
    counts=lambda spec: _("accuracy over {count} classes", count=len(spec.classes)),
    examples=lambda spec: SENTIMENT,
    sentences=SENTIMENT,
    default="sentiment-lstm",
    read=training.read,
    prepare=training.prepare,
    first_reading=training.first_reading,
    evaluate=scoring.evaluate,
    texts=scoring.texts,
    score_names=scoring.score_names,
    probed=scoring.probed,
    everyday=everyday.measure,
    pointing=pointing.measure,
    about=scoring.about,
    with_weights=recording.with_weights,
    attentions=("none", "pooling"),
    rerun=gradients.rerun,
    quantities=gradients.quantities,
    read_rows=gradients.read_rows,
    read_embedded=gradients.read_embedded,
    space={
        **EVERY,
        "embedding": Range(16, 128, log=True),
        "dropout": Range(0.0, 0.6),
        "batch": Pick((32, 64, 128)),
        "weight_decay": Range(1e-5, 0.1, log=True),
        "smoothing": Range(0.0, 0.2),
        "optimizer": Pick(("adamw", "rmsprop")),
    },
)
