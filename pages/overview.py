"""Overview: the whole network on one sentence, each part opening its page."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.frames import overview as frames
from rnnviz_core.ui import sections_overview as sections

view = ui.page("overview")
part = sections.stepped(view)
thinned = frames.thinned_in_words(view.trace)
if part == "decoder":
    ui.choose_reference()
ui.play(view, part, partial(sections.picture, view))
if part == "encoder":
    ui.explain(
        "Time runs from left to right: each token becomes a column of numbers (embedding), and the "
        "state mixes it with the state before. Blue is below zero, orange above; walk through the steps "
        "(keys ← and →), and watch the verdict change under it. Click a box: its page opens at that token."
        + thinned,
        "At which token does the verdict settle? Change the word you would blame, and look again.",
    )
else:
    ui.explain(
        "Above, the encoder reads the sentence; below, the decoder writes one piece per step, fed with the "
        "piece it wrote before. The lines show how strongly the chosen step reads each source token. Click a "
        "box or a line: its page opens at that step." + thinned,
        "Walk through the translation (keys ← and →). Does the strongest line follow the word being "
        "translated?",
    )
ui.link_pages("embeddings", "gates", "states", "attention", "softmax")
