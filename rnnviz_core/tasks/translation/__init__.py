"""Translation: a sentence in, the same in another language out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from rnnviz_core import limits
from rnnviz_core.contracts.task import Answer, Option, Task
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.languages import N_, _
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.tracing.trace import Trace

from . import gradients, program, recording, scoring, surgery, training
from .examples import EXAMPLES

BEAM = Option("beam", USUAL_BEAM, "Hypotheses kept per step.", 1, limits.BEAM)
REFERENCE = Option("reference", None, "A text that the decoder is made to produce.")


def _build(spec: TranslationSpec, tokenizers: Mapping[str, Tokenizer], name: str | None) -> TranslationModel:
    return TranslationModel(spec, tokenizers["source"], tokenizers["target"], name)


def _answer(trace: Trace) -> Answer:
    text = str(trace.meta["translation"]).strip() or _("(nothing)")
    verb = _("Fed translation") if trace.meta["forced"] else _("Translation")
    return Answer(verb, text, language=str(trace.meta["target"]))


def _describe(trace: Trace) -> dict[str, Any]:
    return {"prediction": trace.meta["translation"], "translation": trace.meta["translation"]}


def _lines(trace: Trace) -> list[tuple[str, str]]:
    others = trace.meta.get("beam", ())[1:]
    return [
        ("translation", str(trace.meta["translation"])),
        *(("", f"{row['text']}  ({row['score']:.2f})") for row in others),
    ]


def _architecture(spec: TranslationSpec) -> str:
    return spec.stack_words + (f" + {spec.attention.capitalize()}" if spec.attention != "none" else "")


def _headline(spec: TranslationSpec, scores: Mapping[str, float]) -> str:
    return _("BLEU {score:.1f}", score=scores["bleu"]) if "bleu" in scores else ""


def _softmax(logits: np.ndarray) -> np.ndarray:
    probabilities: np.ndarray = torch.softmax(torch.tensor(logits), dim=-1).numpy()
    return probabilities


def _slim(trace: Trace) -> Trace:
    """A quarter smaller: the probabilities are made from the logits in less than a millisecond."""
    return trace.computing("readout.probabilities", "readout.logits", _softmax)


TASK = Task(
    name="translation",
    title=N_("Translation"),
    spec=TranslationSpec,
    parts=("encoder", "decoder"),
    vocabularies=("source", "target"),
    build=_build,
    record=recording.record,
    answer=_answer,
    describe=_describe,
    lines=_lines,
    program=program.program,
    architecture=_architecture,
    reads=lambda spec: spec.source,
    family=lambda spec: f"{spec.source}→{spec.target}",
    headline=_headline,
    counts=lambda spec: "BLEU",
    examples=lambda spec: EXAMPLES.get((spec.source, spec.target), ()),
    sentences=tuple(example for group in EXAMPLES.values() for example in group),
    default="es-en-gru-bahdanau",
    read=training.read,
    prepare=training.prepare,
    first_reading=training.first_reading,
    evaluate=scoring.evaluate,
    texts=scoring.texts,
    score_names=lambda spec: scoring.SCORE_NAMES,
    own=scoring.own,
    options=(BEAM, REFERENCE),
    effort=lambda text, options: len(text) * int(options.get("beam") or 1),
    slim=_slim,
    with_weights=surgery.with_weights,
    write_evenly=surgery.write_evenly,
    attentions=("none", "luong", "bahdanau"),
    rerun=gradients.rerun,
    quantities=gradients.quantities,
)
