"""The softmax page: what the network answers, and what pushed it there."""

from rnnviz_core.ui.views.sections import Needs, Section

from . import answers, order

JUDGES, WRITES = Needs(labels=("class",)), Needs(labels=("vocab",))
TELLS = Needs(sites=("readout.forecasts",))

SECTIONS = (
    Section("classes", "Probabilities", answers.classes, JUDGES),
    Section("terms", "Contributions", answers.terms, JUDGES),
    Section("verdicts", "After every token", answers.verdicts, JUDGES),
    Section("order", "What order adds", order.order, JUDGES),
    Section("confidence", "Confidence", answers.confidence, WRITES),
    Section("candidates", "Candidates", answers.candidates, WRITES),
    Section("pieces", "Contributions", answers.pieces, WRITES),
    Section("beam", "Beam", answers.beam, WRITES),
    Section("forecast", "Forecast", answers.forecast, TELLS),
    Section("terms", "Contributions", answers.number_terms, TELLS),
)
