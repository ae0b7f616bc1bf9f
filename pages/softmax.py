"""Softmax: from the last numbers to probabilities, and what pushed them."""

from rnnviz_core import ui

ui.draw_sections(ui.page("softmax"))
