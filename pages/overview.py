"""Overview: the whole network on one sentence, each part opening its page."""

from rnnviz_core import ui

ui.draw_sections(ui.page("overview"))
