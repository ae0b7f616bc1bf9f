"""`rnnviz search`: many short runs of a task, to find settings that work."""

import time
from pathlib import Path
from typing import Any

import click

from rnnviz_core.contracts import task as tasks

from .output import print_json
from .tables import layout_of, layout_options
from .train import TrainingOptions, settings_of

EXAMPLES = """
\b
Examples:
  python -m rnnviz_core search toy --cell lstm --problem recall --steps 50 --trials 20 --out runs/study
  python -m rnnviz_core search sentiment --cell gru --data sentences.tsv.gz --epochs 3 --trials 40 \\
      --out runs/study
  python -m rnnviz_core search forecast --cell gru --data monthly.csv --trials 30 --out runs/study \\
      --storage postgresql+psycopg://me@host/studies
"""


@click.command(
    cls=TrainingOptions, epilog=EXAMPLES, short_help="Search for good settings with Optuna, in short runs."
)
@click.argument("task", metavar="TASK", type=click.Choice(tasks.names()))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder of the study and its report."
)
@click.option(
    "--trials",
    type=click.IntRange(0, 100_000),
    default=20,
    show_default=True,
    help="Finished trials in the whole study; 0: only the report.",
)
@click.option("--study", help="Name of the study, if several share a storage. [the model's id]")
@click.option(
    "--storage",
    help="Where it is stored: sqlite:///FILE, journal:FILE, or the URL of a database, for several processes "
    "or machines at once. [an SQLite file in --out]",
)
@click.option("--sampler-seed", type=int, default=0, show_default=True, help="Random seed of the sampler.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="No line per trial.")
@layout_options
def search(
    task: str,
    out: Path,
    trials: int,
    study: str | None,
    storage: str | None,
    sampler_seed: int,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Search for good settings of TASK, or continue a study.

    Every trial is a short run. Settings that are not given as options are searched, if the task's search
    space has them. The validation figure is the objective; a run that is worse than the median after an
    epoch is pruned. The options are those of `train`. The report is written to report.json in --out.
    Needs Optuna: pip install 'rnnviz[search]'.
    """
    from rnnviz_core.training.assembled import run_of
    from rnnviz_core.tuning import outcome, report
    from rnnviz_core.tuning import search as tuning

    layout = layout_of(given, translation=bool(tasks.task(task).options))
    settings = settings_of(given)
    name = study or run_of(task, settings, layout).spec.model_id
    out.mkdir(parents=True, exist_ok=True)
    asked = tuning.Search(
        task, settings, layout, storage or f"sqlite:///{out / 'study.db'}", name, sampler_seed
    )

    def tell(running: Any, trial: Any) -> None:
        if quiet:
            return
        figure = "none" if trial.value is None else f"{trial.value:.4g}"
        tried = "  ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in trial.params.items()
        )
        ended = f"trial {trial.number}  {trial.state.name.lower()}  {figure}"
        click.echo(f"{time.strftime('%H:%M:%S')}  {ended}  {tried}", err=True)

    found = outcome.of(tuning.run(asked, trials, tell), asked)
    (out / "report.json").write_text(found.to_json(), encoding="utf-8")
    if as_json:
        print_json({**vars(found), "trials": [vars(one) for one in found.trials]})
        return
    click.echo("\n".join(report.lines(found)))
    click.echo(f"written to {out / 'report.json'}", err=True)
