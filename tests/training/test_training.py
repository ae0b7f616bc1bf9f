"""Training learns, repeats, resumes after a kill, and explains settings that make no sense."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs.corpora import Pairs
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.search.beam import translate
from rnnviz_core.tasks.sentiment.objective import mean_answers, polarity_loss, second_side, sentiment_scores
from rnnviz_core.tasks.translation import objective
from rnnviz_core.training import loop
from rnnviz_core.training.batches import Example, bucketed, collate
from rnnviz_core.training.objectives import disagreement
from rnnviz_core.training.runs import Run, execute, prepare
from rnnviz_core.training.settings import Optimizer, Precision, Schedule, TrainingConfig, rate_factor
from rnnviz_core.training.state import STATE

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"awful": 0, "weak": 1, "plain": 2, "fine": 3, "superb": 4}
THINGS = ("story", "ending", "song", "cast", "plot", "trip", "meal", "house")
NOUNS = {"gato": "cat", "perro": "dog", "libro": "book", "coche": "car", "barco": "boat", "queso": "cheese"}
ADJECTIVES = {"rojo": "red", "viejo": "old", "nuevo": "new", "blanco": "white"}


@pytest.fixture
def texts(tmp_path):
    rows = [
        (label, f"{start} {word} {thing}")
        for start, (word, label), thing in product(("a", "the", "this"), WORDS.items(), THINGS)
    ]
    path = tmp_path / "texts.tsv"
    lines = [f"{'dev' if i % 7 == 0 else 'train'}\t{label}\t{text}" for i, (label, text) in enumerate(rows)]
    path.write_text("\n".join(["split\tlabel5\ttext", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def sentences(tmp_path):
    rows = [
        (f"el {noun} {adjective}", f"the {english} {noun_english}")
        for (noun, noun_english), (adjective, english) in product(NOUNS.items(), ADJECTIVES.items())
    ]
    path = tmp_path / "pairs.tsv"
    lines = [f"{'val' if i % 9 == 0 else 'train'}\t{es}\t{en}" for i, (es, en) in enumerate(rows)]
    path.write_text("\n".join(["split\tes\ten", *lines]) + "\n", encoding="utf-8")
    return path


def sentiment_run(texts, **config):
    spec = SentimentSpec("gru", embedding=12, hidden=8)
    settings = {"epochs": 6, "batch": 8, "rate": 0.03, **config}
    return Run(spec, str(texts), vocabulary=80, config=TrainingConfig(**settings))


def test_a_sentiment_model_learns_words_it_was_shown(texts, tmp_path):
    path, progress = execute(sentiment_run(texts, epochs=14, average=0.9), tmp_path / "run", quiet=True)
    assert progress.epoch == 14
    assert progress.figures["accuracy5"] == 100
    model = checkpoints.load(path)
    ids = model.tokenizer.ids("the superb story")
    assert model(torch.tensor([ids]), torch.tensor([len(ids)])).argmax().item() == 4
    metrics = json.loads((path / "metrics.json").read_text())
    assert metrics["validation"] == progress.figures
    log = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == list(range(1, 15))
    assert log[-1]["train_loss"] < log[0]["train_loss"]


def test_the_loss_of_a_side_is_that_of_its_classes_together():
    torch.manual_seed(1)
    logits, targets = torch.randn(4, 5), torch.tensor([3, 5, 6, 2])
    p = logits.softmax(-1)
    shares = torch.stack([p[0, 3], p[1, :2].sum(), p[2, 3:].sum(), p[3, 2]])
    torch.testing.assert_close(polarity_loss(logits, targets), -shares.log().mean())
    only = torch.tensor([5, 6, 6, 5])
    shares = torch.stack([p[0, :2].sum(), p[1, 3:].sum(), p[2, 3:].sum(), p[3, :2].sum()])
    torch.testing.assert_close(polarity_loss(logits, only), -shares.log().mean())


def test_the_disagreement_of_two_rows_is_the_mean_of_both_divergences():
    p, q = (
        torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]),
        torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]),
    )
    there, back = (p * (p / q).log()).sum(-1), (q * (q / p).log()).sum(-1)
    torch.testing.assert_close(disagreement(torch.cat((p, q)).log()), (there + back).mean() / 2)
    assert disagreement(torch.cat((p, p)).log()) == 0


def test_each_text_is_compared_with_itself_under_another_dropout(make_sentiment):
    answers = [[0.5, 0.5], [0.25, 0.75]]
    rows = [Example([4, 5, 6], 1, answers[0]), Example([7, 4], 3, answers[1])]
    batch = collate(rows).twice()
    assert batch.answers.tolist() == answers * 2
    assert batch.ids.tolist() == [[4, 5, 6], [7, 4, PAD]] * 2
    assert batch.lengths.tolist() == [3, 2] * 2
    model = make_sentiment("gru", dropout=0.5)
    logits = model.train()(batch.ids, batch.lengths)
    assert disagreement(logits) > 1e-3
    assert disagreement(model.eval()(batch.ids, batch.lengths)) < 1e-9


@pytest.mark.parametrize("task", ["sentiment", "translation"])
def test_consistency_is_part_of_the_loss(request, tmp_path, task):
    """The first epoch's mean loss grows with its weight, and a model learns with it."""
    lost = {}
    for weight in (0.0, 5.0):
        if task == "sentiment":
            run = sentiment_run(request.getfixturevalue("texts"), epochs=8, consistency=weight)
            run = replace(run, spec=replace(run.spec, dropout=0.3))
        else:
            spec = TranslationSpec("gru", "luong", embedding=12, hidden=12, dropout=0.3)
            config = TrainingConfig(epochs=8, batch=8, rate=0.03, consistency=weight)
            run = Run(spec, str(request.getfixturevalue("sentences")), vocabulary=60, config=config)
        execute(run, tmp_path / str(weight), quiet=True)
        rows = [
            json.loads(line) for line in (tmp_path / str(weight) / "metrics.jsonl").read_text().splitlines()
        ]
        assert rows[-1]["train_loss"] < rows[0]["train_loss"]
        lost[weight] = rows[0]["train_loss"]
    assert lost[5.0] > lost[0.0]


