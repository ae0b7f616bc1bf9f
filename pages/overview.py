"""Overview: the whole network on one sentence, each part opening its page."""

from rnnviz_core import ui

view = ui.page("overview")
ui.first_steps(view)
ui.draw_sections(view)
ui.first_steps_again(view)
