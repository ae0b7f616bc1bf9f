"""Attention: where the network looks back, what it makes of it, and what that does not prove."""

from functools import partial

from rnnviz_core import ui
from rnnviz_core.frames import attention as frames
from rnnviz_core.ui import Section
from rnnviz_core.ui.views import attention as sections
from rnnviz_core.ui.views import attention_test as looks

view = ui.page("attention")
kinds = Section(
    "Three kinds side by side" if frames.translates(view.trace) else "With and without",
    partial(looks.kinds, view),
)
test = Section("What it does not prove", partial(looks.test, view))
context = Section("Context", partial(sections.context, view))
if not frames.has_attention(view.trace):
    ui.draw_sections(
        {"instead": Section("What it reads instead", partial(sections.instead, view)), "kinds": kinds}
    )
elif frames.translates(view.trace):
    ui.draw_sections(
        {
            "alignment": Section("Alignment", partial(sections.alignment, view)),
            "spread": Section("Spread", partial(sections.spreads, view)),
            "context": context,
            "test": test,
            "kinds": kinds,
        }
    )
else:
    ui.draw_sections(
        {
            "weights": Section("Weights", partial(sections.weights, view)),
            "verdict": Section("Into the verdict", partial(sections.verdict, view)),
            "context": context,
            "test": test,
            "kinds": kinds,
        }
    )
