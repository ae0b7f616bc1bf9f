"""The embeddings page: every piece of text as a list of numbers, or the numbers of a series."""

from dataclasses import replace

from rnnviz_core.ui.views import what_goes_in
from rnnviz_core.ui.views.sections import FORECASTS, INPUTS, Needs, Section

from . import vectors, words

PIECES = Needs(sites=("*.embedding",), without=(FORECASTS,))
READ = Needs(sites=("encoder.0.layer_input",), without=("*.embedding", INPUTS))
TABLE = replace(PIECES, weights=True)  # the embeddings of the whole vocabulary

SECTIONS = (
    Section("vectors", "Vectors", vectors.vectors, PIECES, brush=True),
    Section("alike", "Similarity", vectors.alike, TABLE),
    Section("map", "Map", words.neighbourhood, TABLE),
    Section("axis", "Between two words", words.axis, TABLE),
    Section("numbers", "Input", vectors.numbers, Needs(sites=(FORECASTS,))),
    Section("numbers", "What goes in", what_goes_in.numbers, Needs(sites=(INPUTS,))),
    Section("numbers", "What goes in", what_goes_in.read, READ, brush=True),
)
