"""Softmax: from the last numbers to probabilities, and what pushed them."""

from rnnviz_core import ui
from rnnviz_core.ui import sections_softmax as sections

view = ui.page("softmax")
if view.trace.meta["task"] == "sentiment":
    sections.classes(view)
    sections.terms(view)
    sections.verdicts(view)
    sections.sentiment_rows(view)
else:
    sections.confidence(view)
    sections.candidates(view)
    sections.beam(view)
