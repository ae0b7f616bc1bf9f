"""Class: a lesson with a whole class, on one server."""

from rnnviz_core import ui
from rnnviz_core.ui.views import classroom

ui.plain_page("class")
classroom.draw()
