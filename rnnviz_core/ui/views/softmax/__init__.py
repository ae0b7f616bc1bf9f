"""The softmax page: what the network answers, and what pushed it there."""

from dataclasses import replace

from rnnviz_core.ui.views.sections import Needs, Section

from . import answers, order, own

JUDGES = Needs(sites=("readout.logits",), labels=("class",))
WRITES = Needs(labels=("vocab",))
TELLS = Needs(sites=("readout.forecasts",))

SECTIONS = (
    Section("classes", "Probabilities", answers.classes, JUDGES),
    Section("terms", "Contributions", answers.terms, JUDGES),
    Section("verdicts", "After every token", answers.verdicts, JUDGES),
    Section("order", "What order adds", order.order, JUDGES),
    Section("confidence", "Confidence", answers.confidence, WRITES),
    Section("candidates", "Candidates", answers.candidates, WRITES),
    Section("pieces", "Contributions", answers.pieces, replace(WRITES, weights=True)),
    Section("beam", "Beam", answers.beam, WRITES),
    Section("forecast", "Forecast", answers.forecast, TELLS),
    Section("terms", "Contributions", answers.number_terms, TELLS),
    Section("forecast", "Prediction", own.prediction, Needs(sites=("readout.prediction",))),
    Section("forecast", "Prediction", own.none, Needs(without=("readout.*",))),
)
