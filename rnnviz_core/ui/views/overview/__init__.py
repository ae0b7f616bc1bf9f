"""The overview: the network unrolled, and a layer of it seen whole."""

from rnnviz_core.ui.views.sections import FORECASTS, STATES, VERDICTS, Needs, Section

from . import network, own, whole

SECTIONS = (
    Section("network", "Network", network.network, Needs(sites=(f"{VERDICTS}|decoder.*",))),
    Section("network", "Network", network.series, Needs(sites=(FORECASTS,))),
    Section("network", "Network", own.network, Needs(without=(FORECASTS, VERDICTS, "decoder.*"))),
    Section("whole", "Seen whole", whole.whole, Needs(sites=(STATES,), weights=True)),
)
