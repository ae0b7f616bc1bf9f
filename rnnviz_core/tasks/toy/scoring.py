"""Accuracy on new sequences, at the T of training and beyond."""

from collections.abc import Sequence
from typing import Any

from rnnviz_core.errors import DataError
from rnnviz_core.models.toy import ToyModel
from rnnviz_core.models.toy_spec import ToySpec

from .problems import PROBLEMS, drawn
from .training import lengths, measured

ROWS = 1_000  # sequences of each length
_TEST = 2  # what their seeds begin with: neither those of training nor of validation


def evaluate(model: ToyModel, data: str | None, split: str | None, **_: Any) -> dict[str, Any]:
    """Accuracies in percent on new sequences, the same for every network of a problem.

    ``accuracy`` is that at the T of training, ``accuracy_double`` at twice of it, ``by_length`` at each of
    `training.lengths`.
    """
    if data:
        raise DataError(f"{data}: a toy task makes its sequences itself; leave --data out")
    spec = model.spec

    def at(steps: int) -> float:
        return measured(model, *drawn(spec.problem, steps, ROWS, _TEST, steps))[1]

    found = {steps: at(steps) for steps in lengths(spec.steps)}
    return {
        "rows": ROWS,
        "accuracy": found[spec.steps],
        "accuracy_double": found[2 * spec.steps],
        "by_length": {f"T = {steps}": right for steps, right in found.items()},
    }


def texts(spec: ToySpec, data: str, split: str | None, layout: Any) -> Sequence[str]:
    """None: symbols are not text."""
    return ()


def score_names(spec: ToySpec) -> dict[str, str]:
    """What the scores are called."""
    return {
        "accuracy": f"accuracy at T = {spec.steps} (%), by chance {PROBLEMS[spec.problem].chance:g}",
        "accuracy_double": f"accuracy at T = {2 * spec.steps} (%)",
    }


def about(spec: ToySpec) -> str:
    """The problem and the training sequences; for a card."""
    made = PROBLEMS[spec.problem]
    seen = f"from 2 to {spec.steps} steps" if spec.varied else f"of {spec.steps} steps"
    return (
        f"{made.title}: {made.says} It was trained on sequences {seen}, made anew for every epoch. "
        f"Symbols: {' '.join(made.symbols)}. By chance {made.chance:g} % are right."
    )
