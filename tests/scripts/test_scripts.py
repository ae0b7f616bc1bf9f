"""The figures of a card: the linear floor, the overlap with more supervision, and all measured anew."""

import json
import re
import shlex
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.sparse import csr_matrix

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import commands
from rnnviz_core.inputs.corpora import Labelled
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.training import runs
from rnnviz_core.training.settings import TrainingConfig
from scripts import supervised
from scripts.cards import about, rewritten, settings_in
from scripts.floor import floor, ratio
from scripts.models import COLLECTION, find, make, with_teachers
from scripts.overlap import main, overlap
from scripts.verify import PROBE, verify

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
WORDS = ("awful", "weak", "plain", "fine", "superb")


def test_the_linear_model_learns_what_single_words_say():
    train = Labelled(
        [f"the {word} thing {n}" for word in WORDS for n in range(6)], [c for c in range(5) for _ in range(6)]
    )
    turned = Labelled(["the superb", "the awful"], [0, 4])
    assert floor(train, Labelled([f"a {word}" for word in WORDS], list(range(5))), 5) == {
        "accuracy5": 100,
        "accuracy2": 100,
    }
    assert floor(train, turned, 5) == {"accuracy5": 0, "accuracy2": 0}


def test_the_ratio_is_positive_for_words_of_the_positive_texts():
    counts = csr_matrix(np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1]]))
    found = ratio(counts, np.array([True, True, False]))
    # (1 + 2) of 7 against (1 + 0) of 5, and so on
    np.testing.assert_allclose(found, np.log([3 / 7 / (1 / 5), 1 / 7 / (2 / 5), 3 / 7 / (2 / 5)]))


def test_eight_words_in_a_row_count_whatever_the_case_and_punctuation():
    texts = ["One two, three four five six seven eight!", "a b c d e f g h", "too short"]
    assert overlap(texts, ["so: ONE two three four five six seven eight nine"]) == (2, 1)
    assert overlap(texts, ["one two three four five six seven nine eight"]) == (2, 0)


def test_the_overlap_of_sentence_pairs_is_that_of_one_language(tmp_path):
    for name, split, spanish in (("own", "test", "uno dos tres"), ("more", "train", "otra cosa")):
        words = "one two three four five six seven eight"
        (tmp_path / f"{name}.tsv").write_text(f"split\ten\tes\n{split}\t{words}\t{spanish} {words[:30]}\n")
    tables = ["--texts", str(tmp_path / "own.tsv"), "--others", str(tmp_path / "more.tsv")]
    for column, shared in (("en", 1), ("es", 0)):
        found = CliRunner().invoke(main, [*tables, "--column", column])
        assert found.output == f"{shared} of 1 texts of at least 8 words share 8 words in a row\n"


def test_a_changed_figure_of_a_card_is_found(tmp_path):
    rows = [f"{'test' if n % 3 == 0 else 'dev'}\t{n % 3}\tthing {'abc'[n % 3]}" for n in range(30)]
    table = tmp_path / "data" / "own.tsv"
    table.parent.mkdir()
    table.write_text("\n".join(["split\tlabel3\ttext", *rows]) + "\n")
    spec = SentimentSpec("rnn", embedding=4, hidden=4, classes=("bad", "so-so", "good"))
    run = runs.Run(spec, str(table), vocabulary=30, config=TrainingConfig(epochs=1, batch=4))
    run = replace(run, train_split="dev", validation_split="dev")
    runs.execute(run, tmp_path / "run", quiet=True)
    test = publishing.Test(str(table), also=("dev",), probe=str(PROBE))
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", test)
    assert verify(checkpoints.scan(folder.parent).entries[0], table.parent) == []
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["also"][0]["scores"]["accuracy3"] += 0.01
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (line,) = verify(checkpoints.scan(folder.parent).entries[0], table.parent)
    assert line.startswith("sentiment-rnn, also, 1, scores, accuracy3: the card says ")


def test_a_pupil_is_made_after_its_teachers(tmp_path):
    recipes = {recipe.id: recipe for recipe in COLLECTION}
    ids = list(recipes)
    for recipe in COLLECTION:
        named = set(re.findall(r"--(?:data|start) runs/([^/\s]+)", recipe.train))
        assert named == set(recipe.needs)
        assert all(ids.index(other) < ids.index(recipe.id) for other in named)
    pupils = [recipe for recipe in COLLECTION if recipe.teachers or "--teacher " in recipe.train]
    assert pupils
    for pupil in pupils:
        words = shlex.split(pupil.train)
        named = [words[at + 1] for at, word in enumerate(words) if word == "--teacher"]
        assert len(named) == len(pupil.teachers) > 0
        for teacher, path in zip(pupil.teachers, named, strict=True):
            assert ids.index(teacher) < ids.index(pupil.id)
            published = recipes[teacher].publish is not None
            assert path == f"checkpoints/{teacher}" if published else path.startswith(f"runs/{teacher}/")
    failed: Future[bool] = Future()
    failed.set_result(False)
    assert make(pupils[0], tmp_path, tmp_path / "runs", [failed]) is False
    assert not (tmp_path / "runs").exists()


