"""Which attribution to believe: the figures by hand, and of a network whose answer rests on one word."""

import gzip

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.agreement_card import agreement_lines
from rnnviz_core.derivatives.methods import METHODS
from rnnviz_core.errors import SpecError
from rnnviz_core.scoring import publishing
from rnnviz_core.tasks.sentiment import agreement
from rnnviz_core.tasks.sentiment.agreement import Case, Judged
from scripts.agreement import DOCUMENT, main, table, with_agreement, with_table
from scripts.verify import verify

TREES = [
    "(3 (2 this) (3 (2 story) (3 (2 was) (3 good))))",
    "(1 (2 This) (1 (2 story) (1 (2 was) (1 (2 n't) (1 (3 good) (2 -LRB-))))))",
    "(2 (2 "
    + ") (2 ".join(["this", "story", "was", "a", "story", "of", "a", "story", "and", "it", "was", "long"])
    + "))",
]


@pytest.fixture
def trees(tmp_path) -> str:
    path = tmp_path / "trees.tsv"
    path.write_text("\n".join(["split\ttree", *(f"test\t{tree}" for tree in TREES)]) + "\n")
    return str(path)


def of_one_word(make_sentiment, piece: str):
    """A bag of words in which every row but that of `piece` is zero: nothing else can speak."""
    model = make_sentiment("none")
    row = torch.ones(model.embedding.weight.shape[1])
    model.embedding.weight.data.zero_()
    model.embedding.weight.data[model.tokenizer.pieces.index(piece)] = row
    model.output.weight.data.zero_()
    model.output.weight.data[3] = 4 * row / len(row)
    model.output.bias.data.zero_()
    return model


def test_the_word_that_the_answer_rests_on(make_sentiment, trees):
    found = agreement.measure(of_one_word(make_sentiment, "g"), trees)["agreement"]
    assert (found["sentences"], found["labelled"], found["trees"]) == (3, 2, "trees.tsv, split test")
    assert list(found["methods"]) == [*(name for name in METHODS if name != "shapley"), "random"]
    assert list(found["short"]["methods"]) == [*METHODS, "random"]
    short = found["short"]
    assert (short["sentences"], short["words"]) == (2, 10)
    for name, one in short["methods"].items():
        if name == "random":
            assert "auc" not in one
            assert one["drop"] < short["methods"]["delete"]["drop"]
            continue
        assert one["auc"] == 1.0  # “good” alone has any attribution
        # Without it all five classes are alike; alone its row is the mean, and the answer is surer.
        assert one["drop"] == pytest.approx(short["probability"] - 20, abs=0.1)
        assert one["keep"] > 100


def test_means_by_hand():
    judged = Judged(0.5, 0.2, 0.3), Judged(None, 0.4, 0.3)
    rest = {name: Judged(0.5, 0.0, 0.0) for name in METHODS if name != "shapley"}
    cases = [Case(4, 0.6, {**rest, "delete": judged[0]}), Case(12, 0.4, {**rest, "delete": judged[1]})]
    found = agreement._means(cases)
    assert found["methods"]["delete"] == {"auc": 0.5, "drop": 20.0, "keep": 60.0}
    assert (found["sentences"], found["labelled"], found["probability"]) == (2, 1, 50.0)
    assert "shapley" not in found["methods"]  # neither has it
    one = {**cases[0].judged, "shapley": judged[0]}
    assert "shapley" not in agreement._means([cases[0]._replace(judged=one), cases[1]])["methods"]


def test_attention_and_a_drawn_part(make_sentiment, trees):
    model = make_sentiment("gru", "pooling")
    found = agreement.measure(model, trees, sentences=2, seed=3)["agreement"]
    assert found["sentences"] == 2
    assert "attention" in found["methods"]
    assert found == agreement.measure(model, trees, sentences=2, seed=3)["agreement"]


def test_classes_without_an_order(make_sentiment, trees):
    model = make_sentiment("gru", classes=("a", "b", "c"), ordered=False)
    with pytest.raises(SpecError, match="no order"):
        agreement.measure(model, trees)


def test_the_card_holds_every_figure(make_sentiment, trees):
    found = agreement.measure(make_sentiment("gru", "pooling"), trees)["agreement"]
    lines = agreement_lines(found, "own")
    for part in (found, found["short"]):
        for one in part["methods"].values():
            assert any(f"| {one['drop']:.1f} | {one['keep']:.1f} |" in line for line in lines)
    assert np.all([len(line) <= 110 for line in lines])
    assert "python -m scripts.agreement own --data DATA --sentences 3" in lines
    for card in (
        "# own\n\n## Where it fails\n\nrest",
        "# own\n\n## What attention points at\n\n## Where it fails\n",
    ):
        once = with_agreement(card, lines)
        assert once == with_agreement(once, lines)
        assert once.replace("\n".join(lines) + "\n", "") == card
    assert agreement_lines({}, "own") == []


def test_the_command_writes_and_finds_what_differs(make_sentiment, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    table_of_trees = "\n".join(["split\ttree", *(f"test\t{tree}" for tree in TREES)]) + "\n"
    (tmp_path / "data" / "sst_trees.tsv.gz").write_bytes(gzip.compress(table_of_trees.encode()))
    models = tmp_path / "models"
    checkpoints.save(make_sentiment("gru"), models / "own", {}, "# own\n\n## Where it fails\n\nrest")
    words = ["--data", str(tmp_path / "data"), "--folder", str(models), "--sentences", "2"]
    run = CliRunner().invoke
    assert run(main, words).exit_code == 1
    assert run(main, [*words, "--write"]).exit_code == 0
    assert run(main, words).exit_code == 0
    (entry,) = checkpoints.scan(models).entries
    assert "## What the answer rests on" in entry.card
    monkeypatch.setattr(publishing, "measure", lambda *_: {})
    monkeypatch.setattr("scripts.verify.test_of", lambda *_: None)
    assert verify(entry, tmp_path / "data") == []
    entry.metrics["agreement"]["methods"]["delete"]["drop"] += 1
    (line,) = verify(entry, tmp_path / "data")
    assert line.startswith("own, agreement, methods, delete, drop: the card says ")


def test_the_document_holds_the_figures_of_the_cards():
    entries = checkpoints.scan(places.shipped()).entries
    assert sum("agreement" in entry.metrics for entry in entries) == 11
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_table(text, table(entries)) == text
    for entry in entries:
        if found := entry.metrics.get("agreement"):
            assert with_agreement(entry.card, agreement_lines(found, entry.id)) == entry.card
