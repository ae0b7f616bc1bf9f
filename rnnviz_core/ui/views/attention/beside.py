"""Attention's weights beside what other methods say of each word, on one scale."""

from typing import TYPE_CHECKING

from rnnviz_core.languages import _
from rnnviz_core.ui.shell.wording import explain
from rnnviz_core.ui.views.gradients import attribution

from .weights import looking

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

KEY = "attention-words"


def words(view: "View") -> None:
    """Sentiment: a row for attention, and one for each method of attribution; computed when it is opened."""
    of, pieces = attribution.choose(view)
    for shown in looking(view):
        attribution.draw(shown, of, pieces, KEY, _("Attention, and what the answer rests on"))
    explain(
        _(
            "A cell is a number’s share of its row, both signs counted: attention’s weights are "
            "such shares already. A weight says which states the verdict is read from; the rows "
            "below say what the answer would be without the word, or what changes it. A state "
            "also holds the words before it, so the two need not agree. The page Gradients says "
            "more of each method."
        ),
        _("Look for a word with a large weight and pale cells below it: what does the network read there?"),
    )
    attribution.download(view, of, pieces, KEY)