def test_one_model_alone_is_made_after_the_teachers_that_are_no_checkpoints():
    assert with_teachers(["es-en-gru"]) == {"es-en-gru"}
    both = {"everyday", "sentiment-teacher-lstm", "sentiment-teacher-gru"}
    assert with_teachers(["sentiment-gru"]) == {"sentiment-gru", *both}
    assert with_teachers(["de-en-gru"]) == {"de-en-gru", "de-en-gru-first", "de-en-gru-second"}


@pytest.mark.parametrize("recipe", [r for r in COLLECTION if r.publish is None], ids=lambda recipe: recipe.id)
def test_cards_tell_how_a_teacher_that_is_not_shipped_is_made(recipe, monkeypatch):
    seen = []
    monkeypatch.setattr(runs, "execute", lambda run, out, **_: seen.append(run) or (out, runs.Progress()))
    pupils = [pupil for pupil in COLLECTION if pupil.publish and recipe.id in with_teachers([pupil.id])]
    if recipe.train.startswith("prepare"):
        assert len(pupils) > 5 or recipe.id == "everyday-shipped"
        assert pupils
        for pupil in pupils:
            card = (CHECKPOINTS / pupil.id / "card.md").read_text()
            assert f"\npython -m rnnviz_core {recipe.train} --out runs/{recipe.id}\n" in card
        return
    words = [*shlex.split(recipe.train), "--seed", str(recipe.seeds[0]), "--out", "runs/x"]
    commands.main(words, standalone_mode=False)
    command = seen[0].command(f"runs/{recipe.id}")
    assert pupils
    for pupil in pupils:
        assert f"\n{command}\n" in (CHECKPOINTS / pupil.id / "card.md").read_text()


def test_every_card_is_what_the_code_and_the_documents_say():
    entries = checkpoints.scan(CHECKPOINTS).entries
    assert [entry.id for entry in entries if rewritten(entry) != entry.card] == []  # python -m scripts.cards
    changed = replace(entries[0], card=entries[0].card.replace("## Data", "## Other data"))
    assert rewritten(changed) == entries[0].card


def test_a_card_without_a_recipe_is_refused():
    with pytest.raises(ValueError, match="no recipe"):
        settings_in("# own\n\n## Data\n")
    both = about("--data x.tsv --about docs/data/sst.md --about docs/data/tatoeba.md")
    assert [part.split()[0] for part in both.split("\n\n")] == ["The", "Sentence"]


def test_names_of_a_recipe_become_paths(tmp_path):
    (tmp_path / "deep").mkdir()
    table = tmp_path / "deep" / "own.tsv"
    table.write_text("text\n")
    words = ["DATA/own.tsv", "DATA/own.tsv@test", "runs/a/b", "checkpoints/c", "--data"]
    found = find(tmp_path, words, tmp_path / "out")
    assert found == [str(table), f"{table}@test", str(tmp_path / "out" / "a" / "b"), *words[3:]]
    with pytest.raises(click.ClickException, match=r"no other\.tsv in"):
        find(tmp_path, ["DATA/other.tsv@test"])


def test_runs_with_and_without_supervision_are_compared_line_by_line():
    figures = [{"scores": {"accuracy5": value}} for value in (48.0, 49.0, 50.0, 46.0)]
    groups = [
        [supervised.at(one, ("scores", "accuracy5")) for one in part] for part in (figures[:2], figures[2:])
    ]
    assert supervised.row("SST", groups, 1) == "| SST | 48.5 (48.0 to 49.0) | 48.0 (46.0 to 50.0) | -0.5 |"
    with pytest.raises(KeyError):
        supervised.at(figures[0], ("scores", "accuracy2"))


def test_the_document_on_supervision_has_every_line_of_the_comparison():
    text = (CHECKPOINTS.parent / "docs" / "training.md").read_text(encoding="utf-8")
    lines = [
        line.split(" | ")[0]
        for line in text.split("### What supervising attention costs")[1].split("\n## ")[0].splitlines()
    ]
    assert [line[2:] for line in lines if line.startswith("| ")][1:] == [
        title for title, *_ in supervised.LINES
    ]


def test_a_run_without_attention_is_not_compared(tmp_path, make_sentiment):
    checkpoints.save(make_sentiment("gru", "none"), tmp_path / "run" / "plain")
    (tmp_path / "run" / "plain" / checkpoints.METRICS).write_text("{}")
    with pytest.raises(click.ClickException, match="holds no sentiment model with attention"):
        supervised.measured(tmp_path / "run", tmp_path)
