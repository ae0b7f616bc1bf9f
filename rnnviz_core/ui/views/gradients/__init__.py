"""The gradients page: how strongly the answer depends on every step, and how that comes back through time."""

from rnnviz_core.ui.views.sections import Needs, Section

from . import backwards, exploding, reach, roads, words

STEPS = Needs(sites=("*.0.hidden",))
NO_STEPS = "This network has no steps that depend on each other: nothing comes back through time."

SECTIONS = (
    Section("reach", "Reach", reach.reach, STEPS, NO_STEPS),
    Section("pairs", "Pairs", reach.every_pair, STEPS),
    Section("backwards", "Backwards", backwards.backwards, STEPS),
    Section("roads", "Two roads", roads.roads, Needs(sites=("*.0.cell",))),
    Section("words", "Words", words.words, Needs(labels=("class",))),
    Section("exploding", "Exploding", exploding.exploding, STEPS),
    Section(
        "shortcut",
        "Short cut",
        roads.shortcut,
        Needs(sites=("attention.weights", "*.0.hidden")),
    ),
)
