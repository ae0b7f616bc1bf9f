"""Diagnosis: what may be wrong with the network or with what it reads, and what was looked for."""

from rnnviz_core import ui

view = ui.page("diagnosis")
ui.draw_sections(view)
