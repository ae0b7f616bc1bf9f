"""Forecasting: numbers in, the next number out."""

from collections.abc import Mapping
from typing import Any

from rnnviz_core import limits
from rnnviz_core.contracts.space import EVERY, Pick, Range
from rnnviz_core.contracts.task import Answer, Task, Typed
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.languages import N_, _
from rnnviz_core.models.forecaster import Forecaster
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.tracing.trace import Trace

from . import examples, gradients, program, recording, scoring, series, training


def _build(spec: ForecastSpec, tokenizers: Mapping[str, Tokenizer], name: str | None) -> Forecaster:
    return Forecaster(spec, name)


def _told(trace: Trace) -> str:
    unit = f" {trace.meta['unit']}" * bool(trace.meta["unit"])
    return _("{value:.2f}", value=trace.meta["forecast"]) + unit


def _answer(trace: Trace) -> Answer:
    return Answer(_("Forecast"), _told(trace))


def _describe(trace: Trace) -> dict[str, Any]:
    return {
        "forecast": trace.meta["forecast"],
        "values": trace["encoder.values"].tolist(),
        "forecasts": trace["readout.forecasts"].tolist(),
        "rmse": {name: error for name, (error, _) in recording.errors(trace).items()},
    }


def _lines(trace: Trace) -> list[tuple[str, str]]:
    found = [("forecast", f"{_told(trace)}, one {trace.meta['step']} after the last value")]
    for name, (error, count) in recording.errors(trace).items():
        found.append(("error", f"{error:.2f} {name}, RMSE of {count} one-step forecasts in this series"))
    return found


def _headline(spec: ForecastSpec, scores: Mapping[str, float]) -> str:
    return _("RMSE {error:.2f}", error=scores["rmse"]) if "rmse" in scores else ""


def _counts(spec: ForecastSpec) -> str:
    if spec.step == "day":
        return _("root mean squared error one day ahead")
    if spec.step == "month":
        return _("root mean squared error one month ahead")
    return _("root mean squared error one {step} ahead", step=spec.step)


TASK = Task(
    name="forecast",
    title=N_("Forecast"),
    spec=ForecastSpec,
    parts=("encoder",),
    vocabularies=(),
    build=_build,
    record=recording.record,
    answer=_answer,
    describe=_describe,
    lines=_lines,
    program=program.program,
    architecture=lambda spec: spec.stack_words,
    reads=lambda spec: spec.series,
    family=lambda spec: spec.series,
    headline=_headline,
    counts=_counts,
    examples=examples.examples,
    sentences=examples.MONTHLY + examples.DAILY,
    default="sunspots-lstm",
    evaluate=scoring.evaluate,
    texts=scoring.texts,
    score_names=scoring.score_names,
    about=scoring.about,
    typed=Typed(
        count=lambda network, text: series.count(network.spec, text),
        limit=limits.STEPS,
        title=N_("Series"),
        help=N_(
            "Numbers with commas or blanks between them, or the name of a series from the list, perhaps "
            "with another seed: cycles 3. Press Enter, or click outside the box."
        ),
        one=N_("number"),
        several=N_("numbers"),
        offered=N_("Series worth trying"),
        tested=N_("test values"),
        missing=N_("type numbers, or the name of a series"),
        cut=lambda network, text, first, most: series.cut(network.spec, text, first, most),
        ends=True,
    ),
    untouched="The epoch and the seed were chosen without the test part; its errors had been seen, however, "
    "when dropout and the random rescaling of counts in training were chosen.",
    read=training.read,
    prepare=training.prepare,
    first_reading=training.first_reading,
    rerun=gradients.rerun,
    quantities=gradients.quantities,
    space={
        **EVERY,
        "hidden": Range(4, 64, log=True),
        "layers": Range(1, 2),
        "dropout": Range(0.0, 0.5),
        "batch": Pick((16, 32, 64)),
    },
)
