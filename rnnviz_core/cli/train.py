"""`python -m rnnviz_core train`: its options are the fields of the settings, one to one."""

import dataclasses
import os
import types
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import click

from rnnviz_core.contracts import task as tasks
from rnnviz_core.models.specs import join_names, split_names

from .tables import layout_of, layout_options

# Field -> what the option does. A test holds this against the dataclasses.
SPEC_HELP = {
    "cell": "The recurrent cell; none (sentiment): no recurrence, the mean of the embeddings.",
    "attention": "The kind of attention (sentiment: none, pooling; translation: none, luong, bahdanau).",
    "embedding": "Width of the embedding.",
    "hidden": "Units per layer and direction.",
    "layers": "Stacked recurrent layers.",
    "bidirectional": "Read in both directions (translation: the encoder).",
    "dropout": "Dropout probability on embeddings, between layers and before the readout.",
    "classes": "Sentiment: the names of 2 to 20 classes, separated by commas, worst first.",
    "ordered": "Sentiment: the classes are ordered from worst to best; if not, they are unordered names.",
    "source": "Translation: code of the source language, the column that is read.",
    "target": "Translation: code of the target language, the column that is predicted.",
    "series": "Forecast: the name of the series.",
    "unit": "Forecast: the unit of its values.",
    "step": "Forecast: the time between two values, such as month or day.",
    "season": "Forecast: length of a season in steps, for a baseline; 0: none.",
    "lags": "Forecast: the order p of the baseline AR(p).",
    "test": "Forecast: values at the end of the series that are left out of training.",
    "root": "Forecast: read and predict square roots, for counts.",
    "difference": "Forecast: predict the change from the last value.",
    "problem": "Toy: the question about a sequence of symbols.",
    "steps": "Toy: T, the number of steps over which something must be remembered.",
    "varied": "Toy: also train on shorter sequences.",
    "forget_bias": "Toy: the initial bias of the forget gate.",
}
RUN_HELP = {
    "data": "Table of texts (.tsv, .csv, .txt, .jsonl, or .gz of these), the stem of two files of pairs, or "
    "hub:NAME[:CONFIG]; @SPLIT after it names a split. Or a folder that `prepare` wrote.",
    "validation": "Table of the validation texts; by default that of --data.",
    "train_split": "Value of the column `split` to train on, if there is such a column.",
    "validation_split": "Value of the column `split` to validate on.",
    "exclude": "COLUMN=VALUE: leave such rows out of training; may be repeated.",
    "vocabulary": "Maximum size of a vocabulary, in pieces.",
    "target_vocabulary": "Translation: the same for the target language; 0: as --vocabulary.",
    "lowercase": "Sentiment: fold case.",
    "treebank": "Sentiment: the texts are Penn Treebank tokens; also read them as people type them.",
    "beside": "Translation: a table of pairs to train on together with --data; may be repeated.",
    "repeat": "Translation: passes over --data per epoch; tables given by --beside are read once.",
    "polarity": "Sentiment: a table of texts with binary labels (0 negative, 1 positive); may be repeated.",
    "polarity_words": "Words of each of these texts read per epoch: a random passage.",
    "start": "Translation: a checkpoint to go on from: its weights and vocabularies, in place of fresh ones.",
    "pretrain": "A table to train on first: texts (as a language model) or sentence pairs; may be repeated.",
    "pretrain_epochs": "Passes over the tables of --pretrain.",
    "teacher": "A checkpoint for knowledge distillation; may be repeated.",
    "teacher_nearest": "Translation: of a teacher's beam, the one nearest to the reference (interpolation).",
    "teacher_share": "Sentiment: weight of the teachers in the loss. Translation: share of the texts.",
    "sampling": "Share of texts whose tokenization is sampled in training (subword regularisation).",
    "everyday": "Prepared texts: everyday texts per epoch.",
    "templates": "Prepared texts: texts from templates per epoch.",
    "reviews": "Prepared texts: passages of reviews per epoch.",
    "leave_out": "Prepared texts: a family of templates that is not used; may be repeated.",
    "looking": "Prepared texts: weight of a loss that supervises attention by the words' own labels.",
    "name": "The model's id; by default derived from its settings.",
}
CONFIG_HELP = {
    "epochs": "Passes over the training texts.",
    "batch": "Texts per step.",
    "optimizer": "The optimizer.",
    "rate": "The peak learning rate.",
    "schedule": "How the learning rate decays after its warm-up.",
    "warmup": "Share of all steps used for warm-up.",
    "weight_decay": "Weight decay.",
    "clip": "Maximum norm of the gradient.",
    "smoothing": "Label smoothing.",
    "consistency": "R-Drop: weight of the divergence between two dropout passes over each text; 0: off.",
    "average": "Decay of the moving average of the weights, which is what is evaluated; 0: none.",
    "patience": "Epochs without a better validation figure before early stopping; 0: never.",
    "seed": "Random seed.",
    "threads": "Threads of this run.",
    "device": "Where to train; cuda: one GPU per process.",
    "precision": "Precision of matrix products in training (autocast); weights stay float32.",
}
HELP = {**SPEC_HELP, **RUN_HELP, **CONFIG_HELP}
EXAMPLES = """
\b
Examples:
  python -m rnnviz_core train sentiment --cell gru --hidden 64 --data phrases.tsv.gz \\
      --validation sentences.tsv.gz --epochs 8 --out runs/gru
  python -m rnnviz_core train translation --cell lstm --attention luong --source de --target en \\
      --data pairs.tsv --out runs/de-en
  python -m rnnviz_core train sentiment --cell gru --classes negative,positive --data reviews.csv \\
      --text-column review --label-column sentiment --out runs/reviews
  python -m rnnviz_core train sentiment --cell lstm --data hub:SetFit/sst5 --out runs/sst5
  python -m rnnviz_core train forecast --cell gru --data monthly.csv --season 12 --test 48 --out runs/monthly
  python -m rnnviz_core train toy --cell lstm --problem recall --steps 50 --epochs 40 --out runs/toy
"""


