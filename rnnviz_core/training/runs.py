"""From data and settings to a trained checkpoint: what ``python -m rnnviz_core train`` does."""

import dataclasses
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rnnviz_core.checkpoints.registry import Model, load, replace
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.networks import SentimentModel, TranslationModel
from rnnviz_core.models.specs import SentimentSpec, TranslationSpec, model_id

from .language import HELD_OUT, LanguageModel, LanguageWork
from .loop import STATE, Progress, Trainer
from .objectives import SentimentWork, TranslationWork, Work
from .parallel import ALONE, Group
from .parallel import group as processes
from .settings import TrainingConfig

RUN = "run.json"
PRETRAINING = "pretraining"  # the folder of the language model within that of its run
APART = ("data", "validation", "polarity", "pretrain")  # sources: the command names their files only
# Written apart, of no influence on the result, or without an option.
NOT_IN_COMMAND = ("spec", "config", *APART, "teacher", "classes", "threads", "device")
TREEBANK_SYMBOLS = ("n't",)  # one piece in tokens ("did n't") and as people type it ("didn't")


@dataclass(frozen=True)
class Run:
    """Everything that decides what a training run produces.

    `data` holds the training texts (all rows, or the split `train` where there is a ``split``
    column); `validation` may name another source, and its split is `validation_split`.
    """

    spec: SentimentSpec | TranslationSpec
    data: str
    validation: str | None = None  # source of the validation split; by default `data`
    train_split: str = "train"
    validation_split: str = "validation"
    exclude: tuple[str, ...] = ()  # COLUMN=VALUE rules for rows of `data` to drop
    vocabulary: int = 4000  # pieces at most, per tokenizer
    target_vocabulary: int = 0  # translation only: pieces of the target language; 0: as `vocabulary`
    lowercase: bool = True  # sentiment only: fold case
    treebank: bool = False  # sentiment only: texts are Penn Treebank tokens
    polarity: tuple[str, ...] = ()  # sentiment only: sources of texts known only as negative or positive
    polarity_words: int = 50  # of each of these, so many words per epoch
    pretrain: tuple[str, ...] = ()  # sources read first: texts as a language model, or more sentence pairs
    pretrain_epochs: int = 1  # passes over these
    teacher: tuple[str, ...] = ()  # checkpoints whose answers are learnt beside the labels or translations
    teacher_nearest: bool = False  # translation only: of its beam, the one nearest to the given translation
    teacher_share: float = 0.5  # sentiment: weight of these in the loss; translation: share of the texts
    sampling: float = 0.0  # share of texts cut at random in training (subword regularisation)
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
        for name in ("sampling", "teacher_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SpecError(f"{name} is {getattr(self, name)}; it must be from 0 to 1")

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)},
            "spec": self.spec.to_dict(),
            "config": self.config.to_dict(),
        }

    def command(self, out: str) -> str:
        """The command line that repeats this run, defaults left out, data named by file only."""
        words = ["python", "-m", "rnnviz_core", "train", str(self.spec.task)]
        for name in APART:
            found = getattr(self, name) or ()
            for source in (found,) if isinstance(found, str) else found:
                words += [f"--{name}", _public(source)]
        for checkpoint in self.teacher:
            known = f"checkpoints/{Path(checkpoint).name}" if Path(checkpoint).is_absolute() else checkpoint
            words += ["--teacher", known]
        plain = Run(spec=type(self.spec)(cell=self.spec.cell), data="")
        for mine, default in ((self.spec, plain.spec), (self, plain), (self.config, plain.config)):
            for name in (entry.name for entry in dataclasses.fields(mine)):
                value = getattr(mine, name)
                if name in NOT_IN_COMMAND:
                    continue
                if name == "cell" or value != getattr(default, name):
                    words += _option(name, value)
        return shlex.join([*words, "--out", out])


def _public(source: str) -> str:
    return source if source.startswith(corpora.HUB) else f"DATA/{Path(source).name}"


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


def prepare(run: Run, group: Group = ALONE) -> tuple[Model, Work]:
    """Read the data, learn the vocabulary and make a model with fresh weights.

    Every process of a `group` learns the same vocabulary and weights; only the examples are shared out.
    """
    torch.manual_seed(run.config.seed)
    validation = run.validation or run.data
    if isinstance(run.spec, SentimentSpec):
        return _prepare_sentiment(run, run.spec, validation, group)
    return _prepare_translation(run, run.spec, validation, group)


