"""One training of a toy network, watched: on the page and for the table of the docs."""

import copy
import tempfile
from typing import Any

from rnnviz_core.models.toy import ToyModel
from rnnviz_core.models.toy_spec import ToySpec
from rnnviz_core.training.run import Run
from rnnviz_core.training.runs import execute
from rnnviz_core.training.settings import TrainingConfig
from rnnviz_core.training.watched import Ended, Watched

BATCH = 32
ENOUGH = 99.5  # accuracy in percent at which there is nothing left to learn
EPOCHS = 10_000  # more than any time limit leaves room for


def run_of(spec: ToySpec, *, epochs: int = EPOCHS, name: str | None = None, **settings: Any) -> Run:
    """The run of a spec, its rate constant; `settings` are those of `TrainingConfig`."""
    usual = {"batch": BATCH, "optimizer": "adam", "rate": 0.003, "schedule": "constant", "warmup": 0.0}
    return Run(spec, "", name=name, config=TrainingConfig(epochs=epochs, **{**usual, **settings}))


class Solved:
    """Whether the accuracy at T has been `ENOUGH` in two epochs, one after the other."""

    def __init__(self) -> None:
        self._before = False

    def __call__(self, row: dict[str, Any]) -> bool:
        """Look at the figures of one more epoch."""
        before, self._before = self._before, row["accuracy"] >= ENOUGH
        return before and self._before


def train(run: Run, watched: Watched) -> tuple[ToyModel, str]:
    """Train until the run ends by itself or is ended.

    Returns
    -------
    The network after the last update, in evaluation mode, and why the run ended: ``epochs``, ``done``,
    ``time``, ``stopped``, or what `Watched.pause` raised.
    """
    reason = "epochs"
    with tempfile.TemporaryDirectory(prefix="rnnviz-toy-") as place:
        try:
            execute(run, place, quiet=True, observers=[watched])
        except Ended as ended:
            reason = str(ended)
    network: ToyModel = copy.deepcopy(watched.network)
    return network.requires_grad_(False).eval(), reason
