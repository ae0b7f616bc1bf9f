"""A folder belongs to one run: another is refused without a trace, and starting again starts from nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.tasks.sentiment.objective import SentimentObjective
from rnnviz_core.training import loop, observers, state
from rnnviz_core.training.runs import PRETRAINING, Run, execute
from rnnviz_core.training.settings import TrainingConfig
from rnnviz_core.training.state import LOG, RUN, STATE

WORDS = {"awful": 0, "weak": 1, "plain": 2, "fine": 3, "superb": 4}
THINGS = ("story", "ending", "song", "cast", "plot", "trip", "meal", "house")
ROWS = [
    (("dev", "test", "train", "train")[number % 4], label, f"{start} {word} {thing}")
    for number, (start, word, label, thing) in enumerate(
        (start, word, label, thing)
        for start in ("a", "the", "this")
        for word, label in WORDS.items()
        for thing in THINGS
    )
]


def write(path: Path, rows, column: str = "label5") -> str:
    lines = [f"split\t{column}\ttext", *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def log(folder: Path) -> list[int]:
    return [json.loads(line)["epoch"] for line in (folder / LOG).read_text().splitlines()]


def spec(cell: str = "gru") -> SentimentSpec:
    return SentimentSpec(cell, embedding=8, hidden=6)


@pytest.fixture
def sources(tmp_path):
    """One table for each use."""
    sides = [("train", int(label > 2), text) for split, label, text in ROWS if label != 2]
    return {
        "data": write(tmp_path / "texts.tsv", ROWS),
        "validation": write(tmp_path / "check.tsv", ROWS),
        "polarity": (write(tmp_path / "sides.tsv", sides, "label"),),
        "pretrain": (write(tmp_path / "more.tsv", ROWS),),
    }


@pytest.fixture
def run(sources, tmp_path):
    teacher, _ = execute(
        Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=1)), tmp_path / "teacher"
    )
    config = TrainingConfig(epochs=2, batch=16, rate=0.001)
    return Run(spec("lstm"), vocabulary=70, teacher=(str(teacher),), config=config, **sources)


FLIPPED = [(split, 4 - label, text) for split, label, text in ROWS]
OTHER = {
    "epochs 9 instead of 2, rate 0.5 instead of 0.001": {"config": {"epochs": 9, "rate": 0.5}},
    "seed 7 instead of 0": {"config": {"seed": 7}},
    "hidden 5 instead of 6": {"spec": {"hidden": 5}},
    'cell "rnn" instead of "lstm"': {"spec": {"cell": "rnn"}},
    "vocabulary 50 instead of 70": {"vocabulary": 50},
    "sampling 0.5 instead of 0.0": {"sampling": 0.5},
    "teacher_share 0.1 instead of 0.5": {"teacher_share": 0.1},
    "lowercase false instead of true": {"lowercase": False},
    "other content of --data": {"table": ("texts.tsv", FLIPPED)},
    "other content of --validation": {"table": ("check.tsv", [*ROWS, ("dev", 1, "a weak road")])},
    "other content of --polarity": {"polarity": ()},
    "other content of --pretrain": {"table": ("more.tsv", ROWS[:-1])},
    "other content of --teacher 1": {"teacher": ()},
}


@pytest.mark.parametrize("difference", OTHER)
def test_another_run_in_the_same_folder_is_refused_and_changes_nothing(run, tmp_path, difference):
    out, change = tmp_path / "run", dict(OTHER[difference])
    execute(run, out, quiet=True)
    before = files(out)
    if table := change.pop("table", None):
        write(tmp_path / table[0], table[1])
    for part in {"config", "spec"} & set(change):
        change[part] = replace(getattr(run, part), **change[part])
    with pytest.raises(SpecError) as error:
        execute(replace(run, **change), out, quiet=True)
    assert f"belongs to a run with other settings ({difference}" in str(error.value)
    assert files(out) == before


def test_other_labels_and_texts_are_told_apart_from_the_same_ones_elsewhere(run, tmp_path):
    """The same rows under another name go on; a teacher with other weights does not."""
    out = tmp_path / "run"
    execute(run, out, quiet=True)
    moved = write(tmp_path / "elsewhere.tsv", ROWS)
    _, progress = execute(replace(run, data=moved), out, quiet=True)
    assert progress.epoch == 2
    assert log(out) == [1, 2]
    teacher = Path(run.teacher[0])
    weights = (teacher / "model.safetensors").read_bytes()
    (teacher / "model.safetensors").write_bytes(weights[:-2] + b"\0\0")
    with pytest.raises(SpecError, match="other content of --teacher 1"):
        execute(run, out, quiet=True)


def test_another_tokenizer_is_refused(run, tmp_path, monkeypatch):
    out = tmp_path / "run"
    execute(run, out, quiet=True)
    from rnnviz_core.inputs.tokenizer import Tokenizer

    learn = Tokenizer.train

    def learnt_otherwise(texts, size, **more):
        return learn(texts, size, **{**more, "symbols": ("superb",)})

    monkeypatch.setattr(Tokenizer, "train", learnt_otherwise)
    with pytest.raises(SpecError, match="other tokenizer of the source"):
        execute(run, out, quiet=True)


def test_a_refused_run_does_not_reach_the_card(sources, tmp_path):
    """Trained for 2 epochs at 0.001, whatever was asked for and refused afterwards."""
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=2, rate=0.001))
    execute(run, out, quiet=True)
    with pytest.raises(SpecError):
        execute(replace(run, config=replace(run.config, epochs=9, rate=0.5)), out, quiet=True)
    folder = publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))
    card = (folder / "card.md").read_text()
    assert "| epochs | 2 |" in card
    assert "| rate | 0.001 |" in card


def test_what_is_read_first_is_compared_too(run, tmp_path, monkeypatch):
    """Stopped after the reading: no state of the run itself is there yet."""
    out = tmp_path / "run"

    def stop(self):
        if type(self.model).__name__ == "SentimentModel":
            raise KeyboardInterrupt
        epoch(self)

    epoch = loop.Trainer._epoch
    monkeypatch.setattr(loop.Trainer, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        execute(run, out, quiet=True)
    before = files(out)
    with pytest.raises(SpecError, match=r"pretraining/training\.safetensors.*hidden 5 instead of 6"):
        execute(replace(run, spec=replace(run.spec, hidden=5)), out, quiet=True)
    assert files(out) == before
    monkeypatch.setattr(loop.Trainer, "_epoch", epoch)
    _, progress = execute(replace(run, config=replace(run.config, epochs=3)), out, quiet=True)
    assert progress.epoch == 3
    assert log(out / PRETRAINING) == [1]


def test_a_state_of_an_earlier_version_is_refused(run, tmp_path):
    from safetensors.torch import load_file, save_file

    out = tmp_path / "run"
    execute(run, out, quiet=True)
    save_file(load_file(out / STATE), out / STATE, metadata={"progress": "{}", "config": "{}"})
    with pytest.raises(SpecError, match=r"written by an earlier version.*delete it to start again"):
        execute(run, out, quiet=True)


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_with_the_state_deleted_a_run_starts_again(sources, tmp_path, cell):
    """No line of the old log, and no checkpoint of another model beside the new one."""
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=4, batch=16))
    execute(run, out, quiet=True)
    (out / STATE).unlink()
    again = replace(run, spec=spec(cell), config=TrainingConfig(epochs=2, batch=16))
    execute(again, out, quiet=True)
    assert log(out) == [1, 2]
    folder = publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))
    assert folder.name == f"sentiment-{cell}"
    assert " of 2) is kept" in (folder / "card.md").read_text()


def test_a_stopped_new_start_leaves_no_old_model_to_publish(sources, tmp_path, monkeypatch):
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=1))
    execute(run, out, quiet=True)
    (out / "notes.txt").write_text("kept")
    (out / STATE).unlink()

    def stop(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Trainer, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        execute(replace(run, config=TrainingConfig(epochs=3)), out, quiet=True)
    assert set(files(out)) == {RUN, "notes.txt"}
    with pytest.raises(DataError, match="no run with one checkpoint is here"):
        publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))


@pytest.mark.parametrize("late", ["_save_state", "add_to_log"])
def test_a_kill_at_the_end_of_an_epoch_counts_every_epoch_once(sources, tmp_path, monkeypatch, late):
    """Killed after the checkpoint, before the log or the state; published as it is, then gone on with."""
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=3, batch=16, rate=0.02))
    whole, _ = execute(run, tmp_path / "whole", quiet=True)
    calls = []

    def killed(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        original(*given)

    where = loop.Trainer if late == "_save_state" else observers
    original = getattr(where, late)
    monkeypatch.setattr(where, late, killed)
    with pytest.raises(KeyboardInterrupt):
        execute(run, out, quiet=True)
    best = json.loads((out / "sentiment-gru" / "metrics.json").read_text())["best_epoch"]
    folder = publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))
    assert f"({best} of {max(best, 1)}) is kept" in (folder / "card.md").read_text()
    with (out / LOG).open("a") as file:
        file.write('{"epoch": 2, "train_l')  # a line that was cut short
    path, progress = execute(run, out, quiet=True)
    assert log(out) == [1, 2, 3]
    assert progress.epoch == 3
    assert (path / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_the_card_counts_the_epochs_of_the_state(sources, tmp_path):
    """Earlier versions wrote the state first: the log may lack the last line."""
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=3, batch=16))
    execute(run, out, quiet=True)
    lines = (out / LOG).read_text().splitlines(keepends=True)
    (out / LOG).write_text("".join(lines[:-1]))
    folder = publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))
    assert " of 3) is kept" in (folder / "card.md").read_text()


def test_settings_that_did_not_train_the_model_are_not_published(sources, tmp_path):
    out = tmp_path / "run"
    run = Run(spec(), sources["data"], vocabulary=60, config=TrainingConfig(epochs=1))
    execute(run, out, quiet=True)
    settings = json.loads((out / RUN).read_text())
    settings["config"]["rate"] = 0.5
    (out / RUN).write_text(json.dumps(settings))
    with pytest.raises(DataError, match=r"does not hold the settings.*rate 0\.5 instead of 0\.001"):
        publishing.publish(out, tmp_path / "models", publishing.Test(sources["data"]))


UNSEEN = "\N{ZERO WIDTH SPACE}"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, ("dev", 1, UNSEEN)], r"validation split: text \d+ \('\\u200b'\) holds no piece"),
        ([*ROWS, *[("dev", 1, UNSEEN)] * 3], r"text \d+ \('\\u200b'\) and 2 more holds no piece"),
        ([row if row[0] != "dev" else ("dev", "", row[2]) for row in ROWS], "validation split is empty"),
        ([("train", 1, UNSEEN), *(row for row in ROWS if row[0] == "dev")], "."),
    ],
)
def test_texts_that_cannot_be_scored_are_refused_before_training(tmp_path, monkeypatch, rows, message):
    run = Run(spec(), write(tmp_path / "own.tsv", rows), vocabulary=60, config=TrainingConfig(epochs=1))
    monkeypatch.setattr(SentimentObjective, "training", lambda *_: pytest.fail("training had begun"))
    with pytest.raises(DataError, match=message):
        execute(run, tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_the_same_holds_for_translation_and_for_what_is_read_first(sources, tmp_path):
    lines = ["split\tes\ten", *["train\tel gato\tthe cat", "train\tun perro\ta dog"] * 4]
    bad = tmp_path / "pairs.tsv"
    bad.write_text("\n".join([*lines, f"val\t{UNSEEN}\tthe dog"]) + "\n", encoding="utf-8")
    pairs = Run(TranslationSpec("gru", embedding=4, hidden=4), str(bad), vocabulary=30)
    with pytest.raises(DataError, match=r"validation split: text 1 \('\\u200b'\) holds no piece"):
        execute(pairs, tmp_path / "run", quiet=True)
    single = tmp_path / "letters.tsv"
    single.write_text(f"text\n{UNSEEN}\nthe story\n", encoding="utf-8")
    first = Run(spec(), sources["data"], vocabulary=60, pretrain=(str(single),))
    with pytest.raises(DataError, match="every 50th of the texts that are read first is held out"):
        execute(first, tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_every_setting_has_a_name_of_its_own():
    """The fingerprint is flat: a name that stood for two settings would hide one."""
    settings = Run(spec(), "own.tsv").to_dict()
    names = [*settings, *settings["spec"], *settings["config"]]
    assert len(names) == len(set(names))


def test_a_run_from_before_attention_pooling_had_its_name_goes_on(sources, tmp_path):
    """Its state and its settings say bahdanau, as version 0.1.0 called it."""
    run = Run(
        replace(spec(), attention="pooling"), sources["data"], vocabulary=60, config=TrainingConfig(epochs=1)
    )
    checkpoint, _ = execute(run, tmp_path / "run")
    header = state.read_header(tmp_path / "run")
    older = {name: text.replace('"pooling"', '"bahdanau"') for name, text in header.items()}
    assert older != header
    path = tmp_path / "run" / STATE
    save_file(load_file(path), path, older)
    for file in (tmp_path / "run" / RUN, checkpoint / "spec.json"):
        file.write_text(file.read_text().replace('"pooling"', '"bahdanau"'))
    _, progress = execute(run, tmp_path / "run")
    assert log(tmp_path / "run") == [1]
    assert progress.epoch == 1
    published = publishing.publish(tmp_path / "run", tmp_path / "models", publishing.Test(sources["data"]))
    assert json.loads((published / "spec.json").read_text())["attention"] == "pooling"


def test_other_attention_is_another_run(sources, tmp_path):
    run = Run(
        replace(spec(), attention="pooling"), sources["data"], vocabulary=60, config=TrainingConfig(epochs=1)
    )
    execute(run, tmp_path / "run")
    with pytest.raises(SpecError, match='attention "none" instead of "pooling"'):
        execute(replace(run, spec=spec()), tmp_path / "run")