@pytest.mark.slow
def test_products_in_half_precision_leave_weights_whole(texts, tmp_path):
    run = sentiment_run(texts, epochs=14, average=0.9, precision=Precision.BFLOAT16)
    path, progress = execute(run, tmp_path / "run", quiet=True)
    assert progress.figures["accuracy5"] > 80
    with safe_open(tmp_path / "run" / STATE, framework="pt") as state:
        kept = [state.get_tensor(name) for name in state.keys()]  # noqa: SIM118 - a file, no dict
    assert {tensor.dtype for tensor in kept if tensor.is_floating_point()} == {torch.float32}
    half = checkpoints.load(path).state_dict()
    exact, _ = execute(sentiment_run(texts, epochs=14, average=0.9), tmp_path / "exact", quiet=True)
    whole = checkpoints.load(exact).state_dict()
    assert any(not torch.equal(half[name], whole[name]) for name in whole)  # it was at work


@pytest.mark.slow
def test_words_known_only_by_their_side_are_learnt(texts, tmp_path):
    """ "dreary" and "lovely" stand only among the texts that are known as negative or positive."""
    rows = [
        f"train\t{side}\t{start} {word}<br />{thing}"
        for start in ("a", "the", "this")
        for word, side in (("dreary", 0), ("lovely", 1))
        for thing in THINGS
    ]
    more = [tmp_path / f"sides-{part}.tsv" for part in (0, 1)]
    for part, path in enumerate(more):  # each source knows one of the words, the second under its own split
        own = [row.replace("train", "test") if part else row for row in rows if f"\t{part}\t" in row]
        path.write_text("\n".join(["split\tlabel\ttext", *own]) + "\n", encoding="utf-8")
    polarity = (str(more[0]), f"{more[1]}@test")
    run = replace(sentiment_run(texts, epochs=30), polarity=polarity, polarity_words=3, vocabulary=120)
    path, _ = execute(run, tmp_path / "run", quiet=True)
    model = checkpoints.load(path)
    for word, side in (("dreary", False), ("lovely", True)):
        ids = model.tokenizer.ids(f"the {word} plot")
        assert second_side(model(torch.tensor([ids]), torch.tensor([len(ids)]))).item() is side


