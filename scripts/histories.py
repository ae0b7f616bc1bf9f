"""Train the small networks whose histories come with the app: how training looks, and what goes wrong in it.

    python -m scripts.histories --data FOLDER [--only NAME] [--rates OPTIMIZER]
    python -m scripts.histories --table

All read the Stanford Sentiment Treebank's sentences with binary labels (``sentiment/sst_sentences.tsv.gz``
below FOLDER) and differ from ``lstm`` in what their name says. Seeds are fixed; each takes less than a minute
of one core. ``--rates`` prints the validation figures by which the rate of every optimizer was chosen,
``--table`` what docs/training.md says of the histories that are there.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from rnnviz_core import places
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.components import begin_with_forget_bias
from rnnviz_core.training.history import FILE, History, HistoryWriter, Probe
from rnnviz_core.training.loop import Trainer
from rnnviz_core.training.run import Run
from rnnviz_core.training.runs import prepare
from rnnviz_core.training.settings import Optimizer, Schedule, TrainingConfig

PROBES = (  # our own; what the gradient is taken of is, but for its sign, the loss of that label
    Probe(
        "Although the first half drags on with far too many speeches and a hero nobody could like, the last "
        "hour of this strange little film is so funny and so warm that I forgave it everything.",
        "log_probability:positive",
    ),
    Probe("I expected a dull film, but it is a wonderful one.", "log_probability:positive"),
    Probe("It is not a good film.", "log_probability:negative"),
)
CLASSES = ("negative", "positive")
# Of RATES the smallest whose validation loss is within 0.005 of the lowest: one seed tells no more.
GOOD = {Optimizer.ADAM: 1e-3, Optimizer.RMSPROP: 2e-3, Optimizer.SGD: 1.0}
RATES = {
    Optimizer.ADAM: (1e-3, 2e-3, 4e-3, 8e-3),
    Optimizer.RMSPROP: (5e-4, 1e-3, 2e-3, 4e-3),
    Optimizer.SGD: (0.2, 0.5, 1.0, 2.0),
}


@dataclass(frozen=True)
class Recipe:
    """What a run has that ``lstm`` has not."""

    title: str
    line: str  # what it is there to show
    spec: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    forget_bias: float = 1.0


def _optimizer(one: Optimizer, times: float = 1.0) -> dict[str, Any]:
    return {"optimizer": one, "rate": GOOD[one] * times}


RECIPES = {
    "lstm": Recipe("LSTM", "Without dropout it learns its sentences by heart."),
    "lstm-dropout": Recipe(
        "LSTM with dropout 0.5", "Half of the numbers are left out while it trains.", {"dropout": 0.5}
    ),
    "lstm-forget-0": Recipe(
        "LSTM, forget bias 0", "Its forget gates begin half open, at 0.5 and not at 0.73.", forget_bias=0.0
    ),
    "rnn": Recipe(
        "RNN, as many weights",
        "A plain RNN of 76 units has as many weights as the LSTM of 32.",
        {"cell": "rnn", "hidden": 76},
    ),
    "gru-attention": Recipe(
        "GRU with attention",
        "Attention over all states is a short cut for the gradient.",
        {"cell": "gru", "attention": "pooling"},
    ),
    "lstm-rate-low": Recipe(
        "LSTM, a tenth of the rate",
        "Each update goes a tenth as far.",
        config=_optimizer(Optimizer.ADAM, 0.1),
    ),
    "lstm-rate-high": Recipe(
        "LSTM, ten times the rate",
        "Each update goes ten times as far.",
        config=_optimizer(Optimizer.ADAM, 10),
    ),
    "lstm-sgd": Recipe(
        "LSTM, SGD", "SGD with momentum 0.9, at its own best rate.", config=_optimizer(Optimizer.SGD)
    ),
    "lstm-rmsprop": Recipe(
        "LSTM, RMSprop", "RMSprop at its own best rate.", config=_optimizer(Optimizer.RMSPROP)
    ),
}


def run_of(recipe: Recipe, data: str) -> Run:
    """The run of a recipe."""
    spec = SentimentSpec(**{"cell": "lstm", "embedding": 32, "hidden": 32, "classes": CLASSES, **recipe.spec})
    config = TrainingConfig(
        **{
            "epochs": 8,
            "batch": 64,
            "schedule": Schedule.LINEAR,
            "clip": 1.0,
            "seed": 1,
            **_optimizer(Optimizer.ADAM),
            **recipe.config,
        }
    )
    return Run(spec, data, vocabulary=4_000, treebank=True, config=config)


def train(name: str, recipe: Recipe, data: str, out: Path) -> History:
    """Train one network and leave its history in `out`."""
    run = run_of(recipe, data)
    about = {
        "name": name,
        "title": recipe.title,
        "line": recipe.line,
        "place": list(RECIPES).index(name),
        "forget_bias": recipe.forget_bias,
        "config": run.config.to_dict(),
        "command": f"python -m scripts.histories --data DATA --only {name}",
    }
    with tempfile.TemporaryDirectory() as folder:
        model, objective = prepare(run)
        begin_with_forget_bias(model, recipe.forget_bias)
        Trainer(
            model, objective, run.config, Path(folder), observers=[HistoryWriter(about, probes=PROBES)]
        ).run()
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(folder) / FILE, out / f"{name}.safetensors")
    return History.load(out / f"{name}.safetensors")


def compare_rates(data: str, optimizer: Optimizer) -> None:
    """The best validation loss of an optimizer at every rate, of five epochs."""
    for rate in RATES[optimizer]:
        run = run_of(Recipe("", "", config={"optimizer": optimizer, "rate": rate, "epochs": 5}), data)
        with tempfile.TemporaryDirectory() as folder:
            model, objective = prepare(run)
            watch = HistoryWriter(probes=(), size=0, write=False)
            Trainer(model, objective, run.config, Path(folder), observers=[watch]).run()
        best = min(watch.history().epochs, key=lambda row: row["loss"])
        click.echo(
            f"{optimizer} {rate:g}: validation loss {best['loss']:.4f}, accuracy {best['accuracy']:.1f} "
            f"after epoch {best['epoch']}"
        )


def table(folder: Path) -> str:
    """Every history in a line of Markdown."""
    lines = [
        "| run | lowest validation loss | at the end | training loss | right, at best | clipped | horizon |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in RECIPES:
        run = History.load(folder / f"{name}.safetensors")
        best, last = min(run.epochs, key=lambda row: row["loss"]), run.epochs[-1]
        clipped = run.steps["cut"].sum() / run.steps["steps"].sum()
        steps = run.probe_figures["horizon"]
        horizon = f"{steps[0, 0]:.1f} → {steps[-1, 0]:.1f}" if steps.size else ""
        lines.append(
            f"| `{name}` | {best['loss']:.3f} (epoch {best['epoch']}) | {last['loss']:.3f} "
            f"| {last['train_loss']:.3f} | {max(row['accuracy'] for row in run.epochs):.1f} % "
            f"| {clipped:.0%} | {horizon} |"
        )
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--data", help="The folder of the data sets.")
@click.option("--only", type=click.Choice(list(RECIPES)), help="One of them.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the histories; by default the app's.")
@click.option(
    "--rates",
    type=click.Choice([str(one) for one in RATES]),
    help="Print what its rate was chosen by, and do nothing else.",
)
@click.option("--table", "tabulate", is_flag=True, help="Print the histories that are there as a table.")
def main(data: str | None, only: str | None, out: Path | None, rates: str | None, tabulate: bool) -> None:
    if tabulate:
        click.echo(table(out or places.histories()))
        return
    if data is None:
        raise click.UsageError("--data names the folder of the data sets")
    sentences = str(Path(data) / "sentiment" / "sst_sentences.tsv.gz")
    if rates:
        compare_rates(sentences, Optimizer(rates))
        return
    for name, recipe in RECIPES.items():
        if only in (None, name):
            found = train(name, recipe, sentences, out or places.histories())
            last = found.epochs[-1]
            best = min(found.epochs, key=lambda row: row["loss"])
            seconds = sum(row["seconds"] for row in found.epochs)
            click.echo(
                f"{name}: {seconds:.0f} s, training loss {last['train_loss']:.3f}, "
                f"validation {last['loss']:.3f} (lowest {best['loss']:.3f}, epoch {best['epoch']}), "
                f"{len(found.snapshots)} snapshots"
            )


if __name__ == "__main__":
    main()
