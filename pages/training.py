"""Training: what happened while a network learned, and what it did at every moment of that."""

from rnnviz_core import ui
from rnnviz_core.ui.views import training

ui.plain_page("training")
training.draw()
