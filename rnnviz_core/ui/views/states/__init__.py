"""The states page: the memory after every token, and how it came about."""

from rnnviz_core.ui.views.sections import Section

from . import maps, memory

SECTIONS = (
    Section("maps", "Heatmaps", maps.maps),
    Section("units", "Units as lines", maps.units),
    Section("changes", "Change per token", maps.changes),
    Section("ledger", "Memory ledger", memory.ledger),
    Section("path", "Path", memory.path),
)
