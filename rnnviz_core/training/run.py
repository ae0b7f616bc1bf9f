"""Everything that decides what a training run produces."""

import dataclasses
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnviz_core.errors import SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.models.specs import Attention, join_names

from .settings import TrainingConfig

# Sources: the command names their files only.
APART = ("data", "validation", "beside", "polarity", "pretrain")
# Written apart, of no influence on the result, or without an option.
NOT_IN_COMMAND = ("spec", "config", "layout", *APART, "start", "teacher", "threads", "device")


@dataclass(frozen=True)
class Run:
    """Everything that decides what a training run produces.

    `data` holds the training texts (all rows, or the split `train` where there is a ``split``
    column); `validation` may name another source, and its split is `validation_split`.
    """

    spec: Any  # the `ModelSpec` of its task
    data: str  # empty for a task whose examples are made (`Task.reads_data`)
    validation: str | None = None  # source of the validation split; by default `data`
    train_split: str = "train"
    validation_split: str = "validation"
    exclude: tuple[str, ...] = ()  # COLUMN=VALUE rules for rows of `data` to drop
    vocabulary: int = 4000  # pieces at most, per tokenizer
    target_vocabulary: int = 0  # translation only: pieces of the target language; 0: as `vocabulary`
    lowercase: bool = True  # sentiment only: fold case
    treebank: bool = False  # sentiment only: texts are Penn Treebank tokens
    beside: tuple[str, ...] = ()  # translation only: sources of pairs learned together with those of `data`
    repeat: int = 1  # translation only: passes over `data` per epoch, where it reads others beside it once
    polarity: tuple[str, ...] = ()  # sentiment only: sources of texts known only as negative or positive
    polarity_words: int = 50  # words read per epoch of each of these texts
    start: str | None = None  # translation only: a checkpoint to go on from, with its vocabularies
    pretrain: tuple[str, ...] = ()  # sources read first: texts as a language model, or more sentence pairs
    pretrain_epochs: int = 1  # passes over these
    teacher: tuple[str, ...] = ()  # checkpoints to distil from, besides the labels or translations
    teacher_nearest: bool = False  # translation only: of its beam, the one nearest to the given translation
    teacher_share: float = 0.5  # sentiment: weight of these in the loss; translation: share of the texts
    sampling: float = 0.0  # share of texts cut at random in training (subword regularisation)
    everyday: int = 150_000  # prepared texts only: everyday texts per epoch
    templates: int = 20_000  # prepared texts only: texts from templates per epoch
    reviews: int = 0  # prepared texts only: passages of reviews per epoch
    leave_out: tuple[str, ...] = ()  # prepared texts only: families of templates that are not used
    looking: float = 0.0  # prepared texts only: weight of attention's own loss against the words' labels
    name: str | None = None  # the model's id; by default the one its spec gives
    layout: Layout = field(default_factory=Layout)  # of `data` and `validation`; the others are guessed
    config: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        if not 8 <= self.vocabulary <= 64_000:
            raise SpecError(f"vocabulary is {self.vocabulary}; it must be from 8 to 64000")
        if self.target_vocabulary and not 8 <= self.target_vocabulary <= 64_000:
            raise SpecError(
                f"target_vocabulary is {self.target_vocabulary}; it must be from 8 to 64000, or 0"
            )
        if not 1 <= self.polarity_words <= 1000:
            raise SpecError(f"polarity_words is {self.polarity_words}; it must be from 1 to 1000")
        if not 1 <= self.pretrain_epochs <= 1000:
            raise SpecError(f"pretrain_epochs is {self.pretrain_epochs}; it must be from 1 to 1000")
        if not 1 <= self.repeat <= 100:
            raise SpecError(f"repeat is {self.repeat}; it must be from 1 to 100")
        if self.repeat > 1 and not self.beside:
            raise SpecError(
                f"repeat is {self.repeat}, but there is no other data, given by beside, to be read less often"
            )
        for name in ("everyday", "templates", "reviews"):
            if not 0 <= getattr(self, name) <= 10_000_000:
                raise SpecError(f"{name} is {getattr(self, name)}; it must be from 0 to 10000000")
        if not 0 <= self.looking <= 100:
            raise SpecError(f"looking is {self.looking}; it must be from 0 to 100")
        if self.looking and self.spec.attention is Attention.NONE:
            raise SpecError("looking teaches attention where to look; choose an --attention, or leave it out")
        for name in ("sampling", "teacher_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SpecError(f"{name} is {getattr(self, name)}; it must be from 0 to 1")
        if self.polarity and not getattr(self.spec, "ordered", True):
            raise SpecError(
                "polarity needs classes from worst to best: those of this model are names without an order"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)},
            "spec": self.spec.to_dict(),
            "layout": self.layout.to_dict(),
            "config": self.config.to_dict(),
        }

    def command(self, out: str) -> str:
        """The command line that repeats this run, defaults left out, data named by file only."""
        words = ["python", "-m", "rnnviz_core", "train", str(self.spec.task)]
        for name in APART:
            found = getattr(self, name) or ()
            for source in (found,) if isinstance(found, str) else found:
                words += [f"--{name}", _public(source)]
        words += self.layout.options()
        for checkpoint in self.teacher:
            words += ["--teacher", _public_checkpoint(checkpoint)]
        if self.start is not None:
            words += ["--start", _public_checkpoint(self.start)]
        plain = Run(spec=type(self.spec)(cell=self.spec.cell), data="")
        for mine, default in ((self.spec, plain.spec), (self, plain), (self.config, plain.config)):
            for name in (entry.name for entry in dataclasses.fields(mine)):
                value = getattr(mine, name)
                follows = name == "hidden" and not self.spec.layers  # from the embedding
                if name in NOT_IN_COMMAND or follows:
                    continue
                if name == "cell" or value != getattr(default, name):
                    words += _option(name, join_names(value) if name == "classes" else value)
        return shlex.join([*words, "--out", out])


def _public_checkpoint(folder: str) -> str:
    return f"checkpoints/{Path(folder).name}" if Path(folder).is_absolute() else folder


def _public(source: str) -> str:
    if source.startswith(corpora.HUB):
        return source
    made_here = Path(source).parts[0] == "runs" or Path(source).is_dir()  # a mixture, no data file
    return f"{'runs' if made_here else 'DATA'}/{Path(source).name}"


def _option(name: str, value: Any) -> list[str]:
    flag = "--" + name.replace("_", "-")
    match value:
        case True:
            return [flag]
        case False:
            return [f"--no-{name.replace('_', '-')}"]
        case tuple():
            return [word for rule in value for word in (flag, rule)]
        case float():
            return [flag, f"{value:g}"]
        case _:
            return [flag, str(value)]
