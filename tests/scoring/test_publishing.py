"""A run becomes a checkpoint with scores and a card, and the commands printed there do what they say."""

import json
import shlex
from statistics import mean, stdev

import click
import pytest
import torch

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import commands
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.search.beam import translate
from rnnviz_core.training import runs
from rnnviz_core.training.settings import TrainingConfig
from scripts.verify import verify

ROWS = [
    f"{'test' if i % 5 == 0 else 'dev' if i % 5 == 1 else 'train'}\t{i % 3}\tthing {'abc'[i % 3]}"
    for i in range(60)
]
PAIRS = ["train\tel gato\tthe cat", "val\tel perro\tthe dog", "test\tun gato\ta cat"] * 3


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("\n".join(["split\tlabel3\ttext", *ROWS]) + "\n")
    return str(path)


def test_a_run_is_published_with_scores_that_evaluate_repeats(table, tmp_path):
    spec = SentimentSpec("rnn", embedding=4, hidden=4, classes=("bad", "so-so", "good"))
    run = runs.Run(spec, table, vocabulary=30, config=TrainingConfig(epochs=2, batch=4))
    runs.execute(run, tmp_path / "run", quiet=True)
    test = publishing.Test(table, probe=table, also=("dev",), floor={"accuracy3": 33.3})
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", test, about="Our own words.")
    entry = checkpoints.scan(tmp_path / "models").find("sentiment-rnn")
    scores = publishing.evaluate(checkpoints.load(folder), table, "test")
    assert entry.scores == {name: round(scores[name], 2) for name in ("accuracy3", "accuracy2")}
    assert entry.metrics["rows"] == 12
    for text in (
        "Our own words.",
        f"| {entry.scores['accuracy3']:.2f} | 33.30 |",
        f"| {entry.scores['accuracy2']:.2f} | |",
        "On split dev (12 rows)",
        "own.tsv, split test",
        "best on the vali",
    ):
        assert text in entry.card
    probes = {probe["name"]: probe for probe in entry.metrics["probes"]}
    assert probes["test"]["accuracy2"] == entry.scores["accuracy2"]
    assert set(probes) == {"train", "dev", "test"}
    assert f"| dev | 12 | {probes['dev']['accuracy2']:.2f} |" in entry.card
    assert str(tmp_path) not in entry.card + json.dumps(dict(entry.metrics))
    before = checkpoints.load(tmp_path / "run" / "sentiment-rnn").state_dict()
    assert all(
        torch.equal(before[key], value) for key, value in checkpoints.load(folder).state_dict().items()
    )


def test_another_table_stands_beside_the_test_split(tmp_path):
    """Its figures are those of `evaluate`, its file is named, and `verify` finds it again."""
    path, other = tmp_path / "pairs.tsv", tmp_path / "other.tsv"
    path.write_text("\n".join(["split\tes\ten", *PAIRS]) + "\n")
    other.write_text("\n".join(["split\tes\ten", *PAIRS[:3], "test\tun perro\ta dog"]) + "\n")
    spec = TranslationSpec("gru", "luong", embedding=4, hidden=4)
    run = runs.Run(spec, str(path), vocabulary=30, config=TrainingConfig(epochs=1, batch=4))
    runs.execute(run, tmp_path / "run", quiet=True)
    test = publishing.Test(str(path), beam=2, also=(f"{other}@test",))
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", test)
    entry = checkpoints.scan(tmp_path / "models").find("es-en-gru-luong")
    (also,) = entry.metrics["also"]
    scores = publishing.evaluate(checkpoints.load(folder), str(other), "test", beam=2)
    assert also["scores"]["perplexity"] == round(scores["perplexity"], 2)
    assert (also["data"], also["split"], also["rows"]) == ("other.tsv", "test", 2)
    assert also["evaluate"].endswith("--data DATA/other.tsv --split test --beam 2")
    assert "On other.tsv, split test (2 rows):" in entry.card
    assert str(tmp_path) not in entry.card + json.dumps(dict(entry.metrics))
    assert verify(entry, tmp_path) == []


def test_a_translation_card_names_its_signatures(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(["split\tes\ten", *PAIRS]) + "\n")
    run = runs.Run(
        TranslationSpec("gru", "luong", embedding=4, hidden=4),
        str(path),
        vocabulary=30,
        config=TrainingConfig(epochs=1, batch=4),
    )
    runs.execute(run, tmp_path / "run", quiet=True)
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", publishing.Test(str(path), beam=2))
    card = (folder / "card.md").read_text()
    assert "--beam 2" in card
    assert "Signature of bleu: `nrefs:1|case:mixed" in card
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["sources"] == 1  # the test sentence stands there three times
    assert (
        f"| BLEU, lower-cased, against all references | {metrics['scores']['bleu_lower_all']:.2f} |" in card
    )
    assert "Where attention looks" not in card  # no word is spelled alike in both
    model = checkpoints.load(folder)
    for row in metrics["own"]:
        assert row["translation"] == translate(model, row["text"], beam=USUAL_BEAM)
        assert f"| {row['text']} | " in card


