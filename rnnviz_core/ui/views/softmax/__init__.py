"""The softmax page: what the network answers, and what pushed it there."""

from dataclasses import replace

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import Needs, Section

from . import answers, order, own

JUDGES = Needs(sites=("readout.logits",), labels=("class",))
WRITES = Needs(labels=("vocab",))
TELLS = Needs(sites=("readout.forecasts",))

SECTIONS = (
    Section("classes", N_("Probabilities"), answers.classes, JUDGES),
    Section("terms", N_("Contributions"), answers.terms, JUDGES),
    Section("verdicts", N_("After every token"), answers.verdicts, JUDGES),
    Section("order", N_("What order adds"), order.order, JUDGES),
    Section("confidence", N_("Confidence"), answers.confidence, WRITES),
    Section("candidates", N_("Candidates"), answers.candidates, WRITES),
    Section("pieces", N_("Contributions"), answers.pieces, replace(WRITES, weights=True)),
    Section("beam", N_("Beam"), answers.beam, WRITES),
    Section("forecast", N_("Forecast"), answers.forecast, TELLS),
    Section("terms", N_("Contributions"), answers.number_terms, TELLS),
    Section("forecast", N_("Prediction"), own.prediction, Needs(sites=("readout.prediction",))),
    Section("forecast", N_("Prediction"), own.none, Needs(without=("readout.*",))),
)