def _options(settings: type) -> Iterator[click.Option]:
    """An option per field of a dataclass; what is not given stays the dataclass's own default."""
    field: Any  # the default may be of any type
    for field in dataclasses.fields(settings):
        if field.name not in HELP:
            continue
        flag = "--" + field.name.replace("_", "-")
        kind: Any = field.type
        if isinstance(kind, types.UnionType):
            kind = next(option for option in get_args(kind) if option is not type(None))
        # `run_of` asks for the data, where the task learns from any.
        default = field.default
        required = default is dataclasses.MISSING and field.name != "data"
        text = HELP[field.name]
        details: dict[str, Any] = {"default": None}
        if field.name == "classes":
            details["type"], default = str, join_names(default)
        elif kind is bool:
            flag, default = f"{flag}/--no-{flag[2:]}", "yes" if default else "no"
        elif isinstance(kind, type) and issubclass(kind, StrEnum):
            details["type"] = click.Choice([str(member) for member in kind])
        elif get_origin(kind) is tuple:
            details |= {"type": str, "multiple": True}
        else:
            details["type"] = kind
        if default not in (dataclasses.MISSING, None, ()):
            text = f"{text} [{default}]"
        yield click.Option([flag], required=required, help=text, **details)


class TrainingOptions(click.Command):
    """The settings live beside torch, so the options are looked up only when `train` is used."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own options, and one per field of the settings."""
        known = {parameter.name for parameter in self.params}
        if "cell" not in known:
            from rnnviz_core.training.runs import Run
            from rnnviz_core.training.settings import TrainingConfig

            specs = [tasks.task(name).spec for name in tasks.names()]
            for settings in (*specs, Run, TrainingConfig):
                for option in _options(settings):
                    if option.name not in known:
                        known.add(option.name)
                        self.params.append(option)
        return super().get_params(ctx)


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """The settings that options say, by name: what was not given is left out."""
    found = {name: value for name, value in given.items() if value not in (None, ())}
    if "classes" in found:
        found["classes"] = split_names(found["classes"])
    return found


@click.command(
    cls=TrainingOptions, epilog=EXAMPLES, short_help="Train a model, or resume a run that was stopped."
)
@click.argument("task", metavar="TASK", type=click.Choice(tasks.names()))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the run.")
@click.option("--quiet", is_flag=True, help="No progress bar and no line per epoch.")
@click.option(
    "--history",
    type=click.IntRange(0, 18),
    default=16,
    show_default=True,
    help="MiB of snapshots in history.safetensors, which the Training page opens; 0: no such file.",
)
@layout_options
def train(task: str, out: Path, quiet: bool, history: int, **given: Any) -> None:
    """Train a model from scratch, or resume the interrupted run in --out.

    TASK is `sentiment` (columns `text` and `label`, or `label5`, `label3`, `label2`), `translation`
    (columns named by language code), `forecast` (a table whose last column, or --text-column, is the
    series) or `toy` (no table: its sequences are generated, and a run takes seconds). The options from
    --text-column to --no-quoted describe --data and --validation if their layout differs. The
    checkpoint of the best epoch is written to --out.
    """
    from rnnviz_core.training.assembled import run_of
    from rnnviz_core.training.history import HistoryWriter
    from rnnviz_core.training.runs import execute

    layout = layout_of(given, translation=bool(tasks.task(task).options))
    run = run_of(task, settings_of(given), layout)
    about = {
        "title": run.name or run.spec.model_id,
        "command": run.command("RUN"),
        "config": run.config.to_dict(),
    }
    observers = [HistoryWriter(about, size=history * 2**20)] if history else []
    checkpoint, progress = execute(run, out, quiet=quiet, observers=observers)
    if os.environ.get("RANK", "0") != "0":  # of the processes that torchrun started, one speaks
        return
    figures = "  ".join(f"{name} {value:.4g}" for name, value in progress.figures.items())
    click.echo(f"best epoch {progress.best_epoch} of {progress.epoch}: {figures}")
    click.echo(f"written to {checkpoint}")
