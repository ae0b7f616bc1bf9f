"""What commands that load a model share: its name, its folder, and options of the search."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rnnviz_core import limits, places
from rnnviz_core.errors import SpecError


def checkpoints_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The folder in which ids are looked up."""
    return click.option(
        "--checkpoints",
        envvar="RNNVIZ_CHECKPOINTS",
        type=click.Path(path_type=Path),
        default=places.shipped,
        show_default="those shipped with RNNViz",
        show_envvar=True,
        help="Folder of trained models.",
    )(command)


def load(model: str, folder: Path) -> Any:
    """The model of an id in `folder`, or of a path to a checkpoint."""
    import torch

    from rnnviz_core.checkpoints import registry as checkpoints
    from rnnviz_core.checkpoints.sources import Folder

    torch.set_num_threads(1)  # these models are too small to share between threads
    known = Path(model).name == model and (folder / model).is_dir()
    if not known and (Path(model) / checkpoints.SPEC).is_file():
        return checkpoints.load(model)
    return Folder(folder).load(model)


beam_option = click.option(
    "--beam",
    type=click.IntRange(1, limits.BEAM),
    default=1,
    show_default=True,
    help="Translation: hypotheses kept per step.",
)


def refuse_without_search(ctx: click.Context, *options: str) -> None:
    """Raise `SpecError` for options that were given although the model searches for nothing."""
    for name in options:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise SpecError(
                f"--{name.replace('_', '-')} belongs to translation; this model does not translate"
            )