@pytest.fixture
def teacher(texts, tmp_path):
    path, _ = execute(sentiment_run(texts, epochs=14, average=0.9), tmp_path / "teacher", quiet=True)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_model_learns_what_its_teacher_answers(texts, teacher, tmp_path, share):
    """Every label says 1; only the teacher knows better."""
    wrong = tmp_path / "wrong.tsv"
    header, *rows = texts.read_text().splitlines()
    cells = [row.split("\t") for row in rows]
    wrong.write_text("\n".join([header, *(f"{split}\t1\t{text}" for split, _, text in cells)]) + "\n")
    run = sentiment_run(wrong, epochs=20, average=0.9)
    run = replace(run, validation=str(texts), teacher=(str(teacher),), teacher_share=share)
    execute(run, tmp_path / "run", quiet=True)
    right = [line for line in rows if line.startswith("dev\t1\t")]
    alike = 100 * len(right) / sum(line.startswith("dev") for line in rows)
    expected = 100 if share else alike
    log = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(log[-1])["accuracy5"] == pytest.approx(expected)


def test_several_teachers_answer_with_their_mean_each_by_its_own_pieces(make_sentiment, teacher):
    teachers = [checkpoints.load(teacher), make_sentiment("lstm").eval()]
    assert teachers[0].tokenizer.pieces != teachers[1].tokenizer.pieces
    texts = ["the superb story", "awful", "\u200b"]  # the last one has no piece
    answers = mean_answers(teachers, texts)
    for text, answer in zip(texts, answers, strict=True):
        alone = []
        for model in teachers:
            ids = model.tokenizer.ids(text) or [UNK]
            alone.append(model(torch.tensor([ids]), torch.tensor([len(ids)]))[0].softmax(-1))
        torch.testing.assert_close(answer, (alone[0] + alone[1]) / 2)


def test_a_teacher_must_know_the_classes_or_the_languages(texts, sentences, tmp_path, make_translation):
    path = checkpoints.save(make_translation("gru", "none"), tmp_path / "other", {})
    run = replace(sentiment_run(texts), teacher=(str(path),))
    with pytest.raises(SpecError, match="cannot teach: it must answer with the classes very negative"):
        execute(run, tmp_path / "run", quiet=True)
    back = Run(TranslationSpec("gru", source="en", target="es"), str(sentences), vocabulary=60)
    with pytest.raises(SpecError, match="cannot teach: it must translate from en to es"):
        execute(replace(back, teacher=(str(path),)), tmp_path / "run", quiet=True)
    with pytest.raises(SpecError, match=r"teacher_share is 1\.5; it must be from 0 to 1"):
        replace(run, teacher_share=1.5)


@pytest.mark.slow
def test_a_translator_learns_its_teachers_translations(sentences, tmp_path):
    """Every sentence stands beside the translation of another; only the teacher knows better."""
    spec = TranslationSpec("gru", "luong", embedding=24, hidden=24, bidirectional=True)
    config = TrainingConfig(epochs=40, batch=4, rate=0.01)
    teacher, _ = execute(Run(spec, str(sentences), vocabulary=60, config=config), tmp_path / "a", quiet=True)
    header, *rows = sentences.read_text().splitlines()
    cells = [row.split("\t") for row in rows if row.startswith("train")]
    wrong = tmp_path / "wrong.tsv"
    lines = [f"train\t{cells[i][1]}\t{cells[i - 7][2]}" for i in range(len(cells))]
    wrong.write_text("\n".join([header, *lines]) + "\n")
    run = Run(spec, str(wrong), str(sentences), vocabulary=60, config=config, teacher=(str(teacher),))
    right = {}
    for share in (0.0, 1.0):
        path, _ = execute(replace(run, teacher_share=share), tmp_path / str(share), quiet=True)
        model = checkpoints.load(path)
        written = [translate(model, spanish) for _, spanish, _ in cells]
        right[share] = sum(text == row[2] for text, row in zip(written, cells, strict=True)) / len(cells)
    assert right[0.0] < 0.3 < 0.9 < right[1.0]


