"""Your own: open a network, a table or a trace of your own, for this session alone."""

from rnnviz_core import ui
from rnnviz_core.ui.views.own.page import draw

ui.plain_page("own")
draw()
