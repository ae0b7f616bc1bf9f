"""Where attention points: words against labels, by hand and on a model whose weights are known."""

import numpy as np
import pytest
import torch

from rnnviz_core.checkpoints.pointing_card import pointing_lines
from rnnviz_core.errors import SpecError
from rnnviz_core.frames.attention import audit_in_words
from rnnviz_core.tasks.sentiment import pointing
from rnnviz_core.tasks.sentiment.pointing import Read, Sentence, area
from scripts.attention_audit import with_pointing

TREES = {
    "train": "(2 (2 this) (2 (2 story) (3 (2 was) (3 good))))",
    "test": "(1 (2 This) (1 (2 story) (1 (2 was) (1 (2 n't) (1 (3 good) (2 -LRB-))))))",
}


@pytest.fixture
def tables(tmp_path):
    trees, opinions = tmp_path / "trees.tsv", tmp_path / "opinions.tsv"
    rows = [f"{split}\t{tree}" for split, tree in TREES.items()]
    trees.write_text("\n".join(["split\ttree", *rows, f"test\t{TREES['train']}"]) + "\n")
    lines = ["split\tdrop\topinions\ttext", "dev\t\t2-3:P\tthe old is good", "dev\tdup\t0-0:P\tbad"]
    opinions.write_text("\n".join(lines) + "\n")
    return str(trees), str(opinions)


def test_the_area_by_hand():
    weights = np.array([0.5, 0.2, 0.2, 0.1])
    assert area(weights, np.array([True, False, False, False])) == 1
    assert area(weights, np.array([False, False, False, True])) == 0
    assert area(weights, np.array([False, True, False, False])) == pytest.approx((0 + 0.5 + 1) / 3)


def test_equal_weights_are_chance_and_change_nothing(make_sentiment, tables):
    """All states score alike, so every piece has the same weight: a word's is the number of its pieces."""
    model = make_sentiment("gru", "pooling")
    model.attention.score.weight.zero_()
    found = pointing.measure(model, *tables)["pointing"]
    assert found["uniform"] == {"rows": 2, "changed": 0.0}
    assert found["sentences"] == 2
    assert found["negators"]["words"] == 1
    assert found["trees"] == "trees.tsv, split test"
    assert found["opinions"]["rows"] == 1  # what has a reason to be dropped is dropped
    assert found["unseen"]["words"] == 0  # "good" has a label in training


def test_with_equal_weights_the_end_has_its_share_of_the_pieces(make_sentiment, tables):
    model = make_sentiment("gru", "pooling")
    model.attention.score.weight.zero_()
    shares = []
    for split, sentence in pointing.parsed(tables[0]):
        if split == "test":
            *before, last = (model.tokenizer.encode(text) for text in (sentence.text, sentence.words[-1]))
            shares.append(len(last.ids) / len(before[0].ids))
    assert pointing.at_the_end(model, tables[0]) == pytest.approx(100 * np.mean(shares), abs=1e-3)


def test_pieces_are_summed_to_words_and_nothing_is_lost(make_sentiment):
    model = make_sentiment("lstm", "pooling")
    sentences = [Sentence(("This", "story", "was", "n't", "unfathomable", "!"), np.zeros(6, bool))] * 3
    for one in pointing._read(model, sentences):
        assert one.weights.sum() == pytest.approx(1)
        assert (one.pieces > 0).all()
        assert one.pieces[4] > 1
    encoding = model.tokenizer.encode(" ".join(sentences[0].words))
    assert one.pieces.sum() == len(encoding.ids)
    ids = torch.tensor([encoding.ids])
    attended = model(ids, torch.tensor([ids.shape[1]]), attended=True)[1]
    assert one.weights[0] == pytest.approx(float(attended.weights[0, : one.pieces[0]].sum()), abs=1e-6)


def test_agreement_negators_and_unseen_words_by_hand():
    sentence = Sentence(("not", "a", "superb", "film", "."), np.array([False, False, True, False, False]))
    read = Read(np.array([0.4, 0.1, 0.3, 0.15, 0.05]), np.array([1, 1, 1, 3, 1]), True)
    found = pointing._agreement([sentence], [read])
    assert found["auc"] == pytest.approx(2 / 3, abs=1e-3)  # above "a" and "film", below "not"
    assert (found["heaviest"], found["heaviest_negators"], found["auc_negators"]) == (0.0, 100.0, 1.0)
    assert pointing._negators([sentence], [read]) == {"words": 1, "shares": 2.0}
    assert pointing._unseen([sentence], [read], {"not", "a", "film"}) == {"words": 1, "outrank": 100.0}
    headed = read._replace(weights=np.array([0.1, 0.1, 0.2, 0.6, 0.0]))
    assert pointing._agreement([sentence], [headed])["rare"] == 100.0


def test_without_attention_there_is_nothing_to_compare(make_sentiment, tables):
    with pytest.raises(SpecError, match="has no attention"):
        pointing.measure(make_sentiment("gru"), *tables)


def test_the_page_says_what_was_measured_and_whether_it_was_supervised(make_sentiment, tables):
    found = pointing.measure(make_sentiment("gru", "pooling"), *tables)
    said = audit_in_words({**found, "command": "train sentiment --looking 0.1"})
    assert f"in {100 * float(found['pointing']['auc']):.0f}\N{NO-BREAK SPACE}% of pairs" in said
    assert "its attention was trained to do so" in said
    assert "not trained to do so" in audit_in_words({**found, "command": "train sentiment"})
    for broken in (
        {},
        {"pointing": 3},
        {"pointing": {"auc": "x", "sentences": 1, "uniform": {"changed": 1}}},
    ):
        assert audit_in_words(broken) == ""


def test_the_card_holds_the_figures(make_sentiment, tables):
    found = pointing.measure(make_sentiment("gru", "pooling"), *tables)["pointing"]
    card = "\n".join(pointing_lines(found, "own"))
    assert f"| {found['auc']:.3f} |" in card
    assert "python -m scripts.attention_audit own --data DATA" in card
    whole = "# own\n\n## Where it fails\n\nrest"
    once = with_pointing(whole, pointing_lines(found, "own"))
    assert once == with_pointing(once, pointing_lines(found, "own"))
    assert once.endswith("## Where it fails\n\nrest")
    assert once.startswith("# own\n\n## What attention points at\n")
