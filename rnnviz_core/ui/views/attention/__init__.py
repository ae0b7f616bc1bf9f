"""The attention page: where the network looks back, what it makes of it, and what that does not prove."""

from dataclasses import replace

from rnnviz_core.ui.views.gradients import stands_out
from rnnviz_core.ui.views.sections import FORECASTS, STATES, Needs, Section

from . import beside, replaced, weights

WEIGHTS = "attention.weights"
LOOKS = Needs(sites=(WEIGHTS,))
ALIGNS = Needs(axes={WEIGHTS: ("target", "source")})
LEFT = Needs(sites=(STATES,), without=(WEIGHTS, "readout.logits", FORECASTS))
POOLS = Needs(axes={WEIGHTS: ("time",)})
VERDICT = replace(POOLS, weights=True)

SECTIONS = (
    Section(
        "instead",
        "What it reads instead",
        weights.instead,
        Needs(sites=(STATES, f"readout.logits|{FORECASTS}"), without=(WEIGHTS,)),
    ),
    Section(
        "instead", "What it reads instead", weights.averaged, Needs(without=(WEIGHTS, STATES), weights=True)
    ),
    Section("instead", "What is left at the end", weights.left, LEFT),
    Section("alignment", "Alignment", weights.alignment, ALIGNS),
    Section("spread", "Entropy", weights.spreads, ALIGNS),
    Section("weights", "Weights", weights.weights, POOLS, brush=True),
    Section("words", "Beside attribution", beside.words, VERDICT, finds=stands_out.words),
    Section("verdict", "Into the verdict", weights.verdict, VERDICT),
    Section("context", "Context", weights.context, LOOKS),
    Section("test", "Ablation", replaced.test, replace(LOOKS, weights=True)),
    Section("kinds", "Three kinds side by side", replaced.kinds, Needs(sites=("decoder.*",))),
    Section(
        "kinds",
        "With and without",
        replaced.kinds,
        Needs(sites=("readout.logits",), without=("decoder.*", FORECASTS)),
    ),
)
