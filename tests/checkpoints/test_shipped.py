"""The models in the repository: every one loads, records exactly, and is as good as its card says."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rnnviz_core import limits
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.contracts.task import record
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import is_byte
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.search.beam import translate
from rnnviz_core.tasks.sentiment.scoring import evaluate_sentiment

ROOT = Path(__file__).resolve().parents[2]
OWN = str(ROOT / "tests" / "material" / "sentences.tsv")
SCAN = checkpoints.scan(ROOT / "checkpoints")
SENTENCES = {
    "sentiment": (
        "not a good film",
        "A warm, funny and generous story!",
        "What a waste of an evening.",
        "😀 ?",
    ),
    "forecast": ("1", "0 0 0 0", "5.5, 80, 3; 200", "9 " * 300),
    "translation": ("Me encantó la pizza de este lugar", "¿Dónde está mi hermano?", "No lo sé.", "😀 ?"),
}


def test_there_is_a_model_for_every_cell_and_task():
    assert SCAN.problems == ()
    sentiment = {entry.spec.cell for entry in SCAN.entries if entry.spec.task == "sentiment"}
    assert sentiment == {"rnn", "gru", "lstm", "none"}
    assert {entry.spec.cell for entry in SCAN.entries} == set(Cell)
    assert any(entry.spec.attention == "pooling" for entry in SCAN.entries)
    files = [path for path in (ROOT / "checkpoints").rglob("*") if path.is_file()]
    blocks = sum(math.ceil(path.stat().st_size / 4096) for path in files)
    assert math.ceil(blocks * 4096 / 2**20) < 80  # what `du -sm` prints


def test_equal_tokenizers_are_shipped_once():
    used = {file.name for entry in SCAN.entries for file in vocabularies.files(entry.path)}
    there = {file.name for file in (ROOT / "checkpoints" / vocabularies.SHELF).iterdir()}
    assert there == used  # a file that no checkpoint names any more can be deleted
    assert not list((ROOT / "checkpoints").glob("*/source.model"))


@pytest.fixture(scope="module", params=SCAN.entries, ids=lambda entry: entry.id)
def entry(request):
    return request.param


@pytest.fixture(scope="module")
def model(entry):
    return checkpoints.load(entry.path)


def test_the_id_follows_the_grammar(entry):
    tiny = "-tiny-" in entry.id
    assert entry.id.replace("-tiny-", "-").removesuffix("-free") == entry.spec.model_id
    free = entry.spec.attention == "pooling" and "--looking" not in entry.metrics["command"]
    assert free == entry.id.endswith("-free")
    assert tiny == (entry.spec.hidden <= 4)


def test_traces_are_exact(entry, model):
    for sentence in SENTENCES[entry.spec.task]:
        assert record(model, sentence).max_difference < 1e-5


@pytest.mark.parametrize("text", ["bad " * 10, "the " * 60])
def test_traces_are_exact_where_a_translation_never_ends(entry, model, text):
    """A hundred steps over the same words magnify a rounding."""
    if entry.spec.task != "translation":
        pytest.skip("writes nothing")
    assert record(model, text, beam=USUAL_BEAM).max_difference < limits.TOLERANCE


def test_the_card_holds_every_score_and_both_commands(entry):
    assert entry.scores
    for score in entry.scores.values():
        assert f"| {score:.2f} |" in entry.card
    for key in ("command", "evaluate"):
        assert entry.metrics[key] in entry.card
    assert "Where it fails" in entry.card


def test_the_card_is_true_on_our_own_sentences(entry, model):
    if not isinstance(model, SentimentModel):
        pytest.skip("our own sentences have sides, not translations")
    probes = entry.metrics["probes"]
    assert {probe["name"] for probe in probes} == {"negation", "contrast", "other domain", "long"}
    for probe in probes:
        scores = evaluate_sentiment(model, corpora.load(OWN, probe["name"]), OWN)
        assert scores["rows"] == probe["rows"]
        assert round(scores["accuracy2"], 2) == probe["accuracy2"]


@pytest.mark.slow
def test_the_card_is_true_on_our_everyday_sentences(entry, model):
    """Counted here once more, from the files and the verdicts."""
    if not isinstance(model, SentimentModel):
        pytest.skip("everyday sentences of translators have a test of their own")
    folder = ROOT / "tests" / "material" / "own"
    tables = {name: _rows(folder / f"{name}.tsv") for name in ("everyday", "pairs", "facts")}
    right = {}
    for name in ("everyday", "pairs"):
        for row in tables[name]:
            p = record(model, row["text"])["readout.probabilities"]
            up = p[3:].sum() > p[:2].sum()
            right.setdefault((name, row["split"], row.get("pair", row["text"])), []).append(
                up == int(row["label2"])
            )
    for name, figure in (("everyday", "accuracy2"), ("pairs", "both")):
        found = [all(ok) for key, ok in right.items() if key[0] == name]
        assert entry.metrics[name]["rows"] == len(found)
        assert entry.metrics[name][figure] == pytest.approx(100 * sum(found) / len(found), abs=0.5)
    families = {family for name, family, _ in right if name == "pairs"}
    assert set(entry.metrics["pairs"]["families"]) == families
    assert len(families) >= 25
    assert entry.metrics["facts"]["rows"] == len(tables["facts"]) >= 60


def _rows(path):
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_everyday_sentences_are_judged_better_than_by_film_reviews_alone(entry):
    """What the models before them reached at best: 87.9 % of the sentences, 36.3 % of the pairs."""
    if entry.spec.task != "sentiment":
        pytest.skip("no verdicts")
    if (
        "-tiny-" in entry.id or entry.spec.cell == "none"
    ):  # a word list that knows little of order, or nothing
        assert entry.metrics["everyday"]["accuracy2"] > 85
        return
    assert entry.metrics["everyday"]["accuracy2"] >= 92
    assert entry.metrics["pairs"]["both"] > 55


def test_everyday_words_are_whole(entry, model):
    if not isinstance(model, SentimentModel):
        pytest.skip("reads another language")
    texts = [row["text"] for row in _rows(ROOT / "tests" / "material" / "own" / "everyday.tsv")]
    pieces = [model.tokenizer.pieces[id_] for text in texts for id_ in model.tokenizer.ids(text)]
    words = re.findall(r"\w+(?:'\w+)?", " ".join(texts))
    lettered = [piece for piece in pieces if re.search(r"\w", piece)]
    assert len(lettered) <= 1.05 * len(words)  # "isn't" is two pieces, "is" and "n't"
    lone = [piece for piece in pieces if re.fullmatch(r"▁?[b-hj-z]", piece)]  # "a" and "i" are words
    assert len(lone) <= 0.01 * len(pieces)
    assert not [piece for piece in pieces if is_byte(piece)]


def test_plain_verdicts_are_as_a_reader_expects(entry, model):
    if entry.spec.task != "sentiment":
        pytest.skip("no verdicts")
    _, praise, blame, _ = (record(model, text).meta["label"] for text in SENTENCES["sentiment"])
    assert praise.endswith("positive")
    assert blame.endswith("negative")


def test_the_pizza_is_loved(entry, model):
    if entry.id != "es-en-gru-bahdanau":
        pytest.skip("the sentence is Spanish")
    said = record(model, "Me encantó la pizza de este lugar", beam=USUAL_BEAM).meta["translation"].lower()
    assert "loved the pizza" in said
    assert "this place" in said


def test_make_models_repeats_the_command_of_every_card(entry, monkeypatch):
    """The options that `make models` uses are those of the run that made the shipped weights."""
    import shlex

    from rnnviz_core.cli.main import commands
    from rnnviz_core.training import runs
    from scripts.models import COLLECTION

    seen = []
    monkeypatch.setattr(runs, "execute", lambda run, _out, **_: seen.append(run) or (_out, runs.Progress()))
    recipe = next(recipe for recipe in COLLECTION if recipe.id == entry.id)
    card = shlex.split(entry.metrics["command"])[3:]
    for words in ([*shlex.split(recipe.train), "--out", "runs/x"], card):
        commands.main(words, standalone_mode=False)
    ours, shipped = seen
    assert shipped.config.seed in recipe.seeds
    assert replace(ours, config=replace(ours.config, seed=shipped.config.seed)) == shipped
    assert len(entry.metrics.get("seeds", ())) == (len(recipe.seeds) if recipe.seeds[1:] else 0)


def test_of_the_seeds_the_one_best_on_validation_is_shipped(entry):
    seeds = entry.metrics.get("seeds")
    if not seeds:
        pytest.skip("trained with one seed")
    name, digits, sign = ("accuracy", 2, 1) if "accuracy" in seeds[0]["validation"] else ("rmse", 4, -1)
    best = max(seeds, key=lambda run: sign * run["validation"][name])
    assert best["scores"] == entry.scores
    assert best["validation"][name] == round(entry.metrics["validation"][name], digits)


def test_forecasts_beat_the_baselines_of_their_cards(entry):
    if entry.spec.task != "forecast":
        pytest.skip("forecasts nothing")
    bound = {"sunspots": 18.2, "temperature": 2.19}[entry.spec.series]
    mean = sum(run["scores"]["rmse"] for run in entry.metrics["seeds"]) / len(entry.metrics["seeds"])
    assert mean <= bound
    for name in ("rmse_persistence", "rmse_season", "rmse_autoregression"):
        assert entry.scores["rmse"] < entry.scores[name]


def test_the_card_says_what_a_translator_makes_of_our_own_sentences(entry, model):
    if "own" not in entry.metrics:
        pytest.skip("made before cards held them, or no translator")
    for row in entry.metrics["own"][:4]:
        assert translate(model, row["text"], beam=USUAL_BEAM) == row["translation"]
        assert f"| {row['text']} | {row['translation']} |" in entry.card
