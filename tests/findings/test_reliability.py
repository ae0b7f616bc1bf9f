"""What was measured on texts like this one, read off a model's figures, whatever these hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_trace import sentiment_trace

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import record
from rnnviz_core.findings import reliability
from rnnviz_core.findings.reliability import LONG, PAIRS, PROBES
from rnnviz_core.models.classifier_spec import SENTIMENT_CLASSES

ROOT = Path(__file__).resolve().parents[2]
METRICS = {
    "probes": [
        {"name": "negation", "rows": 24, "accuracy2": 62.5},
        {"name": "contrast", "rows": 12, "accuracy2": 75.0},
        {"name": "long", "rows": 12, "accuracy2": 50.0},
    ],
    "pairs": {"families": {"never": [0, 4], "wish": [2, 4], "enough": [4, 4]}},
    "everyday": {"rows": 240, "accuracy2": 88.75},
}


def trace_of(text: str):
    trace = sentiment_trace("gru", words=tuple(f"▁{word}" for word in text.split()))
    answer = {"readout.probabilities": np.array([0.05, 0.1, 0.15, 0.574, 0.126])}
    axes = {**trace.axes, "readout.probabilities": ("class",)}
    labels = {**trace.labels, "class": SENTIMENT_CLASSES}
    return replace(trace, arrays={**trace.arrays, **answer}, axes=axes, labels=labels)


RIGHT = "classified correctly as positive or negative."


def told(text: str, metrics=METRICS, card: str = ""):
    trace = trace_of(text)
    object.__setattr__(trace, "text", text)
    return reliability(trace, metrics, card)


def test_a_text_is_told_what_its_kind_scored() -> None:
    found = told("I would never go there, but I wish I could.")
    assert f"Of our 24 test sentences with a negation, 62.5\N{NO-BREAK SPACE}% were {RIGHT}" in found.lines
    assert f"Of our 12 test sentences with a contrast, 75.0\N{NO-BREAK SPACE}% were {RIGHT}" in found.lines
    assert "Of 4 pairs of sentences with “never”, none had both sentences right." in found.lines
    assert "Of 4 pairs of sentences with “wish”, 2 had both sentences right." in found.lines
    assert found.doubt == "of 4 pairs of sentences with “never”, none had both sentences right"
    plain = told("The tea is warm enough.")  # where all pairs were right there is nothing to warn of
    assert plain.lines == (f"Of our 240 everyday test sentences, 88.8\N{NO-BREAK SPACE}% were {RIGHT}",)
    assert plain.doubt == ""
    assert any(
        "our 12 test sentences of" in line and "50.0\N{NO-BREAK SPACE}%" in line
        for line in told("good " * LONG).lines
    )


def test_marks_are_words_of_the_sets_that_were_measured() -> None:
    """Each mark is in sentences of its own family, and every family has the name it had."""
    rows = [line.split("\t") for line in (ROOT / "tests/material/own/pairs.tsv").read_text().splitlines()[1:]]
    families = {row[0] for row in rows}
    assert set(PAIRS) <= families
    for name, pattern in PAIRS.items():
        one = {"probes": [], "pairs": {"families": {name: [0, 4]}}}
        marked = [bool(told(row[3], one).doubt) for row in rows if row[0] == name]
        assert sum(marked) * 4 >= len(marked), (name, pattern)  # of many pairs one member has the mark
    sets = [line.split("\t") for line in (ROOT / "tests/material/sentences.tsv").read_text().splitlines()[1:]]
    for name in PROBES:
        one = {"probes": [{"name": name, "rows": 1, "accuracy2": 1.0}]}
        marked = [bool(told(row[2], one).lines) for row in sets if row[0] == name]
        assert sum(marked) * 3 > len(marked)  # half of the set are the sentences without
    assert min(len(row[2].split()) for row in sets if row[0] == "long") == LONG


@pytest.mark.parametrize(
    "metrics",
    [
        {"probes": 3, "pairs": [], "by_length": {}, "by_level": "x", "everyday": None, "facts": 1},
        {"probes": [{"name": "negation"}, 5], "pairs": {"families": {"never": "no", "wish": [1]}}},
        {"probes": [{"name": "negation", "accuracy2": "<b>", "rows": 1}], "pairs": {"families": [1]}},
        {"by_length": [{"name": 5, "bleu_lower": 1}, 7], "by_level": [{"rmse": "x"}, 3]},
        {"by_probability": [3, {"name": "up to 100%"}, {"name": "over 1% 2%", "rows": 40, "right": "x"}]},
    ],
)
def test_figures_may_be_anything(metrics) -> None:
    assert told("I wish it would never end.", metrics).doubt == ""


def test_an_answer_is_told_how_often_such_a_probability_was_right() -> None:
    """In the band of the answer's own probability; below a third of them right, it is likely wrong."""
    share = 100 * trace_of("good")["readout.probabilities"].max()
    low, high = int(share), int(share) + 1
    bands = [
        {"name": f"up to {low}%", "rows": 100, "right": 1},
        {"name": f"{low}% to {high}%", "rows": 90, "right": 40},
        {"name": f"over {high}%", "rows": 100, "right": 99},
    ]
    found = told("good", {"by_probability": bands})
    said = (
        f"Of 90 test texts whose answer had a probability of {low} to {high}\N{NO-BREAK SPACE}%, "
        "44\N{NO-BREAK SPACE}% were right."
    )
    assert found.lines == (said,)
    assert found.doubt == ""
    bands[1]["right"] = 29
    assert told("good", {"by_probability": bands}).doubt.endswith(
        f"{low} to {high}\N{NO-BREAK SPACE}%, 32\N{NO-BREAK SPACE}% were right"
    )
    bands[1]["rows"] = 29
    assert told("good", {"by_probability": bands}).lines == (), "of so few nothing follows"


@pytest.mark.parametrize("model", ["es-en-gru-luong", "sunspots-gru", "sentiment-tiny-gru"])
def test_shipped_models_tell_theirs(model: str) -> None:
    entry = checkpoints.scan(ROOT / "checkpoints").find(model)
    text = {"es-en-gru-luong": "La casa blanca está cerca del río.", "sunspots-gru": "50 60 70"}
    trace = record(checkpoints.load(entry.path), text.get(model, "It was never dull."))
    found = reliability(trace, entry.metrics, entry.card)
    assert found.lines[0].startswith("Training data: ")
    sure = {
        "es-en-gru-luong": "Test sentences of 6 to 10 words: BLEU 47.69, on 1,113.",
        "sunspots-gru": "(middling, up to 101.6)",
        "sentiment-tiny-gru": "Irony is not understood",
    }
    assert any(sure[model] in line for line in found.lines), found.lines
    assert bool(found.doubt) == (model == "sentiment-tiny-gru")
