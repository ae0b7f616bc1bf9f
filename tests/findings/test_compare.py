"""What is said of two traces side by side."""

import numpy as np
import pytest

from rnnviz_core.contracts.task import record
from rnnviz_core.findings import compare
from rnnviz_core.findings.compare import changed


@pytest.mark.parametrize(
    "one, other, words, start",
    [
        ("▁not ▁a ▁film", "▁a ▁film", "without “not”", 0),
        ("▁a ▁film", "▁a ▁good ▁film", "with “good” added", 1),
        ("▁a ▁good ▁film", "▁a ▁bad ▁film", "with “bad” for “good”", 1),
        ("▁a ▁film ▁did n't ▁work", "▁a ▁film ▁work", "without “did n't”", 2),
    ],
)
def test_one_change_is_named(one: str, other: str, words: str, start: int) -> None:
    found = changed(one.split(), other.split())
    assert found is not None
    assert (found.words.replace("didn't", "did n't"), found.start) == (words, start)
    for place, there in found.pairs:
        assert one.split()[place] == other.split()[there]


@pytest.mark.parametrize("other", ["▁a", "▁b ▁c ▁d", "▁a ▁b ▁x ▁y ▁z ▁w ▁c"])
def test_many_changes_have_no_name(other: str) -> None:
    assert changed(["▁a", "▁b", "▁c", "▁d", "▁e", "▁f"], other.split()) is None


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_states_part_where_they_are_furthest_apart(cell: str, make_sentiment) -> None:
    network = make_sentiment(cell, hidden=7)
    this, other = (record(network, f"the film {word}dull.") for word in ("was ", ""))
    (found,) = compare(this, other)
    assert found.claim.startswith("Without “")
    pieces = [token.text for token in this.tokens["time"]]
    gone = len(pieces) - len(other.tokens["time"])
    mine, its = (one["encoder.0.hidden"].astype(float) for one in (this, other))
    start = next(
        at for at in range(len(its)) if this.tokens["time"][at].text != other.tokens["time"][at].text
    )
    apart = [float(np.sqrt(((mine[at + gone] - its[at]) ** 2).sum())) for at in range(start, len(its))]
    assert np.array_equal(mine[:start], its[:start])  # before the change nothing differs
    assert found.numbers["apart"] == pytest.approx(max(apart), rel=1e-5)
    assert f"by {max(apart):.2f}" in found.claim
    assert found.where.step == start + gone + int(np.argmax(apart))
    if "at_end" in found.numbers:
        assert found.numbers["at_end"] == pytest.approx(apart[-1], rel=1e-5)
        assert ("stay apart" in found.claim) == (apart[-1] >= max(apart) / 2)
    assert found.numbers["other"] == pytest.approx(float(other["readout.probabilities"].max()))
    assert other.meta["label"] in found.claim


def test_two_networks_on_one_text(make_sentiment, make_translation) -> None:
    text = "this story was never bad"
    (found,) = compare(record(make_sentiment("gru"), text), record(make_sentiment("lstm"), text))
    assert found.claim.lower().startswith("sentiment-gru predicts ")
    (found,) = compare(
        *(record(make_translation("gru", kind), "la casa era buena") for kind in ("luong", "none"))
    )
    assert found.where.section == "confidence"


def test_where_nothing_can_be_compared(make_sentiment, make_translation) -> None:
    one, other = make_sentiment("gru"), make_sentiment("lstm")
    assert compare(record(one, "a film"), record(other, "a song")) == ()
    assert compare(record(one, "a film"), record(one, "a film")) == ()
    assert compare(record(one, "la casa"), record(make_translation("gru"), "la casa")) == ()
