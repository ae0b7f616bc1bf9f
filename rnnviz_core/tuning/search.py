"""A study: a short run per trial, told of to Optuna epoch by epoch, and ended where it falls behind."""

import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnviz_core.contracts.space import Pick, Space
from rnnviz_core.contracts.task import task
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.training.assembled import run_of
from rnnviz_core.training.loop import Trainer
from rnnviz_core.training.observers import Epoch, Observer
from rnnviz_core.training.runs import prepare

from . import storage


@dataclass(frozen=True)
class Search:
    """What is searched, and with what."""

    task: str
    given: Mapping[str, Any]  # settings that every trial has, by name, the data among them
    layout: Layout = field(default_factory=Layout)  # of the table
    where: str = "sqlite:///study.db"  # see `storage.opened`
    name: str = "study"
    seed: int = 0  # of the sampler

    @property
    def space(self) -> Space:
        """What is tried: the task's own space, without what is given.

        Raises
        ------
        SpecError
            When nothing is left to try.
        """
        found = {name: one for name, one in task(self.task).space.items() if name not in self.given}
        if not found:
            raise SpecError(f"nothing is left to search for task {self.task!r}: every setting is given")
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """What the trials have in common, as plain values; of the data only the name of the file."""
        plain: dict[str, Any] = json.loads(json.dumps(dict(self.given)))
        for name in ("data", "validation"):
            if name in plain:
                plain[name] = Path(plain[name]).name
        return {"task": self.task, "space": _plain(self.space), **plain}


def _plain(space: Space) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        json.dumps({name: dataclasses.asdict(one) for name, one in space.items()})
    )
    return found


def suggested(trial: Any, space: Space) -> dict[str, Any]:
    """The settings that a trial is to try."""
    found: dict[str, Any] = {}
    for name, one in space.items():
        if isinstance(one, Pick):
            found[name] = trial.suggest_categorical(name, one.values)
        elif one.whole:
            found[name] = trial.suggest_int(name, one.low, one.high, log=one.log)
        else:
            found[name] = trial.suggest_float(name, one.low, one.high, log=one.log)
    return found


class _Teller(Observer):
    """Tells a trial how its run comes along, and ends the run where the median of the others is better."""

    def __init__(self, trial: Any, metric: str) -> None:
        self._trial, self._metric = trial, metric

    def on_epoch(self, epoch: Epoch) -> None:
        """Report the validation figure."""
        self._trial.report(epoch.row[self._metric], epoch.row["epoch"])
        if self._trial.should_prune():
            raise storage.optuna().TrialPruned


def run(search: Search, trials: int, tell: Callable[[Any, Any], None] = lambda study, trial: None) -> Any:
    """Go on with a study until it has so many finished trials, those of other processes included.

    Parameters
    ----------
    search
        What is searched.
    trials
        Finished trials (completed or ended early) in the whole study; 0: only open it.
    tell
        Called after every trial of this process with the study and the trial, frozen.

    Returns
    -------
    The study, an `optuna.Study`.

    Raises
    ------
    SpecError, DataError
        As `storage.opened`, and whatever refuses the data before the first trial.
    """
    first = run_of(search.task, search.given, search.layout)
    material = task(search.task).read(first)
    _, objective = prepare(first, material=material)
    metric = objective.metric
    study = storage.opened(
        search.where,
        search.name,
        search.settings,
        larger_is_better=objective.larger_is_better,
        seed=search.seed,
    )
    study.set_user_attr(storage.METRIC, metric)

    def one(trial: Any) -> float:
        settings = {**search.given, **suggested(trial, search.space)}
        began = time.perf_counter()
        try:
            return _figure(run_of(search.task, settings, search.layout), material, trial, metric)
        finally:
            trial.set_user_attr("seconds", round(time.perf_counter() - began, 1))

    while finished(study) < trials:
        study.optimize(one, n_trials=1, callbacks=[tell])
    return study


def _figure(settings: Any, material: Any, trial: Any, metric: str) -> float:
    """The best validation figure of a run; one whose numbers overflow counts as ended early."""
    model, objective = prepare(settings, material=material)
    with tempfile.TemporaryDirectory(prefix="rnnviz-search-") as place:
        trainer = Trainer(model, objective, settings.config, Path(place), observers=[_Teller(trial, metric)])
        try:
            progress = trainer.run()
        except DataError as error:
            trial.set_user_attr("refused", str(error))
            raise storage.optuna().TrialPruned from None
    assert progress.best is not None, "a run has an epoch at least"
    return progress.best


def finished(study: Any) -> int:
    """Trials of a study that came to an end, completed or cut short."""
    states = storage.optuna().trial.TrialState
    return len(study.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED)))
