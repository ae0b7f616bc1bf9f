"""Embeddings: the numbers that stand for each piece of text."""

from rnnviz_core import ui

view = ui.page("embeddings")
ui.draw_sections(view, ui.choose_side(view))
