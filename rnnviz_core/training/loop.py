"""The training loop: schedule, clipping, averaging, early stopping, resuming.

A run writes two things: ``<out>/training.safetensors`` after every epoch (everything needed to go on),
and the best model so far as a checkpoint. Both appear whole or not at all, so a run that is killed
loses at most one epoch. Nothing is pickled.
"""

import copy
import dataclasses
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rnnviz_core.checkpoints.files import replace
from rnnviz_core.checkpoints.registry import save
from rnnviz_core.errors import DataError

from .batches import Batch, Example, bucketed
from .fingerprint import Fingerprint, of_settings
from .flat import Flat
from .objectives import Objective
from .observers import Begun, Epoch, Log, Observer, Step
from .parallel import ALONE, Group
from .settings import Optimizer, Precision, TrainingConfig, rate_factor
from .state import STATE, check, read

Trainable = Any  # a network, or what it reads first: a `torch.nn.Module` with a name


@dataclass
class Progress:
    """How far a run has come; kept in the state file."""

    epoch: int = 0  # epochs finished
    best: float | None = None  # the best validation figure
    best_epoch: int = 0
    figures: dict[str, float] = dataclasses.field(default_factory=dict)  # at the best epoch


def _optimizer(model: Trainable, config: TrainingConfig) -> torch.optim.Optimizer:
    settings: dict[str, Any] = {"lr": config.rate, "weight_decay": config.weight_decay}
    match config.optimizer:
        case Optimizer.ADAMW:
            return torch.optim.AdamW(model.parameters(), fused=True, **settings)
        case Optimizer.ADAM:
            return torch.optim.Adam(model.parameters(), fused=True, **settings)
        case Optimizer.RMSPROP:
            return torch.optim.RMSprop(model.parameters(), foreach=True, **settings)
        case Optimizer.SGD:
            return torch.optim.SGD(model.parameters(), momentum=0.9, nesterov=True, fused=True, **settings)


