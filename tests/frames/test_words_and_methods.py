"""Attributions on one scale, and what a model's card says of each method."""

import numpy as np
import pytest

from rnnviz_core import languages
from rnnviz_core.derivatives.attribution import Attribution
from rnnviz_core.frames import attribution as frames
from rnnviz_core.frames.columns import frame

FOUND = {"attention": np.array([0.5, 0.3, 0.2]), "word left out": np.array([-3.0, 1.0, 0.0])}
METHODS = {
    "delete": {"auc": 0.7, "drop": 30.0, "keep": 90.0},
    "integrated": {"auc": 0.8, "drop": 25.0, "keep": 95.0},
    "sensitivity": {"auc": 0.6, "drop": 20.0, "keep": 80.0},
    "attention": {"auc": 0.9, "drop": 10.0, "keep": 70.0},
    "random": {"drop": 3.0, "keep": 50.0},
}
SHORT = {"words": 4, "sentences": 12, "probability": 60.0, "methods": {"delete": METHODS["delete"]}}
METRICS = {"agreement": {"sentences": 1400, "probability": 50.0, "methods": METHODS, "short": SHORT}}


def test_the_grid_has_one_scale():
    rows = frame(frames.grid(("not", "a", "film"), FOUND))
    np.testing.assert_allclose(rows["share"], [0.5, 0.3, 0.2, -0.75, 0.25, 0.0])
    np.testing.assert_allclose(rows["value"], [0.5, 0.3, 0.2, -3, 1, 0])
    np.testing.assert_allclose(rows["size"], rows["share"].abs())
    assert frames.limit(FOUND) == 0.8  # 0.75, rounded up
    assert frames.limit({"nothing": np.zeros(3)}) == 0.1
    assert frames.limit({"one": np.array([2.0])}) == 1.0


def test_which_word_comes_first():
    said = frames.in_words(("not", "a", "film"), FOUND)
    assert said == "All 2 name the same word first: “not”."
    other = {**FOUND, "shapley": np.array([0.0, -1.0, 0.5])}
    assert "“not” (attention, word left out); “a” (shapley)" in frames.in_words(("not", "a", "film"), other)


def test_sums_are_told_and_relevance_that_grew():
    values = np.array([300.0, -290.0])
    about = ("margin", ("not", "good"), values, None)
    found = {
        "delete": Attribution("delete", *about, None),
        "shapley": Attribution("shapley", *about, 10.0),
        "relevance": Attribution("relevance", *about, 2.0, held=-8.0),
    }
    said = frames.sums_in_words(found)
    assert "Shapley value: the values sum to 10.000; the difference to an empty text is 10.000" in said
    assert "the words hold 10.000, the biases −8.000, of 2.000 that the logits handed back" in said
    assert "that is 295 times what was handed back" in said
    small = {"relevance": Attribution("relevance", "margin", ("a",), np.array([10.0]), None, 2.0, held=-8.0)}
    assert "times what was handed back" not in frames.sums_in_words(small)


def test_which_to_believe():
    found = frames.believed(METRICS, 12)
    assert found is not None
    assert found.rows[0] == ("word left out", "0.700", "30.0", "90.0")
    assert found.rows[-1] == ("random words", "", "3.0", "50.0")
    with languages.speak("de"):
        told = frames.believed(METRICS, 12)
        assert told is not None
        assert told.rows[0] == ("word left out", "0,700", "30,0", "90,0")
    assert found.best == {"auc": "attention", "drop": "word left out", "keep": "integrated gradients"}
    assert found.attention == (1, 4)
    said = frames.believed_in_words(found)
    assert said.startswith(
        "On 1,400 test sentences, “attention” agrees best with what people say of single words."
    )
    assert "number 1 of 4 in agreement and number 4 in the first test: to look where people do" in said
    assert "Attention, which was not trained to look at such words" in said
    taught = frames.believed({**METRICS, "command": "train sentiment --looking 0.1"}, 12)
    assert "which was trained to" in frames.believed_in_words(taught)
    short = frames.believed(METRICS, 4)
    assert short is not None
    assert (short.sentences, short.words, short.attention) == (12, 4, None)
    assert "12 test sentences of at most 4 words, “word left out” agrees best" in frames.believed_in_words(
        short
    )


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"agreement": 3},
        {"agreement": {"short": {"words": 4}}},
        {"agreement": {**METRICS["agreement"], "methods": {"delete": {"auc": "x"}}}},
        {"agreement": {**METRICS["agreement"], "methods": {}}},
        {"agreement": {**METRICS["agreement"], "methods": {"delete": {"auc": 0.5}}}},
    ],
)
def test_a_file_that_makes_no_sense(broken):
    assert frames.believed(broken, 12) is None
