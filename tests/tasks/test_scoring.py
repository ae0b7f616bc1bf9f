"""Scores against values worked out by hand, and sacreBLEU against its own command line."""

import pytest
import torch
from datasets import Dataset

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.tasks.sentiment import scoring as judging
from rnnviz_core.tasks.sentiment.scoring import evaluate_sentiment
from rnnviz_core.tasks.translation import scoring as writing
from rnnviz_core.tasks.translation.scoring import evaluate_translation


@pytest.fixture
def decided(monkeypatch, make_sentiment):
    """A model whose logits for four texts are given."""
    rows = [[4.0, 0, 0, 0, 0], [0, 0, 4.0, 0, 0], [0, 0, 0, 2.0, 1.9], [0, 0, 0, 0, 4.0]]
    monkeypatch.setattr(judging, "sentiment_logits", lambda _model, ids: torch.tensor(rows[: len(ids)]))
    return make_sentiment()


def table(**columns):
    return Dataset.from_dict({"text": ["one", "two", "three", "four"], **columns})


def test_five_labels_give_all_three_figures(decided):
    scores = evaluate_sentiment(decided, table(label5=["0", "2", "4", "1"]), "own.tsv")
    assert scores == {
        "rows": 4,
        "accuracy5": 50.0,
        "accuracy3": 75.0,
        "accuracy2": pytest.approx(200 / 3),  # the neutral row is left out
    }


def test_right_answers_are_counted_by_their_probability():
    """Four texts: sure and right, sure and wrong, torn and right, one without a label."""
    logits = torch.tensor([[4.0, 0, 0], [0, 4.0, 0], [0, 1.0, 0.9], [9.0, 0, 0]])
    shares = logits.softmax(-1).max(-1).values
    assert [round(float(share), 2) for share in shares] == [0.96, 0.96, 0.44, 1.0]
    found = judging.by_probability(logits, [0, 2, 1, None])
    assert found == {"40% to 50%": {"rows": 1, "right": 1}, "over 90%": {"rows": 2, "right": 1}}


def test_coarser_labels_give_what_they_allow(decided):
    scores = evaluate_sentiment(decided, table(label3=["0", "1", "2", "0"]), "own.tsv")
    assert scores == {"rows": 4, "accuracy3": 75.0, "accuracy2": pytest.approx(200 / 3)}
    scores = evaluate_sentiment(decided, table(label2=["0", "", "1", "1"]), "own.tsv")
    assert scores == {"rows": 4, "accuracy2": 100.0}


def test_a_given_coarse_label_is_used_as_given(decided):
    scores = evaluate_sentiment(
        decided, table(label5=["0", "2", "4", "1"], label2=["0", "1", "1", "1"]), "own.tsv"
    )
    assert scores["accuracy2"] == 75.0  # row two has mass on neither side: it counts as the lower


def test_missing_and_unknown_labels_are_named(decided):
    with pytest.raises(DataError, match=r"own\.tsv: no label column; it needs one of label5, label3, label2"):
        evaluate_sentiment(decided, table(), "own.tsv")
    with pytest.raises(DataError, match="data row 2, column 'label2': unknown label '3'"):
        evaluate_sentiment(decided, table(label2=["0", "3", "1", "1"]), "own.tsv")


def test_translation_figures_are_sacrebleus(make_translation, monkeypatch):
    import sacrebleu

    references = ["The house is very big today.", "A dog sleeps here on the old floor."]
    outputs = ["the house is very big today.", "A dog sleeps there on the old floor."]
    said = iter(outputs)
    monkeypatch.setattr(writing, "translate", lambda _model, _text, beam: next(said))
    pairs = corpora.Pairs(["la casa es buena.", "la película era aburrida."], references)
    scores = evaluate_translation(make_translation(), pairs, beam=2)
    assert scores["rows"] == 2
    assert scores["bleu"] == sacrebleu.corpus_bleu(outputs, [references]).score
    assert scores["bleu_lower"] == sacrebleu.corpus_bleu(outputs, [references], lowercase=True).score
    assert scores["chrf"] == sacrebleu.corpus_chrf(outputs, [references]).score
    assert scores["bleu"] < scores["bleu_lower"] < 100
    assert "case:lc" in scores["signature"]["bleu_lower"]
    assert "case:mixed" in scores["signature"]["bleu"]


def test_perplexity_is_that_of_the_reference(make_translation):
    model = make_translation("gru", "luong")
    pairs = corpora.Pairs(["la casa es buena."], ["the film was good."])
    scores = evaluate_translation(model, pairs)
    ids = [2, *model.target_tokenizer.ids("the film was good."), 3]
    source = torch.tensor([model.source_tokenizer.ids("la casa es buena.")])
    logits = model(source, torch.tensor([source.shape[1]]), torch.tensor([ids[:-1]]))[0]
    expected = -torch.log_softmax(logits, -1)[range(len(ids) - 1), ids[1:]].mean()
    assert scores["perplexity"] == pytest.approx(expected.exp().item(), rel=1e-5)


def test_bleu_by_length_counts_words_of_the_source(make_translation, monkeypatch):
    import sacrebleu

    sources = ["uno dos", "uno dos tres cuatro cinco seis", "uno " * 12]
    references = ["one two of them here", "one two three four five six", "one " * 12]
    said = iter(["one two of them there", "one two three four five six", "one " * 11])
    monkeypatch.setattr(writing, "translate", lambda _model, _text, beam: next(said))
    scores = evaluate_translation(make_translation(), corpora.Pairs(sources, references), by_length=True)
    parts = scores["by_length"]
    assert [part["rows"] for part in parts.values()] == [1, 1, 1]
    assert parts["6 to 10 words"]["bleu_lower"] == pytest.approx(100)
    expected = sacrebleu.corpus_bleu(["one two of them there"], [references[:1]], lowercase=True).score
    assert parts["up to 5 words"]["bleu_lower"] == expected
