"""The command line: answers on standard output, exit code 2 and one clear line on bad input."""

import dataclasses
import json
import shlex
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import click
import pytest
import torch

from rnnviz_core import Trace
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.checkpoints import listing
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import commands, main
from rnnviz_core.cli.tables import LAYOUT_HELP
from rnnviz_core.cli.train import CONFIG_HELP, RUN_HELP, SPEC_HELP
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import Attention
from rnnviz_core.models.toy_spec import ToySpec
from rnnviz_core.training.runs import Run
from rnnviz_core.training.settings import TrainingConfig

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"dull": 0, "weak": 1, "plain": 2, "good": 3, "brilliant": 4}
THINGS = ("story", "ending", "song", "scene", "plot", "cast")
FRAMES = ("a {} {}", "the {} {} again", "what a {} {}", "such a {} {} today")
TEXTS = [
    (frame.format(word, thing), label)
    for frame, (word, label), thing in product(FRAMES, WORDS.items(), THINGS)
]
PAIRS = [("el gato duerme", "the cat sleeps"), ("la casa es grande", "the house is big"), ("hola", "hello")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained models of either task, and one checkpoint that is damaged."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    tokenizer = Tokenizer.train([text for text, _ in TEXTS], 60, lowercase=True)
    tiny = {"embedding": 5, "hidden": 4}
    for cell in (Cell.RNN, Cell.GRU, Cell.LSTM):
        model = SentimentModel(SentimentSpec(cell, **tiny), tokenizer)
        checkpoints.save(model, folder / model.name, {"scores": {"accuracy5": 41.25, "accuracy2": 80.5}})
    source, target = (Tokenizer.train([pair[side] for pair in PAIRS] * 5, 40) for side in (0, 1))
    model = TranslationModel(TranslationSpec(Cell.GRU, Attention.BAHDANAU, **tiny), source, target)
    checkpoints.save(model, folder / model.name)
    (folder / "damaged").mkdir()
    (folder / "damaged" / "spec.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Own labelled sentences in the three splits."""
    path = tmp_path_factory.mktemp("data") / "texts.tsv"
    splits = ("train", "train", "train", "train", "validation", "test")
    rows = [f"{splits[(i + i // 6) % 6]}\t{label}\t{text}" for i, (text, label) in enumerate(TEXTS)]
    path.write_text("\n".join(["split\tlabel5\ttext", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command in this process: (exit code, standard output, standard error)."""
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


# --- models ---------------------------------------------------------------------------------------


def test_models_as_json(run) -> None:
    code, out, err = run("models", "--json")
    rows = {row["id"]: row for row in json.loads(out)}
    assert code == 0
    assert sorted(rows) == ["es-en-gru-bahdanau", "sentiment-gru", "sentiment-lstm", "sentiment-rnn"]
    assert tuple(rows["sentiment-gru"]) == listing.COLUMNS
    assert rows["sentiment-gru"]["scores"] == {"accuracy5": 41.25, "accuracy2": 80.5}
    assert rows["es-en-gru-bahdanau"]["attention"] == "bahdanau"
    assert "damaged/spec.json is not JSON" in err


def test_models_as_table(run) -> None:
    _, out, _ = run("models")
    header, *lines = out.splitlines()
    assert header.split() == list(listing.COLUMNS)
    assert len(lines) == 4
    assert "41.2 % on 5 classes, 80.5 % on 2 classes" in out
    assert "not measured" in out


def test_models_as_markdown(run) -> None:
    _, out, _ = run("models", "--markdown")
    assert {line.count("|") for line in out.splitlines()} == {8}


def test_no_models(run, tmp_path: Path) -> None:
    code, out, err = run("models", "--checkpoints", str(tmp_path))
    assert (code, out) == (2, "")
    assert "no usable model" in err


# --- trace ----------------------------------------------------------------------------------------


def test_trace_of_a_sentiment(run) -> None:
    code, out, _ = run("trace", "sentiment-lstm", "A good plot", "--json")
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["model", "text", "tokens", "prediction", "probabilities", "max_difference"]
    assert "".join(answer["tokens"]) == "▁a▁good▁plot"
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["prediction"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["max_difference"] < 1e-5


def test_trace_with_findings(run) -> None:
    """The claims are those of the trace; the rest of the answer is the same without them."""
    asked = ("trace", "es-en-gru-bahdanau", "el gato duerme", "--beam", "2")
    plain, told = (json.loads(run(*asked, "--json", *more)[1]) for more in ((), ("--findings",)))
    findings = told.pop("findings")
    assert told == plain
    assert findings
    assert {tuple(one) for one in findings} == {("kind", "claim", "numbers", "where", "strength")}
    assert {"page", "section", "part", "layer", "step", "token", "unit"} == findings[0]["where"].keys()
    lines = run(*asked, "--findings")[1].splitlines()
    assert [line[14:] for line in lines if line.startswith("finding ")] == [one["claim"] for one in findings]


def test_trace_of_a_translation(run) -> None:
    code, out, _ = run("trace", "es-en-gru-bahdanau", "hola", "--json", "--beam", "3")
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["model", "text", "tokens", "prediction", "translation", "max_difference"]


def test_reference_is_forced(run, tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    code, _, _ = run("trace", "es-en-gru-bahdanau", "hola", "--reference", "the house", "--out", str(path))
    assert code == 0
    pieces = [token.text for token in Trace.load(path).tokens["target"]]
    assert "".join(pieces).replace("▁", " ").strip() == "the house</s>"


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
def test_written_trace_loads_again(run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"trace{ending}"
    code, out, _ = run("trace", "sentiment-gru", "a weak song", "--out", str(path))
    assert code == 0
    assert path.name in out
    assert Trace.load(path).text == "a weak song"


def test_written_rows(run, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    assert run("trace", "sentiment-rnn", "a weak song", "--out", str(path))[0] == 0
    assert path.read_text(encoding="utf-8").startswith("site,")


def test_text_for_a_person(run) -> None:
    _, out, err = run("trace", "sentiment-lstm", "a good\x07 plot")
    assert "prediction" in out
    assert "very negative" in out
    assert "1 control character read as a space" in out
    assert err == ""


def test_a_path_is_a_model_too(run, folder: Path) -> None:
    code, out, _ = run("trace", str(folder / "sentiment-gru"), "a good plot", "--json")
    assert code == 0
    assert json.loads(out)["model"] == "sentiment-gru"


# --- bad input: exit code 2, one line, nothing on standard output ---------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["trace", "sentiment-gur", "a"], "choose one of es-en-gru-bahdanau, sentiment-gru, sentiment-lstm"),
        (["trace", "damaged", "a"], "damaged/spec.json is not JSON"),
        (["trace", "../sentiment-gru", "a"], "unknown model"),
        (["trace", "", "a"], "unknown model"),
        (["trace", "sentiment-gru"], "Missing argument 'TEXT'"),
        (["trace", "sentiment-gru", ""], "the text is empty"),
        (["trace", "sentiment-gru", " \n\t "], "the text is empty"),
        (["trace", "sentiment-gru", "plot " * 300], "the limit is 200"),
        (["trace", "sentiment-gru", "plot " * 500], "the limit is 2000"),
        (["trace", "sentiment-gru", "a", "--out", "trace.pickle"], "choose one of .npz, .parquet, .csv"),
        (["trace", "sentiment-gru", "a", "--out", "no/such/folder/trace.npz"], "cannot be written"),
        (["trace", "sentiment-gru", "a", "--beam", "0"], "--beam"),
        (["trace", "sentiment-gru", "a", "--beam", "99"], "--beam"),
        (["trace", "sentiment-gru", "a", "--colour"], "--colour"),
        (["trace", "sentiment-gru", "a", "--beam", "2"], "--beam belongs to translation"),
        (["trace", "sentiment-gru", "a", "--reference", "b"], "--reference belongs to translation"),
        (["trace", "es-en-gru-bahdanau", "hola", "--reference", ""], "the text is empty"),
        (["evaluate", "sentiment-gru", "--data", "x.tsv", "--beam", "2"], "--beam belongs to translation"),
        (["trase"], f"choose one of {', '.join(sorted(commands.commands))}"),
        (["evaluate", "sentiment-gru", "--data", "missing.tsv"], "missing.tsv"),
        (["evaluate", "sentiment-gru"], "--data"),
        (["train", "sentimental"], "'sentiment', 'translation'"),
        (["train", "sentiment", "--cell", "gur", "--data", "x.tsv", "--out", "x"], "'rnn', 'gru', 'lstm'"),
        (["train", "sentiment", "--cell", "gru", "--data", "x.tsv", "--out", "x"], "x.tsv"),
        (["train", "sentiment", "--cell", "gru", "--data", "x.doc", "--out", "x"], ".tsv, .csv"),
        (
            ["train", "sentiment", "--cell", "gru", "--source", "de", "--data", "x.tsv", "--out", "x"],
            "--source",
        ),
        (
            ["train", "sentiment", "--cell", "gru", "--hidden", "0", "--data", "x.tsv", "--out", "x"],
            "hidden is 0",
        ),
        (
            ["train", "sentiment", "--cell", "gru", "--rate", "99", "--data", "x.tsv", "--out", "x"],
            "rate is 99",
        ),
    ],
)
def test_bad_input(
    run, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_lone_surrogate_is_read_and_said_so(run) -> None:
    code, out, _ = run("trace", "sentiment-gru", "plot \udcff")
    assert code == 0
    assert "lone surrogates" in out


def test_without_a_command(run) -> None:
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "Commands:" in err


# --- train and evaluate ---------------------------------------------------------------------------


def test_train_then_evaluate(run, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    settings = [
        "--cell",
        "gru",
        "--hidden",
        "16",
        "--embedding",
        "16",
        "--epochs",
        "12",
        "--vocabulary",
        "60",
    ]
    settings += ["--rate", "0.02", "--batch", "16", "--data", str(table), "--out", str(out), "--quiet"]
    code, said, err = run("train", "sentiment", *settings)
    assert code == 0, err
    assert "best epoch" in said
    trained = out / "sentiment-gru"
    assert checkpoints.load(trained).spec.hidden == 16
    code, said, err = run("evaluate", str(trained), "--data", str(table), "--json")
    assert code == 0, err
    answer = json.loads(said)
    assert list(answer) == ["rows", "accuracy5", "accuracy3", "accuracy2"]
    assert answer["rows"] == 20
    assert answer["accuracy5"] > 90  # each word has one label


def test_evaluate_a_split(run, table: Path) -> None:
    code, out, err = run("evaluate", "sentiment-gru", "--data", str(table), "--split", "validation", "--json")
    assert code == 0, err
    assert json.loads(out)["rows"] == 20
    code, _, err = run("evaluate", "sentiment-gru", "--data", str(table), "--split", "later")
    assert code == 2
    assert "train, validation, test" in err


def test_evaluate_a_translation(run, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("es\ten\n" + "".join(f"{es}\t{en}\n" for es, en in PAIRS), encoding="utf-8")
    code, out, err = run("evaluate", "es-en-gru-bahdanau", "--data", str(path), "--json", "--beam", "2")
    assert code == 0, err
    answer = json.loads(out)
    assert list(answer) == ["rows", "bleu", "bleu_lower", "chrf", "perplexity", "signature"]
    assert answer["rows"] == len(PAIRS)


LAYOUT = ("--no-header", "--encoding", "latin-1", "--delimiter", ";")
NUMBERED = ("--text-column", "2", "--label-column", "1", "--labels", "bad,good")


def test_a_table_of_another_layout_is_trained_on_scored_and_published(run, tmp_path: Path) -> None:
    data = tmp_path / "reviews.csv"
    rows = [f"{'good' if label > 2 else 'bad'};{text} caf\u00e9" for text, label in TEXTS if label != 2]
    data.write_text("\n".join(rows), encoding="latin-1")
    settings = ("--cell", "gru", "--hidden", "8", "--embedding", "8", "--epochs", "8", "--vocabulary", "60")
    settings += ("--rate", "0.02", "--batch", "16", "--classes", "bad,good", "--quiet")
    out = tmp_path / "run"
    given = ("--data", str(data), *LAYOUT, *NUMBERED)
    code, _, err = run("train", "sentiment", *settings, "--out", str(out), *given)
    assert code == 0, err
    code, said, err = run("evaluate", str(out / "sentiment-gru"), "--json", *given)
    assert code == 0, err
    answer = json.loads(said)
    assert answer == {"rows": len(rows), "accuracy2": pytest.approx(100)}
    code, _, err = run("publish", str(out), "--checkpoints", str(tmp_path / "shelf"), *given)
    assert code == 0, err
    metrics = json.loads((tmp_path / "shelf" / "sentiment-gru" / "metrics.json").read_text())
    shares = metrics["by_probability"]
    assert sum(share["right"] for share in shares) == sum(share["rows"] for share in shares) == len(rows)
    for command in (metrics["command"], metrics["evaluate"]):
        words = shlex.split(command)
        assert words[words.index("--text-column") :][:6] == list(NUMBERED)
        assert {"--no-header", "semicolon", "latin-1"} <= set(words)


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (LAYOUT, "without a header columns are numbered from 1"),
        (("--encoding", "latin-1"), "is the first line data? Give --no-header"),
        (("--delimiter", ","), "give --encoding latin-1"),
        (("--encoding", "latin-1", "--delimiter", "comma"), "is ';' the separator?"),
        (("--encoding", "klingon"), "unknown encoding 'klingon'"),
        ((*LAYOUT, *NUMBERED[:4]), "give --labels with bad, good in order, worst first"),
    ],
)
def test_a_refused_table_says_what_to_give(run, tmp_path: Path, command: str, given, message: str) -> None:
    data = tmp_path / "reviews.csv"
    data.write_text("bad;a caf\u00e9 of no use at all\ngood;fine, and cheap\n", encoding="latin-1")
    known = ("sentiment", "--cell", "gru", "--classes", "no,yes", "--out", str(tmp_path / "run"))
    model = ("sentiment-gru",)
    code, out, err = run(command, *(known if command == "train" else model), "--data", str(data), *given)
    assert (code, out) == (2, "")
    assert message in err or (command == "evaluate" and "--labels" in message and "--labels" in err)


def test_pairs_of_another_layout(run, tmp_path: Path) -> None:
    links = tmp_path / "spa.txt"
    links.write_text("".join(f"{en}\t{es}\tCC-BY 2.0\n" for es, en in PAIRS), encoding="utf-8")
    for number, code in enumerate(("es", "en")):
        (tmp_path / f"pairs.{code}").write_text("\n".join(pair[number] for pair in PAIRS), encoding="utf-8")
    columns = ("--no-header", "--text-column", "2", "--label-column", "1")
    answers = []
    for given in ((str(links), *columns), (str(tmp_path / "pairs"),), (str(tmp_path / "pairs.en"),)):
        code, out, err = run("evaluate", "es-en-gru-bahdanau", "--json", "--data", *given)
        assert code == 0, err
        answers.append(json.loads(out))
    assert answers[0]["rows"] == len(PAIRS)
    assert answers[0] == answers[1] == answers[2]
    code, _, err = run("evaluate", "es-en-gru-bahdanau", "--data", str(links), "--labels", "a,b")
    assert code == 2
    assert "--labels is not a setting of task 'translation'" in err


def test_train_offers_every_setting() -> None:
    for settings, texts, left_out in (
        (Run, RUN_HELP, {"spec", "config", "layout"}),
        (Layout, LAYOUT_HELP, set()),
        (TrainingConfig, CONFIG_HELP, set()),
    ):
        assert {field.name for field in dataclasses.fields(settings)} - left_out == set(texts)
    specs = (SentimentSpec, TranslationSpec, ForecastSpec, ToySpec)
    measured = {"mean", "scale"}  # `train` fills them in
    fields = [field.name for spec in specs for field in dataclasses.fields(spec)]
    assert set(fields) - measured == set(SPEC_HELP)


# --- as a program ---------------------------------------------------------------------------------


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "rnnviz_core", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", ["models", "trace", "prepare", "train", "evaluate"])
def test_help_has_examples(name: str) -> None:
    context = click.Context(commands.commands[name], info_name=name)
    text = commands.commands[name].get_help(context)
    assert f"python -m rnnviz_core {name}" in text
    assert all(p.help for p in commands.commands[name].get_params(context) if isinstance(p, click.Option))


@pytest.mark.alone
def test_help_is_quick() -> None:
    began = time.perf_counter()
    done = program("--help")
    assert done.returncode == 0
    assert "trace" in done.stdout
    assert time.perf_counter() - began < 2


@pytest.mark.slow
def test_program_prints_pure_json(folder: Path) -> None:
    began = time.perf_counter()
    arguments = ("trace", "sentiment-lstm", "a good plot", "--json", "--checkpoints", str(folder))
    done = program(*arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == "sentiment-lstm"
    assert done.stderr == ""
    assert time.perf_counter() - began < 20  # alone it takes about 2 s


@pytest.mark.slow
def test_program_exit_code() -> None:
    done = program("trace", "nobody", "a good plot")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
