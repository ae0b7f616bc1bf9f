"""Gradients: how strongly the answer depends on every step before it."""

from rnnviz_core import ui

view = ui.page("gradients")
ui.draw_sections(view, ui.choose_layer(view))
