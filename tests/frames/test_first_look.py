"""The token and the unit that pages open with, found again by hand from the recorded numbers."""

from itertools import pairwise

import numpy as np
import pytest
from helpers_recorder import sentiment_model, translation_model

from rnnviz_core.contracts.task import record
from rnnviz_core.frames import first_look
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.tokens import step_texts

TEXT = "the soup was warm and the bread was fresh ."


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_first_look_is_where_the_verdict_moved_most(cell):
    trace = record(sentiment_model(cell=cell), TEXT)
    shares, texts = trace["readout.prefix_probabilities"].astype(float), step_texts(trace, "encoder")
    moved = {
        step: sum(abs(now - then) for now, then in zip(shares[step], shares[step - 1], strict=True)) / 2
        for step in range(1, len(texts))
        if any(letter.isalpha() for letter in texts[step])
    }
    assert first_look.step(trace, "encoder") == max(moved, key=moved.get)


def test_a_decoder_opens_where_its_state_moved_most_and_not_at_its_end():
    trace = record(translation_model(), "la sopa estaba caliente")
    states = [trace["decoder.0.initial_hidden"], *trace["decoder.0.hidden"]]
    lengths = [float(np.sqrt(((now - then) ** 2).sum())) for then, now in pairwise(states)]
    words = [at for at, token in enumerate(trace.tokens["target"]) if token.text != "</s>" and at]
    found = first_look.step(trace, "decoder")
    assert found == max(words, key=lengths.__getitem__) if words else found == 0


@pytest.mark.parametrize(("text", "expected"), [(".", "."), ("warm .", "warm"), (". . warm .", "warm")])
def test_punctuation_is_looked_at_only_where_there_is_nothing_else(text, expected):
    trace = record(sentiment_model(), text)
    pieces = step_texts(trace, "encoder")
    found = pieces[first_look.step(trace, "encoder")]
    assert found == "." if expected == "." else any(letter.isalpha() for letter in found)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_unit_is_the_one_whose_state_changed_most(reverse):
    trace = record(sentiment_model(bidirectional=True), TEXT)
    place = Layer("encoder", 0, reverse)
    for state in ("hidden", "cell"):
        values = trace[place.site(state)]
        for position in (0, 3, len(values) - 1):
            before = position + 1 if reverse else position - 1
            old = values[before] if 0 <= before < len(values) else np.zeros(values.shape[1])
            change = [abs(float(new - then)) for new, then in zip(values[position], old, strict=True)]
            assert change[first_look.unit(trace, place, position, state)] == max(change)
