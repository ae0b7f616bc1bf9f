"""From data and settings to a trained checkpoint: what ``python -m rnnviz_core train`` does."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from rnnviz_core.checkpoints.registry import Model
from rnnviz_core.contracts.task import task_of_spec

from .fingerprint import Fingerprint, of_reading, of_settings, of_start, of_teachers, of_tokenizers
from .loop import Progress, Trainer
from .objectives import Objective
from .observers import Observer, Terminal
from .parallel import ALONE, Group
from .parallel import group as processes
from .run import Run
from .state import begin, check

PRETRAINING = "pretraining"  # the folder of the language model within that of its run


def prepare(run: Run, group: Group = ALONE, material: Any = None) -> tuple[Model, Objective]:
    """A model with fresh weights, and its objective on what the run's sources hold.

    Every process of a `group` learns the same vocabulary and weights; only the examples are shared out.
    """
    task = task_of_spec(run.spec)
    torch.manual_seed(run.config.seed)
    prepared: tuple[Model, Objective] = task.prepare(run, material or task.read(run), group)
    return prepared


def execute(
    run: Run, out: str | Path, *, quiet: bool = False, observers: Sequence[Observer] = ()
) -> tuple[Path, Progress]:
    """Train, or go on with a run that was interrupted in `out`.

    Whatever refuses a run does so before anything is written in `out`. `observers` watch the run, besides its
    log and, unless it is `quiet`, the terminal; they do not see a pretraining that comes before it.

    Returns
    -------
    The checkpoint of the best epoch, and the progress at the end.

    Raises
    ------
    SpecError
        When `out` holds another run: other settings, texts, labels, teachers or tokenizers.
    DataError
        When the data cannot be used, or the state in `out` is damaged.
    """
    out = Path(out)
    metrics = {"data": Path(run.data).name, "command": run.command(f"runs/{run.name or run.spec.model_id}")}
    with processes(run.config.device) as group:
        model, objective, first, marks = _ready(run, out, group, _terminal(quiet))
        if group.first:
            begin(out, json.dumps(run.to_dict(), indent=2))
        if first is not None:
            first.run()
            if hasattr(first.model, "give"):  # what was trained first is not the model, but a part of it
                first.model.give(model)
            del first
        watching = (*_terminal(quiet), *observers)
        progress = Trainer(model, objective, run.config, out, metrics, group, marks, watching).run()
    return out / model.name, progress


def _terminal(quiet: bool) -> tuple[Observer, ...]:
    return () if quiet else (Terminal(),)


def _ready(
    run: Run, out: Path, group: Group, watching: tuple[Observer, ...]
) -> tuple[Model, Objective, Trainer | None, Fingerprint]:
    """All that can refuse a run: read, compare with what `out` holds, prepare.

    Returns the model, its objective, the training that comes before it (None where there is none, or it is
    done) and the run's fingerprint.
    """
    task = task_of_spec(run.spec)
    material = task.read(run)
    marks = {**of_settings(run.to_dict()), "processes": group.size}
    marks |= material.fingerprint() | of_teachers(run.teacher) | of_start(run.start)
    check(out, marks, whole=False)  # before teachers translate for minutes
    model, objective = prepare(run, group, material)
    marks |= of_tokenizers(model)
    if check(out, marks) or not run.pretrain:
        return model, objective, None, marks
    config = dataclasses.replace(run.config, epochs=run.pretrain_epochs, average=0.0, patience=0)
    trained, texts = task.first_reading(run, model, material, group)
    mine = of_reading(marks, run.pretrain_epochs)
    first = Trainer(
        trained, texts, config, out / PRETRAINING, group=group, fingerprint=mine, observers=watching
    )
    check(first.out, mine)
    return model, objective, first, marks
