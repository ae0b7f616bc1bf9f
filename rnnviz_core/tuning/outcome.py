"""From a study to its report: here the importances are computed, for which Optuna is needed."""

from typing import Any

from rnnviz_core.training.assembled import run_of

from . import storage
from .report import Report, Trial
from .search import Search

FEWEST = 4  # completed trials from which importances can be told


def of(study: Any, search: Search) -> Report:
    """The report of a study.

    The importance of a setting is its share of the variance of the figure over the completed trials, by
    functional ANOVA on a random forest (Hutter, Hoos and Leyton-Brown 2014), as Optuna computes it.
    """
    trials = tuple(
        _trial(one) for one in study.get_trials(deepcopy=False) if one.state.is_finished() and one.params
    )
    larger = study.direction.name == "MAXIMIZE"
    settings = search.settings
    space = settings.pop("space")
    best = next((one for one in trials if one.number == _best_number(study)), None)
    command = ""
    if best is not None:
        run = run_of(search.task, {**search.given, **best.settings}, search.layout)
        command = run.command(f"runs/{run.spec.model_id}")
    metric = str(study.user_attrs.get(storage.METRIC, "figure"))
    return Report(search.name, metric, larger, settings, space, trials, _importances(study, search), command)


def _best_number(study: Any) -> int:
    complete = storage.optuna().trial.TrialState.COMPLETE
    return study.best_trial.number if study.get_trials(deepcopy=False, states=(complete,)) else -1


def _trial(one: Any) -> Trial:
    epochs = tuple(round(one.intermediate_values[step], 4) for step in sorted(one.intermediate_values))
    figure = None if one.value is None else round(one.value, 4)
    settings = {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in one.params.items()
    }
    seconds = float(one.user_attrs.get("seconds", 0.0))
    return Trial(one.number, one.state.name.lower(), figure, settings, epochs, seconds)


def _importances(study: Any, search: Search) -> dict[str, float]:
    found = storage.optuna()
    complete = study.get_trials(deepcopy=False, states=(found.trial.TrialState.COMPLETE,))
    if len(complete) < FEWEST or len({one.value for one in complete}) == 1:
        return {}
    evaluator = found.importance.FanovaImportanceEvaluator(seed=search.seed)
    shares = found.importance.get_param_importances(study, evaluator=evaluator)
    return {name: round(float(share), 4) for name, share in shares.items()}
