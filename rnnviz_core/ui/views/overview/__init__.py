"""The overview: the network unrolled, and a layer of it seen whole."""

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import FORECASTS, STATES, VERDICTS, Needs, Section

from . import network, own, whole

SECTIONS = (
    Section("network", N_("Network"), network.network, Needs(sites=(f"{VERDICTS}|decoder.*",))),
    Section("network", N_("Network"), network.series, Needs(sites=(FORECASTS,))),
    Section("network", N_("Network"), own.network, Needs(without=(FORECASTS, VERDICTS, "decoder.*"))),
    Section("whole", N_("Seen whole"), whole.whole, Needs(sites=(STATES,), weights=True)),
)
