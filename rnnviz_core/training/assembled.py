"""A run from settings under their plain names, as the command line and a search over settings have them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rnnviz_core.contracts.task import task
from rnnviz_core.errors import SpecError
from rnnviz_core.inputs.layout import Layout

from .run import Run
from .settings import TrainingConfig


def run_of(name: str, given: Mapping[str, Any], layout: Layout | None = None) -> Run:
    """The run of a task whose settings are `given`; whatever is not given keeps its default.

    Parameters
    ----------
    name
        The task.
    given
        Fields of the task's spec, of `Run` and of `TrainingConfig`, by name.
    layout
        Of the table.

    Raises
    ------
    SpecError
        Names the setting that the task does not have, or says that the data are missing.
    """
    found = task(name)
    parts: dict[type, dict[str, Any]] = {found.spec: {}, Run: {}, TrainingConfig: {}}
    for setting, value in given.items():
        for settings, kept in parts.items():
            if setting in {field.name for field in dataclasses.fields(settings)}:
                kept[setting] = value
                break
        else:
            raise SpecError(f"--{setting.replace('_', '-')} is not a setting of task {name!r}")
    if found.reads_data and not parts[Run].get("data"):
        raise SpecError(f"--data is missing; name the table that task {name!r} learns from")
    return Run(
        spec=found.spec(**parts[found.spec]),
        layout=layout or Layout(),
        config=TrainingConfig(**parts[TrainingConfig]),
        **{"data": "", **parts[Run]},
    )
