"""What a study found, as plain values: kept as JSON, printed, and drawn, all of it without Optuna."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from rnnviz_core.errors import DataError


@dataclass(frozen=True)
class Trial:
    """One run of a study."""

    number: int
    state: str  # complete, pruned, fail
    figure: float | None  # the best of its epochs; of a run that was ended early, so far
    settings: Mapping[str, Any]
    epochs: tuple[float, ...]  # the validation figure after each
    seconds: float


@dataclass(frozen=True)
class Report:
    """A study: what was fixed, what was tried, and what came of it."""

    name: str
    metric: str
    larger_is_better: bool
    settings: Mapping[str, Any]  # that all trials have
    space: Mapping[str, Mapping[str, Any]]  # setting -> ``low``, ``high``, ``log``, or ``values``
    trials: tuple[Trial, ...]
    importances: Mapping[str, float]  # setting -> share, largest first; empty where too few are complete
    command: str  # trains the best trial's network again

    @property
    def best(self) -> Trial | None:
        """The completed trial with the best figure."""
        done = [one for one in self.trials if one.state == "complete" and one.figure is not None]
        key = (lambda one: one.figure) if self.larger_is_better else (lambda one: -one.figure)
        return max(done, key=key, default=None)

    def to_json(self) -> str:
        """All of it, a line per trial."""
        kept = {name: value for name, value in vars(self).items() if name != "trials"}
        head = json.dumps(kept, ensure_ascii=False, indent=1)
        rows = ",\n  ".join(json.dumps(vars(one), ensure_ascii=False) for one in self.trials)
        return f'{head[:-2]},\n "trials": [\n  {rows}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """The inverse of `to_json`; a `DataError` where this is none."""
        try:
            values = json.loads(text)
            trials = tuple(Trial(**{**one, "epochs": tuple(one["epochs"])}) for one in values.pop("trials"))
            return cls(trials=trials, **values)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"this is not a report of a study: {error}") from None


def lines(report: Report, shown: int = 5) -> list[str]:
    """The report for a terminal."""
    states = [one.state for one in report.trials]
    ended = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    found = [f"{report.name}: {len(report.trials)} trials ({ended or 'none'}), by {report.metric}"]
    done = [one for one in report.trials if one.state == "complete" and one.figure is not None]
    done.sort(key=lambda one: one.figure or 0.0, reverse=report.larger_is_better)
    for one in done[:shown]:
        settings = "  ".join(f"{name} {value}" for name, value in one.settings.items())
        found.append(f"  trial {one.number:>3}  {one.figure:>9.4g}  {settings}")
    if report.importances:
        found.append("importance (functional ANOVA over the completed trials)")
        found += [f"  {name:<14}{share:6.1%}" for name, share in report.importances.items()]
    if report.command:
        found += ["the best one again:", f"  {report.command}"]
    return found


def shipped() -> dict[str, Report]:
    """The studies that come with the package, by name."""
    folder = resources.files(__package__) / "studies"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return {one.name.removesuffix(".json"): Report.from_json(one.read_text("utf-8")) for one in found}
