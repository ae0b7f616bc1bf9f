"""Train one here: a small network on a task whose answer needs memory."""

from rnnviz_core import ui
from rnnviz_core.ui.views.toy import page

ui.plain_page("toy")
page.draw()
