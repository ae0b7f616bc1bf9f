"""The states page: the memory after every token, and how it came about."""

from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import maps, memory

STEPS = Needs(sites=(STATES,))

SECTIONS = (
    Section("maps", "Heatmaps", maps.maps, STEPS, brush=True),
    Section("maps", "No states", maps.none, Needs(without=(STATES,))),
    Section("units", "Units as lines", maps.units, STEPS, brush=True),
    Section("changes", "Change per step", maps.changes, STEPS, brush=True),
    Section("ledger", "Memory left", memory.ledger, STEPS),
    Section("path", "Trajectory", memory.path, STEPS, brush=True),
)
