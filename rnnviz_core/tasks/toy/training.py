"""Training on sequences that are generated for every epoch."""

import random
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from rnnviz_core.errors import SpecError
from rnnviz_core.models.toy import ToyModel
from rnnviz_core.models.toy_spec import ToySpec
from rnnviz_core.training.batches import Batch
from rnnviz_core.training.fingerprint import Fingerprint
from rnnviz_core.training.flat import Flat
from rnnviz_core.training.objectives import device_of
from rnnviz_core.training.parallel import Group
from rnnviz_core.training.run import Run

from .problems import PROBLEMS, drawn

EXAMPLES = 1_600  # sequences per epoch, none of them seen before
CHECKED = 256  # sequences of each length that the network is validated on, the same for every run
_CHECK = 1  # what the seeds of those begin with
TABLES = (
    *("data", "validation", "exclude", "beside", "polarity", "start", "pretrain", "teacher", "leave_out"),
    *("sampling", "looking"),
)


@dataclass(frozen=True)
class Nothing:
    """What a toy run reads from outside: nothing."""

    def fingerprint(self) -> Fingerprint:
        """No digest: settings and seed say it all."""
        return {}


def read(run: Run) -> Nothing:
    """Refuse settings that only tables have."""
    for name in TABLES:
        if getattr(run, name):
            raise SpecError(
                f"--{name.replace('_', '-')} is not a setting of a toy task, whose sequences are made; "
                "leave it out"
            )
    return Nothing()


def prepare(run: Run, material: Nothing, group: Group) -> tuple[ToyModel, "ToyObjective"]:
    """A model with fresh weights, and its objective."""
    model = ToyModel(run.spec, PROBLEMS[run.spec.problem].alphabet, run.name)
    return model, ToyObjective(run.spec, share=(group.rank, group.size))


def first_reading(*_: Any) -> NoReturn:
    """There is none: `read` refuses it."""
    raise SpecError("--pretrain is not a setting of a toy task; leave it out")


def lengths(steps: int) -> tuple[int, ...]:
    """The T at which a network is evaluated: a quarter and half of its own T, that, and up to twice it."""
    return tuple(sorted({max(2, round(steps * share)) for share in (0.25, 0.5, 1, 1.5, 2)}))


class ToyObjective:
    """Sequences of one problem for a `ToyModel`; the validation loss at T picks the best epoch."""

    metric, larger_is_better = "loss", False

    def __init__(self, spec: ToySpec, *, share: tuple[int, int] = (0, 1)) -> None:
        self._spec, (self._rank, self._processes) = spec, share
        self._checks = {
            steps: drawn(spec.problem, steps, CHECKED, _CHECK, steps) for steps in lengths(spec.steps)
        }

    def training(self, generator: random.Random) -> Flat:
        """One epoch: sequences of T steps or, where the spec says so, of every length up to it."""
        spec, seed = self._spec, generator.getrandbits(32)
        # Some twenty lengths, in blocks of one length each: a batch is one sequence wide or as good as.
        several = sorted({max(2, round(spec.steps * part / 20)) for part in range(1, 21)})
        chosen = several if spec.varied else [spec.steps]
        ids: list[list[int]] = []
        answers: list[int] = []
        for steps in chosen:
            places, found = drawn(spec.problem, steps, EXAMPLES // len(chosen), 0, seed, steps)
            ids += places.tolist()
            answers += found.tolist()
        mine = slice(self._rank, None, self._processes)
        return Flat.of(ids[mine], answers[mine])

    def loss(
        self, model: torch.nn.Module, batch: Batch, smoothing: float, consistency: float = 0.0
    ) -> Float[Tensor, ""]:
        """The mean cross-entropy of a batch."""
        there = batch.to(device_of(model))
        logits = model(there.ids, there.lengths)
        return functional.cross_entropy(logits, there.targets, label_smoothing=smoothing)

    def validate(self, model: torch.nn.Module) -> dict[str, float]:
        """The loss at T, and the accuracy in percent at T (``accuracy``) and at every length of `lengths`."""
        found = {steps: measured(model, *check) for steps, check in self._checks.items()}
        loss, accuracy = found[self._spec.steps]
        return {
            "loss": loss,
            "accuracy": accuracy,
            **{f"accuracy_{steps}": right for steps, (_, right) in found.items()},
        }


@torch.inference_mode()
def measured(model: Any, ids: np.ndarray, answers: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy and accuracy in percent on sequences of one length, (row, time)."""
    model.eval()
    device = device_of(model)
    targets = torch.from_numpy(answers).to(device)
    logits = model(torch.from_numpy(ids).to(device), torch.full((len(ids),), ids.shape[1]))
    right = (logits.argmax(1) == targets).double().mean()
    return float(functional.cross_entropy(logits, targets)), 100 * float(right)
