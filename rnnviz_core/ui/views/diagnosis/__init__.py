"""The diagnosis page: what may be wrong with the network or with what it reads, and what was looked for."""

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import STATES, Needs, Section

from . import listed

NO_STATES = N_(
    "This network has no recurrent layer: no gates, no states, nothing that the detectors look at."
)

SECTIONS = (Section("findings", N_("Findings"), listed.findings, Needs(sites=(STATES,)), NO_STATES),)