def test_of_several_seeds_the_best_on_validation_is_published(table, tmp_path):
    spec = SentimentSpec("rnn", embedding=4, hidden=4, classes=("bad", "so-so", "good"))
    folders = []
    for seed in range(3):
        run = runs.Run(spec, table, vocabulary=30, config=TrainingConfig(epochs=2, batch=4, seed=seed))
        folders.append(tmp_path / f"run-{seed}")
        runs.execute(run, folders[-1], quiet=True)
    folder = publishing.publish(folders[0], tmp_path / "models", publishing.Test(table), seeds=folders[1:])
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [row["seed"] for row in metrics["seeds"]] == [0, 1, 2]
    best = max(metrics["seeds"], key=lambda row: row["validation"]["accuracy"])
    assert metrics["scores"] == best["scores"]
    for path, row in zip(folders, metrics["seeds"], strict=True):
        scores = publishing.evaluate(checkpoints.load(path / "sentiment-rnn"), table, "test")
        assert row["scores"]["accuracy3"] == round(scores["accuracy3"], 2)
    figures = [row["scores"]["accuracy3"] for row in metrics["seeds"]]
    card = (folder / "card.md").read_text()
    assert f"| mean |  | {mean(figures):.2f} | " in card
    assert f"| standard deviation |  | {stdev(figures):.2f} | " in card


def test_runs_of_different_settings_are_no_seeds(table, tmp_path):
    spec = SentimentSpec("rnn", embedding=4, hidden=4, classes=("bad", "so-so", "good"))
    for name, batch in (("a", 4), ("b", 8)):
        run = runs.Run(spec, table, vocabulary=30, config=TrainingConfig(epochs=1, batch=batch))
        runs.execute(run, tmp_path / name, quiet=True)
    with pytest.raises(DataError, match="differ in more than their seed"):
        publishing.publish(
            tmp_path / "a", tmp_path / "models", publishing.Test(table), seeds=[tmp_path / "b"]
        )


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no run with one checkpoint is here"):
        publishing.publish(tmp_path, tmp_path / "models", publishing.Test("own.tsv"))


@pytest.mark.parametrize(
    "run",
    [
        runs.Run(
            SentimentSpec("lstm", "pooling", embedding=100, layers=2, bidirectional=True, dropout=0.5),
            "DATA/a b.tsv",
            validation="DATA/c.tsv.gz",
            polarity=("DATA/reviews.tsv", "DATA/others.tsv.gz@test"),
            polarity_words=30,
            pretrain=("DATA/more.tsv",),
            pretrain_epochs=2,
            teacher=("checkpoints/first", "runs/own/second"),
            teacher_share=0.7,
            exclude=("in_eval=1", "x=y"),
            treebank=True,
            lowercase=False,
            config=TrainingConfig(
                epochs=3, optimizer="sgd", schedule="cosine", rate=3e-4, average=0.999, seed=5
            ),
        ),
        runs.Run(TranslationSpec("gru", source="de", target="fr"), "hub:someone/pairs", vocabulary=500),
        runs.Run(TranslationSpec("gru"), "DATA/pairs.tsv", pretrain=("DATA/more.tsv",), pretrain_epochs=3),
        runs.Run(TranslationSpec("lstm"), "DATA/pairs.tsv", teacher=("checkpoints/a",), teacher_nearest=True),
    ],
)
def test_the_printed_command_repeats_the_run(run, monkeypatch, tmp_path):
    seen = {}

    def execute(given, out, **_):
        seen.update(run=given, out=out)
        raise click.Abort

    monkeypatch.setattr(runs, "execute", execute)
    program, *words = shlex.split(run.command("runs/x"))
    assert [program, *words[:2]] == ["python", "-m", "rnnviz_core"]
    with pytest.raises(click.Abort):
        commands.main(words[2:], standalone_mode=False)
    assert seen["run"] == run
    assert str(seen["out"]) == "runs/x"


def test_publish_on_the_command_line(table, tmp_path, capsys):
    spec = SentimentSpec("rnn", embedding=4, hidden=4, classes=("bad", "so-so", "good"))
    runs.execute(
        runs.Run(spec, table, vocabulary=30, config=TrainingConfig(epochs=1)), tmp_path / "run", quiet=True
    )
    (tmp_path / "about.md").write_text("Our own words.")
    words = ["publish", str(tmp_path / "run"), "--data", table, "--about", str(tmp_path / "about.md")]
    with pytest.raises(SpecError, match="write SCORE=VALUE"):
        commands.main([*words, "--floor", "luck=3"], standalone_mode=False)
    commands.main([*words, "--checkpoints", str(tmp_path / "models")], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    assert printed["rows"] == 12
    assert "Our own words." in (tmp_path / "models" / "sentiment-rnn" / "card.md").read_text()
