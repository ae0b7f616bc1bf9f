"""The attention page: where the network looks back, what it makes of it, and what that does not prove."""

from dataclasses import replace

from rnnviz_core.languages import N_
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
        N_("What it reads instead"),
        weights.instead,
        Needs(sites=(STATES, f"readout.logits|{FORECASTS}"), without=(WEIGHTS,)),
    ),
    Section(
        "instead",
        N_("What it reads instead"),
        weights.averaged,
        Needs(without=(WEIGHTS, STATES), weights=True),
    ),
    Section("instead", N_("What is left at the end"), weights.left, LEFT),
    Section("alignment", N_("Alignment"), weights.alignment, ALIGNS),
    Section("spread", N_("Entropy"), weights.spreads, ALIGNS),
    Section("weights", N_("Weights"), weights.weights, POOLS, brush=True),
    Section("words", N_("Beside attribution"), beside.words, VERDICT, finds=stands_out.words),
    Section("verdict", N_("Into the verdict"), weights.verdict, VERDICT),
    Section("context", N_("Context"), weights.context, LOOKS),
    Section("test", N_("Ablation"), replaced.test, replace(LOOKS, weights=True)),
    Section("kinds", N_("Three kinds side by side"), replaced.kinds, Needs(sites=("decoder.*",))),
    Section(
        "kinds",
        N_("With and without"),
        replaced.kinds,
        Needs(sites=("readout.logits",), without=("decoder.*", FORECASTS)),
    ),
)