def _prepare_sentiment(run: Run, spec: SentimentSpec, validation: str, group: Group) -> tuple[Model, Work]:
    classes = len(spec.classes)
    train = corpora.labelled(run.data, run.train_split, classes, exclude=run.exclude)
    check = corpora.labelled(validation, run.validation_split, classes)
    texts = list(train.texts)
    if run.treebank:
        texts += [corpora.as_typed(text) for text in train.texts]
    tokenizer = Tokenizer.train(
        texts,
        run.vocabulary,
        lowercase=run.lowercase,
        symbols=TREEBANK_SYMBOLS if run.treebank else (),
        seed=run.config.seed,
    )
    model = SentimentModel(spec, tokenizer)
    more = corpora.joined([corpora.polarity(source, run.train_split) for source in run.polarity])
    return model, SentimentWork(
        model,
        group.shard(train),
        check,
        treebank=run.treebank,
        sampling=run.sampling,
        polarity=group.shard(more) if more else None,
        words=run.polarity_words,
        teachers=[_teacher(path, spec) for path in run.teacher],
        teacher_share=run.teacher_share,
    )


def _teacher(path: str, spec: SentimentSpec) -> SentimentModel:
    """The model of a checkpoint, which must answer with the same classes."""
    teacher = load(path)
    if not isinstance(teacher, SentimentModel) or teacher.spec.classes != spec.classes:
        raise SpecError(f"{path} cannot teach: it must answer with the classes {', '.join(spec.classes)}")
    return teacher


def _teaching_translator(path: str, spec: TranslationSpec) -> TranslationModel:
    """The model of a checkpoint, which must translate between the same languages."""
    teacher = load(path)
    wanted = (spec.source, spec.target)
    if not isinstance(teacher, TranslationModel) or (teacher.spec.source, teacher.spec.target) != wanted:
        raise SpecError(f"{path} cannot teach: it must translate from {spec.source} to {spec.target}")
    return teacher


def _prepare_translation(
    run: Run, spec: TranslationSpec, validation: str, group: Group
) -> tuple[Model, Work]:
    languages = (spec.source, spec.target)
    train = corpora.pairs(run.data, run.train_split, languages, exclude=run.exclude)
    check = corpora.pairs(validation, run.validation_split, languages)
    source, target = (
        Tokenizer.train(texts, size, seed=run.config.seed)
        for texts, size in (
            (train.sources, run.vocabulary),
            (train.targets, run.target_vocabulary or run.vocabulary),
        )
    )
    model = TranslationModel(spec, source, target)
    return model, TranslationWork(
        model,
        group.shard(train),
        check,
        sampling=run.sampling,
        teachers=[_teaching_translator(path, spec) for path in run.teacher],
        teacher_nearest=run.teacher_nearest,
        teacher_share=run.teacher_share,
    )


def pretrain(run: Run, model: Model, group: Group, out: Path, *, quiet: bool = False) -> None:
    """Let the model read other texts first, with the run's settings; the state of that is kept in `out`.

    A sentiment model reads them as a language model, a translator as more sentence pairs.
    """
    config = dataclasses.replace(run.config, epochs=run.pretrain_epochs, average=0.0, patience=0)
    trained, work = _reading(run, model, group)
    Trainer(trained, work, config, out / PRETRAINING, group=group).run(quiet=quiet)
    if isinstance(trained, LanguageModel):
        assert isinstance(model, SentimentModel)
        trained.give(model)


def _reading(run: Run, model: Model, group: Group) -> tuple[Model | LanguageModel, Work]:
    """What is trained before the run's own texts, and on what."""
    if isinstance(model, TranslationModel):
        languages = (model.spec.source, model.spec.target)
        train = corpora.joined([corpora.pairs(source, run.train_split, languages) for source in run.pretrain])
        assert train is not None
        check = corpora.pairs(run.validation or run.data, run.validation_split, languages)
        return model, TranslationWork(model, group.shard(train), check, sampling=run.sampling)
    texts = [text for source in run.pretrain for text in corpora.unlabelled(source, run.train_split).texts]
    read = group.shard(corpora.Texts([text for i, text in enumerate(texts) if i % HELD_OUT]))
    if not read.texts:
        raise DataError(f"{', '.join(run.pretrain)}: one text is not enough; every {HELD_OUT}th is held out")
    return LanguageModel(model), LanguageWork(model.tokenizer, read.texts, texts[::HELD_OUT])


def execute(run: Run, out: str | Path, *, quiet: bool = False) -> tuple[Path, Progress]:
    """Train, or go on with a run that was interrupted in `out`.

    Returns
    -------
    The checkpoint of the best epoch, and the progress at the end.
    """
    out = Path(out)
    text = json.dumps(run.to_dict(), indent=2)
    metrics = {"data": Path(run.data).name, "command": run.command(f"runs/{model_id(run.spec)}")}
    with processes(run.config.device) as group:
        model, work = prepare(run, group)
        if group.first:
            out.mkdir(parents=True, exist_ok=True)
            replace(out / RUN, lambda path: path.write_text(text))
        if run.pretrain and not (out / STATE).exists():
            pretrain(run, model, group, out, quiet=quiet)
        progress = Trainer(model, work, run.config, out, metrics, group).run(quiet=quiet)
    return out / model.name, progress
