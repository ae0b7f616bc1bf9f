"""The gates page: what the cell lets in, keeps and forgets at every step."""

from rnnviz_core.ui.views.sections import Needs, Section

from . import cell, maps, textbooks

SECTIONS = (
    Section("maps", "Heatmaps", maps.maps),
    Section("summary", "Summary", maps.summary, Needs(sites=("*.forget|*.update",))),
    Section("cell", "One cell", cell.cell),
    Section("textbooks", "Other textbooks", textbooks.conventions, Needs(sites=("*.reset",))),
)
