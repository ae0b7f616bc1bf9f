"""Gates: how the cell makes its new state at every step."""

from rnnviz_core import ui

view = ui.page("gates")
ui.draw_sections(view, ui.choose_layer(view))
