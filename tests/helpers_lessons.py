"""A trace with numbers that can be checked by hand, and a lesson's world around it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz_core.inputs.steps import Token
from rnnviz_core.lessons import Networks, World, parse
from rnnviz_core.tracing.trace import Trace

TEXT = "not good, not bad"
WORDS = (("▁not", 0, 3), ("▁good", 3, 8), (",", 8, 9), ("▁not", 9, 13), ("▁b", 13, 15), ("ad", 15, 17))
HIDDEN = np.array([[1.0, 0], [1, 2], [1, 2], [0, 2], [0, 1], [3, 5]])
FORGET = np.array([[0.5, 1], [0.5, 1], [1, 1], [0.5, 0.5], [1, 0.5], [0.25, 1]])
LESSON = """+++
title = "One"
aim = "Two"
minutes = 5
misconceptions = []
names = { low = "encoder.0.forget.min()" }

[traces.main]
model = "tiny"
text = "not good, not bad"

[traces.other]
model = "tiny"
text = "bad"
+++
## read: Three
Four {{ steps() | 0 }}.
"""


def trace_of(model: str, text: str, options: Mapping[str, Any]) -> Trace:
    """The same numbers for every text that ends as `TEXT` does: those of its last words."""
    count = {"bad": 2}.get(text, 6)
    shift = len(TEXT) - len(text)
    rows = slice(6 - count, 6)
    return Trace(
        model=model,
        text=text,
        tokens={
            "time": tuple(Token(word, 9, max(a - shift, 0), b - shift) for word, a, b in WORDS[rows]),
        },
        arrays={
            "encoder.0.hidden": HIDDEN[rows],
            "encoder.0.forget": FORGET[rows],
            "encoder.0.initial_hidden": np.array([1.0, 1.0]),
            "readout.logits": np.array([0.0, 1.0]),
            "readout.probabilities": np.array([0.25, 0.75]),
        },
        axes={
            "encoder.0.hidden": ("time", "unit"),
            "encoder.0.forget": ("time", "unit"),
            "encoder.0.initial_hidden": ("unit",),
            "readout.logits": ("class",),
            "readout.probabilities": ("class",),
        },
        labels={"class": ("negative", "positive")},
        meta={"task": "sentiment", "cell": "lstm", "label": "positive", "layers": 1},
        max_difference=0.0,
    )


def world(text: str = LESSON) -> World:
    """A lesson whose networks all give that trace."""
    networks = Networks(
        record=trace_of,
        gradient=lambda model, trace, of: trace,
        parameters=lambda model: 42,
        evenly=lambda model, trace: np.array([0.5, 0.5]),
        scores=lambda model: {"accuracy5": 50.0},
    )
    return World(parse(text, "one"), networks)
