"""The attention page: where the network looks back, what it makes of it, and what that does not prove."""

from rnnviz_core.ui.views.gradients import stands_out
from rnnviz_core.ui.views.sections import NUMBERS, STATES, Needs, Section

from . import beside, replaced, weights

WEIGHTS = "attention.weights"
LOOKS = Needs(sites=(WEIGHTS,))
ALIGNS = Needs(axes={WEIGHTS: ("target", "source")})
POOLS = Needs(axes={WEIGHTS: ("time",)})

SECTIONS = (
    Section("instead", "What it reads instead", weights.instead, Needs(sites=(STATES,), without=(WEIGHTS,))),
    Section("instead", "What it reads instead", weights.averaged, Needs(without=(WEIGHTS, STATES))),
    Section("alignment", "Alignment", weights.alignment, ALIGNS),
    Section("spread", "Entropy", weights.spreads, ALIGNS),
    Section("weights", "Weights", weights.weights, POOLS, brush=True),
    Section("words", "Beside attribution", beside.words, POOLS, finds=stands_out.words),
    Section("verdict", "Into the verdict", weights.verdict, POOLS),
    Section("context", "Context", weights.context, LOOKS),
    Section("test", "Ablation", replaced.test, LOOKS),
    Section("kinds", "Three kinds side by side", replaced.kinds, Needs(sites=("decoder.*",))),
    Section("kinds", "With and without", replaced.kinds, Needs(without=("decoder.*", NUMBERS))),
)
