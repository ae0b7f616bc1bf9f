"""Embeddings: the numbers that stand for each piece of text."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.ui import Section
from rnnviz_core.ui.views import embeddings as sections

view = ui.page("embeddings")
side = sections.choose_side(view)
ui.draw_sections(
    {
        "vectors": Section("Vectors", partial(sections.vectors, view, side)),
        "alike": Section("Alike", partial(sections.alike, view, side)),
        "map": Section("Map", partial(sections.neighbourhood, view, side)),
        "axis": Section("Between two words", partial(sections.axis, view, side)),
    }
)
