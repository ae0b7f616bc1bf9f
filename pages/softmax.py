"""Softmax: from the last numbers to probabilities, and what pushed them."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.ui import Section
from rnnviz_core.ui.views import softmax as sections

view = ui.page("softmax")
if view.trace.meta["task"] == "sentiment":
    ui.draw_sections(
        {
            "classes": Section("Probabilities", partial(sections.classes, view)),
            "terms": Section("What pushed them", partial(sections.terms, view)),
            "verdicts": Section("After every token", partial(sections.verdicts, view)),
        }
    )
else:
    ui.draw_sections(
        {
            "confidence": Section("Confidence", partial(sections.confidence, view)),
            "candidates": Section("Candidates", partial(sections.candidates, view)),
            "pieces": Section("What pushed them", partial(sections.pieces, view)),
            "beam": Section("Beam", partial(sections.beam, view)),
        }
    )
