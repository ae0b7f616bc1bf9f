"""The gates page: what the cell lets in, keeps and forgets at every step."""

from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import cell, maps, textbooks

STEPS = Needs(sites=(STATES,))
WEIGHTS = Needs(sites=(STATES,), weights=True)

SECTIONS = (
    Section("maps", "Heatmaps", maps.maps, STEPS, brush=True),
    Section("maps", "No gates", maps.none, Needs(without=(STATES,))),
    Section("summary", "Summary", maps.summary, Needs(sites=("*.forget|*.update",)), brush=True),
    Section("cell", "One cell", cell.cell, WEIGHTS),
    Section("textbooks", "Other textbooks", textbooks.conventions, Needs(sites=("*.reset",), weights=True)),
)
