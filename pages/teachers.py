"""For teachers: plans for a class, what to prepare, and answers to the usual questions."""

from rnnviz_core import ui
from rnnviz_core.ui.views import teachers

ui.plain_page("teachers")
teachers.draw()
