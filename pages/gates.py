"""Gates: what the cell lets in, keeps and forgets at every step."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.ui import Section
from rnnviz_core.ui.views import cell as sections_cell
from rnnviz_core.ui.views import gates as sections
from rnnviz_core.ui.views import textbooks as sections_textbooks

view = ui.page("gates")
layer = ui.choose_layer(view)
cell = view.trace.meta["cell"]
found = {"maps": Section("Heatmaps", partial(sections.maps, view, layer))}
if cell != "rnn":
    found["summary"] = Section("Summary", partial(sections.summary, view, layer))
found["cell"] = Section("One cell", partial(sections_cell.cell, view, layer))
if cell == "gru":
    found["textbooks"] = Section("Other textbooks", partial(sections_textbooks.conventions, view, layer))
ui.draw_sections(found)
