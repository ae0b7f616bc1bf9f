"""The overview: the network unrolled, and a layer of it seen whole."""

from rnnviz_core.ui.views.sections import NUMBERS, STATES, Needs, Section

from . import network, whole

SECTIONS = (
    Section("network", "Network", network.network, Needs(without=(NUMBERS,))),
    Section("network", "Network", network.series, Needs(sites=(NUMBERS,))),
    Section("whole", "Seen whole", whole.whole, Needs(sites=(STATES,))),
)