class Trainer:
    """One run. `run` trains to the end, or on from where a killed run left off.

    Parameters
    ----------
    model
        Trained in place. A `LanguageModel` leaves no checkpoint: it only prepares another model.
    objective
        The task's examples, loss and validation.
    config
        The run's settings.
    out
        The folder of the run; the checkpoint of the best epoch is ``out/<model id>``.
    metrics
        Written into the checkpoint's ``metrics.json`` with the validation figures.
    group
        The processes that train together; `objective` holds this one's shard of the examples.
    fingerprint
        What the run is made of (`rnnviz_core.training.fingerprint`); by default the settings alone.
    observers
        Observers of the run, besides the log.
    """

    def __init__(
        self,
        model: Trainable,
        objective: Objective,
        config: TrainingConfig,
        out: Path,
        metrics: dict[str, Any] | None = None,
        group: Group = ALONE,
        fingerprint: Fingerprint | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        torch.set_num_threads(config.threads)
        self.model, self.objective, self.config, self.out = model, objective, config, Path(out)
        self.metrics, self.group = metrics or {}, group
        self.observers = (Log(), *observers) if group.first else ()
        if fingerprint is None:
            fingerprint = of_settings({"spec": model.spec.to_dict(), "config": config.to_dict()})
        self.fingerprint = fingerprint
        model.to(torch.device(config.device))
        self.called = group.wrap(model)  # what the loss runs; with several processes, not the bare model
        self.optimizer = _optimizer(model, config)
        self.average = None
        if config.average:
            self.average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.average))
        self.progress = Progress()

    @property
    def evaluated(self) -> Trainable:
        """The weights that are validated and saved: the running mean where one is kept."""
        return self.model if self.average is None else cast(Trainable, self.average.module)

    def run(self) -> Progress:
        """Train; returns the progress at the end."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.resume()
        begun = Begun(self.model, self.out, self.progress.epoch, self.progress.best_epoch)
        for observer in self.observers:
            observer.on_begin(begun)
        while self.progress.epoch < self.config.epochs and not self._stalled():
            self._epoch()
        return self.progress

    def _stalled(self) -> bool:
        waited = self.progress.epoch - self.progress.best_epoch
        return 0 < self.config.patience <= waited

    def _epoch(self) -> None:
        number, began = self.progress.epoch, time.perf_counter()
        shard = f"/{self.group.rank}" if self.group.rank else ""
        generator = random.Random(f"{self.config.seed}/{number}{shard}")
        torch.manual_seed(self.config.seed * 100_003 + number + 50_021 * self.group.rank)
        examples = self.objective.training(generator)
        steps = self.group.smallest(math.ceil(len(examples) / self.config.batch))
        if not steps:
            raise DataError("the training split holds no text with a known piece")
        mean = self._steps(examples, steps, generator)
        self.evaluated.eval()
        figures = self.objective.validate(self.evaluated)
        self.progress.epoch += 1
        self._keep_if_best(figures)
        row = {
            "epoch": number + 1,
            "train_loss": mean,
            **figures,
            "best_epoch": self.progress.best_epoch,
            "seconds": round(time.perf_counter() - began, 1),
        }
        for observer in self.observers:  # before the state: see `Observer`
            observer.on_epoch(Epoch(self.evaluated, row))
        self._save_state()

    def _batches(self, examples: list[Example] | Flat, generator: random.Random) -> Iterator[Batch]:
        if isinstance(examples, Flat):
            return examples.batches(self.config.batch, np.random.default_rng(generator.getrandbits(64)))
        return bucketed(examples, self.config.batch, generator)

    def _steps(self, examples: list[Example] | Flat, steps: int, generator: random.Random) -> float:
        model, config = self.model, self.config
        sum_of_losses = torch.zeros((), dtype=torch.float64, device=config.device)
        model.train()
        total = steps * config.epochs
        first = self.progress.epoch * steps
        for index, batch in enumerate(islice(self._batches(examples, generator), steps)):
            rate = config.rate * rate_factor(config, first + index, total)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            with torch.autocast(
                config.device, torch.bfloat16, enabled=config.precision is Precision.BFLOAT16
            ):
                loss = self.objective.loss(self.called, batch, config.smoothing, config.consistency)
            self.optimizer.zero_grad()
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip, foreach=True)
            self.optimizer.step()
            if self.average is not None:
                self.average.update_parameters(model)
            loss = loss.detach()
            sum_of_losses += loss  # asked for once an epoch: a graphics processor need not wait
            if self.observers:
                told = Step(model, self.progress.epoch + 1, index + 1, steps, loss, norm, config.clip, rate)
                for observer in self.observers:
                    observer.on_step(told)
        return sum_of_losses.item() / steps

    def _keep_if_best(self, figures: dict[str, float]) -> None:
        figure, best = figures[self.objective.metric], self.progress.best
        if not math.isfinite(figure):
            raise DataError(f"the validation {self.objective.metric} is {figure}; lower the rate or the clip")
        if best is None or (figure != best and (figure > best) == self.objective.larger_is_better):
            self.progress.best, self.progress.best_epoch = figure, self.progress.epoch
            self.progress.figures = figures
            model = self.evaluated
            if not self.group.first or not getattr(model, "published", True):
                return
            metrics = {**self.metrics, "validation": figures, "best_epoch": self.progress.epoch}
            save(model, self.out / self.model.name, metrics)

    # --- going on after an interruption ---------------------------------------------------------

    def _save_state(self) -> None:
        self.group.wait()  # nobody reads a state that is older than its own
        if not self.group.first:
            return
        tensors = {f"model.{key}": value for key, value in self.model.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": torch.as_tensor(value) for key, value in values.items()}
        tensors = {key: value.detach().cpu().clone().contiguous() for key, value in tensors.items()}
        progress = json.dumps(dataclasses.asdict(self.progress))
        header = {"progress": progress, "fingerprint": json.dumps(self.fingerprint)}
        replace(self.out / STATE, lambda path: save_file(tensors, path, metadata=header))

    def resume(self) -> bool:
        """Take up a run that was interrupted in `out`; False when there is none.

        Raises
        ------
        SpecError
            When the folder holds another run: other settings, texts, teachers or tokenizers.
        DataError
            When its state file is damaged.
        """
        if not check(self.out, self.fingerprint):
            return False
        header, tensors = read(self.out)
        self.progress = Progress(**json.loads(header["progress"]))
        self._load_state(tensors)
        return True

    def _load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        def part(name: str) -> dict[str, torch.Tensor]:
            return {k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)}

        self.model.load_state_dict(part("model."))
        if self.average is not None:
            self.average.load_state_dict(part("average."))
        state = copy.deepcopy(self.optimizer.state_dict())
        for key, value in part("optimizer.").items():
            index, name = key.split(".", 1)
            state["state"].setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict(state)
