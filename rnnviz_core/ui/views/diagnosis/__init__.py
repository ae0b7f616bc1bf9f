"""The diagnosis page: what may be wrong with the network or with what it reads, and what was looked for."""

from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import listed

NO_STATES = "This network has no recurrent layer: no gates, no states, nothing that the detectors look at."

SECTIONS = (Section("findings", "Findings", listed.findings, Needs(sites=(STATES,)), NO_STATES),)
