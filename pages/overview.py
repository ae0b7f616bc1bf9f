"""Overview: the whole network on one sentence, each part opening its page."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.ui.views import overview as sections

view = ui.page("overview")
part = sections.stepped(view)
if part == "decoder":
    ui.choose_reference()
ui.play(view, part, partial(sections.picture, view))
sections.explain_picture(view)
ui.link_pages("embeddings", "gates", "states", "attention", "softmax")
