"""The states page: the memory after every token, and how it came about."""

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import maps, memory

STEPS = Needs(sites=(STATES,))

SECTIONS = (
    Section("maps", N_("Heatmaps"), maps.maps, STEPS, brush=True),
    Section("maps", N_("No states"), maps.none, Needs(without=(STATES,))),
    Section("units", N_("Units as lines"), maps.units, STEPS, brush=True),
    Section("changes", N_("Change per step"), maps.changes, STEPS, brush=True),
    Section("ledger", N_("Memory left"), memory.ledger, STEPS),
    Section("path", N_("Trajectory"), memory.path, STEPS, brush=True),
)
