"""How unlike a text is to those a model knows: by hand, and on the shipped models."""

from pathlib import Path

import pytest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.inputs import likeness
from rnnviz_core.inputs.likeness import Likeness, beyond, measure
from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.tasks.sentiment.opinions import SENTIMENT
from rnnviz_core.tasks.translation.english import ENGLISH
from rnnviz_core.tasks.translation.french import FRENCH
from rnnviz_core.tasks.translation.german import GERMAN
from rnnviz_core.tasks.translation.spanish import SPANISH

ROOT = Path(__file__).resolve().parents[2]
OWN = (ROOT / "tests" / "material" / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
SCAN = checkpoints.scan(ROOT / "checkpoints")
ENTRIES = [entry for entry in SCAN.entries if task_of_spec(entry.spec).vocabularies]  # those that read text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((("▁the", 4), ("▁film", 5)), Likeness(0, 0, 2)),
        ((("▁a", 4), ("▁film", 5)), Likeness(0, 0, 2)),  # a word of one letter is a word
        ((("▁l", 4), ("u", 5), ("gar", 6), (".", 7)), Likeness(40, 0, 4, 100)),  # 2 of 5 letters
        ((("▁", 4), ("z", 5), ("or", 6)), Likeness(33, 0, 3, 100)),
        ((("▁good", 4), ("▁", 5), ("🍿", UNK)), Likeness(0, 33, 3)),
        ((("▁", 4), ("電影", UNK)), Likeness(0, 50, 2)),  # letters nobody knows are not counted twice
        ((("▁furcht", 4), ("bar", 5), ("▁film", 6)), Likeness(0, 0, 3, 23)),  # 3 of 13 letters
        ((("▁good", 4), ("▁", 5), ("<0xE9>", 6)), Likeness(0, 33, 3)),  # a byte is not a letter
        ((), Likeness(0, 0, 0)),
    ],
)
def test_the_numbers_by_hand(pieces, expected):
    assert measure(pieces) == expected


def test_what_99_in_100_stay_within(english):
    texts = ["the film was dull."] * 990 + ["q x q x"] * 9 + ["q x q x q x q x q x q x"]
    found = likeness.usual(english, texts)
    assert found == {**likeness.usual(english, texts[:1]), "texts": 1000}
    assert likeness.usual(english, texts[:900] + texts[-100:-10] * 10)["texts"] == 1800
    many = likeness.usual(english, texts[:980] + ["q x q x"] * 20)
    assert many["unknown"] > found["unknown"]


def test_a_text_is_beyond_only_above_what_is_usual():
    usual = {"lone": 20, "unknown": 4, "pieces": 60, "texts": 100}
    assert beyond(Likeness(20, 4, 60), usual) == ()
    over = [reason.split("\N{NO-BREAK SPACE}%")[0] for reason in beyond(Likeness(21, 5, 60), usual)]
    assert over == ["21", "5"]
    assert beyond(Likeness(0, 0, 61), usual) == ("it has 61 tokens (there at most 60)",)


@pytest.mark.parametrize("usual", [None, 3, "x", [], {}, {"lone": "20"}, {"lone": None, "pieces": []}])
def test_nothing_is_said_where_nothing_was_measured(usual):
    assert beyond(Likeness(100, 100, 10**6), usual) == ()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_shipped_models_mark_other_languages_and_seldom_their_own(entry):
    """Every model says what it is used to; our own sentences in its language are, in another they are not."""
    usual = entry.metrics["usual"]
    assert usual["texts"] == entry.metrics.get("sources", entry.metrics["rows"])
    for name in ("lone", "unknown", "pieces", "short"):
        assert str(usual[name]) in entry.card.split("## Texts like the test texts")[1].split("## Data")[0]
    tokenizer = vocabularies.load(entry.path, "source")

    def marked(texts: list[str]) -> float:
        cut = [tokenizer.encode(text).tokens for text in texts]
        return sum(bool(beyond(likeness.of_tokens(tokens), usual)) for tokens in cut) / len(texts)

    spanish, german, french = ([one.text for one in group] for group in (SPANISH, GERMAN, FRENCH))
    english = [line.split("\t")[-1] for line in OWN if line] + [example.text for example in SENTIMENT]
    if entry.spec.task == "sentiment":
        assert marked(english) < 0.1
        assert marked([text for text in spanish + german + french if len(text.split()) > 3]) > 0.95
        assert marked(["電影很好看。", "The 🍿 was better than the 電影."]) == 1
        assert marked(["I love it 😍", "so tired of this 😡"]) == 0  # pieces of their own
    else:
        own = {"es": spanish, "de": german, "fr": french, "en": [example.text for example in ENGLISH]}
        mine = own.pop(entry.spec.source)
        if entry.spec.source != "en":
            own["en"] += english  # of reviews; for those who read English neither theirs nor another language
        other = [text for texts in own.values() for text in texts]
        assert marked(mine) < 0.5  # among them made-up words, names and idioms
        assert marked([text for text in other if len(text.split()) > 3]) > 0.8
