"""States: the memory after every token, and how it came about."""

from rnnviz_core import ui

view = ui.page("states")
ui.draw_sections(view, ui.choose_layer(view))
