"""Hyperparameters: what a search over the settings of a network found."""

from rnnviz_core import ui
from rnnviz_core.ui.views.hyperparameters import page

ui.plain_page("hyperparameters")
page.draw()
