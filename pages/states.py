"""States: the memory after every token, and how it came about."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.ui import Section
from rnnviz_core.ui.views import memory
from rnnviz_core.ui.views import states as sections

view = ui.page("states")
layer = ui.choose_layer(view)
ui.draw_sections(
    {
        "maps": Section("Heatmaps", partial(sections.maps, view, layer)),
        "units": Section("Units as lines", partial(sections.units, view, layer)),
        "changes": Section("Change per token", partial(sections.changes, view, layer)),
        "ledger": Section("Memory ledger", partial(memory.ledger, view, layer)),
        "path": Section("Path", partial(memory.path, view, layer)),
    }
)
