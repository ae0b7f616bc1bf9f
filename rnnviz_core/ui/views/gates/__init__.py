"""The gates page: what the cell lets in, keeps and forgets at every step."""

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import cell, maps, textbooks

STEPS = Needs(sites=(STATES,))
WEIGHTS = Needs(sites=(STATES,), weights=True)

SECTIONS = (
    Section("maps", N_("Heatmaps"), maps.maps, STEPS, brush=True),
    Section("maps", N_("No gates"), maps.none, Needs(without=(STATES,))),
    Section("summary", N_("Summary"), maps.summary, Needs(sites=("*.forget|*.update",)), brush=True),
    Section("cell", N_("One cell"), cell.cell, WEIGHTS),
    Section(
        "textbooks", N_("Other textbooks"), textbooks.conventions, Needs(sites=("*.reset",), weights=True)
    ),
)