def test_each_epoch_draws_which_texts_are_read_with_a_teachers_translation(make_translation, monkeypatch):
    teachers = [make_translation("gru", "none"), make_translation("lstm", "none")]
    answers = {id(teachers[0]): "b", id(teachers[1]): "c"}
    monkeypatch.setattr(objective, "translations", lambda model, text, beam: [answers[id(model)], "a"])
    model = make_translation("gru", "luong")
    pairs = Pairs(["a"] * 2000, ["a"] * 2000)
    taught = objective.TranslationObjective(model, pairs, pairs, teachers=teachers, teacher_share=0.6)
    known = {(BOS, *model.target_tokenizer.ids(word), EOS): word for word in "abc"}
    assert len(known) == 3
    read = [[known[tuple(e.target)] for e in taught.training(random.Random(seed))] for seed in (0, 1)]
    assert read[0] != read[1]
    for words in read:
        shares = [words.count(word) / len(words) for word in "abc"]
        assert shares == pytest.approx([0.4, 0.3, 0.3], abs=0.04)


def test_a_teachers_translation_may_be_the_nearest_of_its_beam(make_translation, monkeypatch):
    """Likelihood comes first without, the given translation with."""
    found = {"u": ["b c", "B a", "a"], "v": ["c", "c b", "a b c"]}
    monkeypatch.setattr(objective, "translations", lambda model, text, beam: found[text])
    model = make_translation("gru", "luong")
    pairs = Pairs(["u", "v"], ["b a", "c a b c"])
    for nearest, wanted in ((False, ["b c", "c"]), (True, ["B a", "a b c"])):
        taught = objective.TranslationObjective(
            model, pairs, pairs, teachers=[model], teacher_share=1.0, teacher_nearest=nearest
        )
        read = [example.target for example in taught.training(random.Random(0))]
        assert read == [[BOS, *model.target_tokenizer.ids(text), EOS] for text in wanted]


@pytest.mark.slow
def test_a_translator_reads_other_pairs_first(sentences, tmp_path):
    """One epoch is enough for sentences that were read before under another name."""
    spec = TranslationSpec("gru", "luong", embedding=24, hidden=24)
    config = TrainingConfig(epochs=1, batch=4, rate=0.01)
    run = Run(spec, str(sentences), vocabulary=60, config=config)
    _, without = execute(run, tmp_path / "without", quiet=True)
    first = replace(run, pretrain=(str(sentences),), pretrain_epochs=39)
    path, after = execute(first, tmp_path / "with", quiet=True)
    assert after.figures["perplexity"] < 3 < 10 < without.figures["perplexity"]
    assert after.epoch == 1
    assert path == tmp_path / "with" / "es-en-gru-luong"
    assert checkpoints.scan(tmp_path / "with").entries[0].path == path


def test_a_translator_goes_on_from_a_checkpoint(sentences, tmp_path):
    """With its weights and vocabularies; another dropout may be tried, another network not."""
    spec = TranslationSpec("gru", "luong", embedding=24, hidden=24)
    config = TrainingConfig(epochs=1, batch=4, rate=1e-7)
    run = Run(spec, str(sentences), vocabulary=60, config=config)
    first, before = execute(run, tmp_path / "first", quiet=True)
    further = replace(run, start=str(first), vocabulary=40, spec=replace(spec, dropout=0.1))
    path, after = execute(further, tmp_path / "further", quiet=True)
    assert after.figures["loss"] == pytest.approx(before.figures["loss"], rel=1e-2), "a rate of nothing"
    one, other = checkpoints.load(first), checkpoints.load(path)
    assert one.source_tokenizer.serialized == other.source_tokenizer.serialized
    assert json.loads((path / "metrics.json").read_text())["command"].count("--start checkpoints/") == 1
    with pytest.raises(SpecError, match="built in another way than this run's model"):
        execute(replace(further, spec=replace(spec, hidden=12)), tmp_path / "other", quiet=True)
    retrained, _ = execute(replace(run, config=replace(config, seed=1)), tmp_path / "again", quiet=True)
    shutil.copy(retrained / checkpoints.WEIGHTS, first)
    with pytest.raises(SpecError, match="other content of --start"):
        execute(further, tmp_path / "further", quiet=True)


def test_only_a_translator_goes_on_from_a_checkpoint(texts, sentences, tmp_path):
    with pytest.raises(SpecError, match="start is not a setting"):
        prepare(replace(sentiment_run(texts), start="sentiment-lstm"))
    path, _ = execute(sentiment_run(texts, epochs=1), tmp_path / "run", quiet=True)
    back = Run(TranslationSpec("gru"), str(texts), start=str(path))
    with pytest.raises(SpecError, match="is no translator"):
        prepare(replace(back, data=str(sentences)))


