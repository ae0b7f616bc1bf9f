"""Lessons: predict, commit, look, write what you saw."""

from rnnviz_core import ui
from rnnviz_core.ui.views import lessons

ui.plain_page("lessons")
lessons.draw()
