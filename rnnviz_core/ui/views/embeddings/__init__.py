"""The embeddings page: every piece of text as a list of numbers, or the numbers of a series."""

from rnnviz_core.ui.views.sections import NUMBERS, Needs, Section

from . import vectors, words

PIECES = Needs(without=(NUMBERS,))

SECTIONS = (
    Section("vectors", "Vectors", vectors.vectors, PIECES, brush=True),
    Section("alike", "Similarity", vectors.alike, PIECES),
    Section("map", "Map", words.neighbourhood, PIECES),
    Section("axis", "Between two words", words.axis, PIECES),
    Section("numbers", "Input", vectors.numbers, Needs(sites=(NUMBERS,))),
)
