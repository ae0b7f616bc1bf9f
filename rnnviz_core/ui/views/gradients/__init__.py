"""The gradients page: how strongly the answer depends on every step, and how that comes back through time."""

from rnnviz_core.languages import N_
from rnnviz_core.ui.views.sections import Needs, Section

from . import attribution, backwards, exploding, reach, roads, stands_out

STEPS = Needs(sites=("*.0.hidden",), weights=True)
JUDGES = Needs(sites=("readout.logits",), labels=("class",), weights=True)
NO_STEPS = N_("This network has no steps that depend on each other: nothing comes back through time.")

SECTIONS = (
    Section("reach", N_("Reach"), reach.reach, STEPS, NO_STEPS, finds=stands_out.reach),
    Section("pairs", N_("Pairs"), reach.every_pair, STEPS, finds=stands_out.pairs),
    Section("backwards", N_("Backwards"), backwards.backwards, STEPS, finds=stands_out.backwards),
    Section(
        "roads",
        N_("Two roads"),
        roads.roads,
        Needs(sites=("*.0.cell",), weights=True),
        finds=stands_out.roads,
    ),
    Section("words", N_("Words"), attribution.attribution, JUDGES, finds=stands_out.words),
    Section("exploding", N_("Exploding"), exploding.exploding, STEPS, finds=stands_out.exploding),
    Section(
        "shortcut",
        N_("Short cut"),
        roads.shortcut,
        Needs(sites=("attention.weights", "*.0.hidden"), weights=True),
        finds=stands_out.shortcut,
    ),
)