ANIMALS = {"oso": "bear", "pato": "duck", "lobo": "wolf", "zorro": "fox"}


@pytest.fixture
def others(tmp_path):
    """Pairs with nouns that `sentences` lacks."""
    rows = [
        (f"un {es} {adj}", f"a {to} {en}")
        for (es, en), (adj, to) in product(ANIMALS.items(), ADJECTIVES.items())
    ]
    path = tmp_path / "others.tsv"
    lines = [f"{'val' if i % 9 == 0 else 'train'}\t{es}\t{en}" for i, (es, en) in enumerate(rows)]
    path.write_text("\n".join(["split\tes\ten", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_translator_learns_two_kinds_of_pairs_together(sentences, others, tmp_path):
    """Both are translated, pieces and all; the loss that picks the epoch is the mean of both kinds'."""
    spec = TranslationSpec("gru", "luong", embedding=24, hidden=24, bidirectional=True)
    config = TrainingConfig(epochs=40, batch=4, rate=0.01)
    run = Run(spec, str(sentences), beside=(str(others),), repeat=2, vocabulary=60, config=config)
    path, progress = execute(run, tmp_path / "run", quiet=True)
    model = checkpoints.load(path)
    assert translate(model, "el perro rojo") == "the red dog"
    assert translate(model, "un lobo viejo") == "a old wolf"
    figures = progress.figures
    assert figures["loss"] == (figures["loss_data"] + figures["loss_beside"]) / 2
    assert figures["loss_data"] != figures["loss_beside"]
    command = json.loads((path / "metrics.json").read_text())["command"]
    assert f"--data DATA/{sentences.name} --beside DATA/{others.name} " in command
    assert "--repeat 2" in command
    with pytest.raises(SpecError, match="other content of --beside"):
        execute(replace(run, beside=(str(sentences),)), tmp_path / "run", quiet=True)
    only = prepare(replace(run, beside=(f"{others}@val",)))[1]  # with a split of its own: only learned from
    assert "loss_beside" not in only.validate(model)


def test_an_epoch_reads_the_data_as_often_as_asked_and_the_rest_once(make_translation):
    model = make_translation("gru", "luong")
    own, others = Pairs(["el gato", "el perro"], ["the cat", "the dog"]), Pairs(["la casa"], ["the house"])
    mixed = objective.TranslationObjective(model, own, own, beside=others, repeat=3)
    read = [example.ids for example in mixed.training(random.Random(0))]
    ids = [model.source_tokenizer.ids(text) for text in (*own.sources, *others.sources)]
    assert [read.count(one) for one in ids] == [3, 3, 1]
    assert len(read) == 7


@pytest.mark.parametrize("change", [{"repeat": 0}, {"repeat": 2}, {"repeat": 101}])
def test_a_repeat_that_makes_no_sense_is_refused(change):
    with pytest.raises(SpecError, match="repeat is"):
        Run(TranslationSpec("gru"), "pairs.tsv", **change)


def test_pairs_beside_the_data_are_for_translation():
    with pytest.raises(SpecError, match="beside is not a setting"):
        prepare(Run(SentimentSpec("gru"), "texts.tsv", beside=("pairs.tsv",)))


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["none", "luong", "bahdanau"])
def test_a_translation_model_learns_word_order(sentences, tmp_path, attention):
    spec = TranslationSpec("gru", attention, embedding=24, hidden=24, bidirectional=True)
    config = TrainingConfig(epochs=40, batch=4, rate=0.01)
    run = Run(spec, str(sentences), vocabulary=60, config=config)
    path, progress = execute(run, tmp_path / "run", quiet=True)
    assert translate(checkpoints.load(path), "el perro rojo") == "the red dog"
    assert progress.figures["perplexity"] < 3


def test_the_same_seed_gives_the_same_weights(texts, tmp_path):
    first, _ = execute(sentiment_run(texts, epochs=2), tmp_path / "a", quiet=True)
    second, _ = execute(sentiment_run(texts, epochs=2), tmp_path / "b", quiet=True)
    other, _ = execute(sentiment_run(texts, epochs=2, seed=1), tmp_path / "c", quiet=True)
    weights = [(path / "model.safetensors").read_bytes() for path in (first, second, other)]
    assert weights[0] == weights[1] != weights[2]


def test_a_run_in_two_parts_equals_a_run_in_one(texts, tmp_path, monkeypatch):
    whole, _ = execute(sentiment_run(texts, average=0.9), tmp_path / "whole", quiet=True)
    from rnnviz_core.training import loop as training

    epoch, calls = training.Trainer._epoch, []

    def interrupted(self):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        epoch(self)

    monkeypatch.setattr(training.Trainer, "_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute(sentiment_run(texts, average=0.9), tmp_path / "parts", quiet=True)
    monkeypatch.setattr(training.Trainer, "_epoch", epoch)
    parts, progress = execute(sentiment_run(texts, average=0.9), tmp_path / "parts", quiet=True)
    assert progress.epoch == 6
    for file in ("model.safetensors", "source.model", "spec.json"):
        assert (whole / file).read_bytes() == (parts / file).read_bytes()


@pytest.mark.slow
def test_a_killed_process_goes_on_where_it_was(texts, tmp_path, monkeypatch):
    """SIGKILL at any moment loses at most the epoch under way."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from rnnviz_core.training.runs import Run, execute\n"
        "from rnnviz_core.models.classifier_spec import SentimentSpec\n"
        "from rnnviz_core.training.settings import TrainingConfig\n"
        "spec = SentimentSpec('gru', embedding=12, hidden=8)\n"
        "config = TrainingConfig(epochs=500, batch=8, rate=0.001)\n"
        "execute(Run(spec, sys.argv[2], vocabulary=80, config=config), sys.argv[3], quiet=True)\n"
    )
    out = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", script, str(ROOT), str(texts), str(out)])
    deadline = time.monotonic() + 60
    while not (out / STATE).exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with safe_open(out / STATE, framework="pt") as file:
        done = json.loads(file.metadata()["progress"])["epoch"]
    assert done >= 1
    config = TrainingConfig(epochs=500, batch=8, rate=0.001)
    run = Run(SentimentSpec("gru", embedding=12, hidden=8), str(texts), vocabulary=80, config=config)

    def stop(trainer):
        assert trainer.progress.epoch == done
        assert len((out / "metrics.jsonl").read_text().splitlines()) == done
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Trainer, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        execute(run, out, quiet=True)
    checkpoints.load(out / "sentiment-gru")


def test_other_settings_in_the_same_folder_are_refused(texts, tmp_path):
    execute(sentiment_run(texts, epochs=1), tmp_path / "run", quiet=True)
    with pytest.raises(SpecError, match="other settings"):
        execute(sentiment_run(texts, epochs=2), tmp_path / "run", quiet=True)
    (tmp_path / "run" / STATE).write_bytes(b"damage")
    with pytest.raises(DataError, match="damaged"):
        execute(sentiment_run(texts, epochs=1), tmp_path / "run", quiet=True)


def test_early_stopping_waits_as_long_as_asked(texts, tmp_path):
    _, progress = execute(sentiment_run(texts, epochs=60, patience=2), tmp_path / "run", quiet=True)
    assert progress.epoch == progress.best_epoch + 2 < 60


@pytest.mark.parametrize("optimizer", Optimizer)
def test_every_optimizer_lowers_the_loss(texts, tmp_path, optimizer):
    run = sentiment_run(texts, optimizer=optimizer, epochs=3, rate=0.05 if optimizer == "sgd" else 0.01)
    execute(run, tmp_path / "run", quiet=True)
    log = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert log[-1]["train_loss"] < log[0]["train_loss"]


def test_schedules_rise_then_fall_as_named():
    config = TrainingConfig(epochs=1, warmup=0.1)
    factors = [rate_factor(config, step, 100) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1
    assert factors[55] == pytest.approx(0.5)
    cosine = TrainingConfig(schedule=Schedule.COSINE, warmup=0.1)
    assert rate_factor(cosine, 55, 100) == pytest.approx(0.5)
    assert rate_factor(TrainingConfig(schedule="constant", warmup=0.0), 99, 100) == 1


def test_settings_out_of_range_are_explained():
    with pytest.raises(SpecError, match="epochs is 0; it must be from 1 to 10000"):
        TrainingConfig(epochs=0)
    with pytest.raises(SpecError, match="unknown optimizer 'lion'; choose one of adamw, adam, rmsprop, sgd"):
        TrainingConfig(optimizer="lion")


def test_a_graphics_processor_that_is_not_there_is_explained():
    if torch.cuda.is_available():
        assert TrainingConfig(device="cuda").device == "cuda"
    else:
        with pytest.raises(SpecError, match="finds no graphics processor"):
            TrainingConfig(device="cuda")


def test_a_batch_goes_where_the_model_is():
    pairs = collate([Example([4, 5], [2, 6]), Example([4], [2, 6, 7])]).to(torch.device("meta"))
    assert pairs.answers is None
    assert {tensor.device.type for tensor in (pairs.ids, pairs.targets)} == {"meta"}
    assert pairs.lengths.device.type == "cpu"  # packing reads them there: no wait for a graphics processor
    taught = collate([Example([4, 5], 1, [0.5, 0.5])]).to(torch.device("meta"))
    assert {tensor.device.type for tensor in (taught.ids, taught.targets, taught.answers)} == {"meta"}


def test_batches_hold_every_example_once_and_similar_lengths():
    import random

    examples = [Example([5] * (1 + i % 17), i) for i in range(333)]
    for generator in (None, random.Random(3)):
        batches = list(bucketed(examples, 8, generator))
        assert sorted(t for batch in batches for t in batch.targets.tolist()) == list(range(333))
        padding = sum((batch.ids == PAD).sum().item() for batch in batches)
        assert padding < 0.1 * sum(batch.ids.numel() for batch in batches)
    batch = collate([Example([4, 5], [2, 7, 3]), Example([6], [2, 3])])
    assert batch.ids.tolist() == [[4, 5], [6, PAD]]
    assert batch.targets.tolist() == [[2, 7, 3], [2, 3, PAD]]


def test_two_sided_accuracy_leaves_out_the_middle():
    probabilities = [[0.3, 0.3, 0.0, 0.2, 0.2], [0.1, 0.1, 0.6, 0.1, 0.1], [0.0, 0.3, 0.3, 0.2, 0.2]]
    scores = sentiment_scores(torch.tensor(probabilities).log(), [0, 2, 3])
    assert scores["accuracy5"] == pytest.approx(200 / 3)  # the tie in row 0 goes to the first class
    assert scores["accuracy2"] == 100


PARALLEL = """
import sys
sys.path.insert(0, sys.argv[1])
import torch
from rnnviz_core.training import loop as training, runs
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.training.settings import TrainingConfig

ran = training.Trainer.run
def keep(self):
    progress = ran(self)
    torch.save(self.model.state_dict(), f"{sys.argv[3]}.{self.group.rank}.{self.model.name}.pt")
    if self.model.name == "sentiment-gru":  # before it, the language model
        torch.save(sorted(self.objective._train.texts), f"{sys.argv[3]}.{self.group.rank}.texts")
    return progress
training.Trainer.run = keep
config = TrainingConfig(epochs=2, batch=8, rate=0.02, average=0.9)
spec = SentimentSpec("gru", embedding=12, hidden=8, dropout=0.2)
run = runs.Run(spec, sys.argv[2], vocabulary=80, config=config, pretrain=(sys.argv[2],))
runs.execute(run, sys.argv[3], quiet=True)
"""


@pytest.mark.slow
def test_two_processes_share_the_work_and_end_with_the_same_weights(texts, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PARALLEL)
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(script), str(ROOT), str(texts), str(out)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    for name in ("sentiment-gru-language", "sentiment-gru"):
        first, second = (torch.load(f"{out}.{rank}.{name}.pt", weights_only=True) for rank in (0, 1))
        assert all(torch.equal(value, second[key]) for key, value in first.items())
    shards = [torch.load(f"{out}.{rank}.texts", weights_only=True) for rank in (0, 1)]
    assert not set(shards[0]) & set(shards[1])
    assert len(shards[0]) + len(shards[1]) == sum("train" in line for line in texts.read_text().splitlines())
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 2  # one process writes
    checkpoints.load(out / "sentiment-gru")
