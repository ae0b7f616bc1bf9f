"""Attention: where the network looks back, what it makes of it, and what that does not prove."""

from rnnviz_core import ui

ui.draw_sections(ui.page("attention"))
