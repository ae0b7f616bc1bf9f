"""A study: trials of a toy task, several processes at one study, going on, and the report."""

import json
import subprocess
import sys

import optuna
import pytest

from rnnviz_core.cli.main import main
from rnnviz_core.contracts.space import Pick, Range
from rnnviz_core.contracts.task import task
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.tuning import report, storage
from rnnviz_core.tuning.search import Search, finished, suggested

GIVEN = ["--cell", "rnn", "--steps", "2", "--epochs", "2", "--embedding", "4", "--optimizer", "adam"]


def search(out, *more: str) -> list[str]:
    where = f"journal:{out}/study.log"
    return ["search", "toy", *GIVEN, "--out", str(out), "--storage", where, "--quiet", *more]


@pytest.mark.parametrize("name", ["sentiment", "forecast", "toy"])
def test_a_space_names_settings_that_the_task_has(name: str) -> None:
    space = task(name).space
    assert {"rate", "clip", "hidden"} <= set(space)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    values = suggested(study.ask(), space)
    from rnnviz_core.training.assembled import run_of

    run_of(name, {"cell": "gru", "data": "x.tsv" * task(name).reads_data, **values})
    for setting, one in space.items():
        if isinstance(one, Pick):
            assert values[setting] in one.values
        else:
            assert isinstance(one, Range)
            assert one.low <= values[setting] <= one.high
            assert isinstance(values[setting], int) == one.whole


def test_a_study_goes_on_and_reports(tmp_path, capsys) -> None:
    assert main(search(tmp_path, "--trials", "2")) == 0
    assert main(search(tmp_path, "--trials", "5", "--json")) == 0
    told = json.loads(capsys.readouterr().out.partition("\n{")[2].join(("{", "")))
    assert len(told["trials"]) == 5
    assert told["metric"] == "loss"
    assert not told["larger_is_better"]
    found = report.Report.from_json((tmp_path / "report.json").read_text())
    assert [one.number for one in found.trials] == list(range(5))
    assert {name for one in found.trials for name in one.settings} == {
        "rate",
        "clip",
        "hidden",
        "forget_bias",
    }
    assert found.best is not None
    assert found.best.figure == min(one.figure for one in found.trials if one.state == "complete")
    assert found.best.figure == min(found.best.epochs)
    assert f"--rate {found.best.settings['rate']:g}" in found.command
    assert found.from_json(found.to_json()) == found
    assert main(search(tmp_path, "--trials", "0")) == 0
    assert "5 trials" in capsys.readouterr().out
    assert main(search(tmp_path, "--trials", "6", "--seed", "3")) == 2
    assert "begun with another seed" in capsys.readouterr().err


# Imports once, then two processes at each of two studies, all at the same time.
WORKERS = """
import os, sys
import optuna, sqlalchemy, torch
import optuna.storages.journal
from rnnviz_core.tuning import search
GIVEN = {"cell": "rnn", "steps": 2, "epochs": 1, "embedding": 4, "optimizer": "adam", "hidden": 8}
children = []
for where in sys.argv[1:]:
    for _ in range(2):
        child = os.fork()
        if not child:
            code = 1
            try:
                torch.set_num_threads(1)
                search.run(search.Search("toy", GIVEN, where=where, name="both"), 4)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
def test_two_processes_work_on_one_study(tmp_path) -> None:
    places = [f"journal:{tmp_path}/study.log", f"sqlite:///{tmp_path}/study.db"]
    done = subprocess.run(
        [sys.executable, "-c", WORKERS, *places], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    for where in places:
        study = optuna.load_study(study_name="both", storage=storage._storage(where))
        assert 4 <= finished(study) <= 5
        assert [trial.number for trial in study.trials] == list(range(len(study.trials)))
        rates = [trial.params["rate"] for trial in study.trials]
        assert len(set(rates)) == len(rates), "both tried the same"


def test_a_run_that_falls_behind_is_ended(tmp_path, monkeypatch) -> None:
    """Five good runs, then one that hardly learns: it is cut short after its first epoch."""
    values = iter([*[0.01] * 5, 1e-7])
    monkeypatch.setattr("rnnviz_core.tuning.search.suggested", lambda trial, space: {"rate": next(values)})
    given = {"cell": "rnn", "steps": 2, "hidden": 8, "epochs": 2}
    from rnnviz_core.tuning.search import run

    study = run(Search("toy", given, where=f"sqlite:///{tmp_path}/study.db"), 6)
    last = study.trials[-1]
    assert last.state.name == "PRUNED"
    assert len(last.intermediate_values) == 1
    assert [trial.state.name for trial in study.trials[:5]].count("COMPLETE") >= 3


@pytest.mark.parametrize(
    ("where", "says"), [("nowhere", "cannot be kept in nowhere"), ("postgresql://me:secret@host/x", "driver")]
)
def test_a_place_that_cannot_be_used(where: str, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        storage.opened(where, "x", {}, larger_is_better=True, seed=0)
    assert "secret" not in str(caught.value)


def test_nothing_left_to_search() -> None:
    given = dict.fromkeys(task("toy").space, 1)
    with pytest.raises(SpecError, match="nothing is left to search"):
        _ = Search("toy", given).space


def test_no_report() -> None:
    with pytest.raises(DataError, match="not a report of a study"):
        report.Report.from_json('{"trials": 3}')


def test_a_report_is_read_without_optuna() -> None:
    read = "import sys; from rnnviz_core.tuning.report import shipped; assert shipped()"
    apart = "assert not {'optuna', 'sqlalchemy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", f"{read}; {apart}"], check=True)
