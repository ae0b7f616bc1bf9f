"""The embeddings page: every piece of text as a list of numbers, or the numbers of a series."""

from dataclasses import replace

from rnnviz_core.languages import N_
from rnnviz_core.ui.views import what_goes_in
from rnnviz_core.ui.views.sections import FORECASTS, INPUTS, Needs, Section

from . import vectors, vocabulary

PIECES = Needs(sites=("*.embedding",), without=(FORECASTS,))
READ = Needs(sites=("encoder.0.layer_input",), without=("*.embedding", INPUTS))
TABLE = replace(PIECES, weights=True)  # the embeddings of the whole vocabulary

SECTIONS = (
    Section("vectors", N_("Vectors"), vectors.vectors, PIECES, brush=True),
    Section("alike", N_("Similarity"), vectors.alike, TABLE),
    Section("map", N_("Map"), vocabulary.neighbourhood, TABLE),
    Section("axis", N_("Between two words"), vocabulary.axis, TABLE),
    Section("numbers", N_("Input"), vectors.numbers, Needs(sites=(FORECASTS,))),
    Section("numbers", N_("What goes in"), what_goes_in.numbers, Needs(sites=(INPUTS,))),
    Section("numbers", N_("What goes in"), what_goes_in.read, READ, brush=True),
)
