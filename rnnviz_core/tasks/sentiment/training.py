"""What a sentiment run reads, and the model and the objective made from it."""

from dataclasses import dataclass
from typing import Any

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.checkpoints.registry import load
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.inputs.treebank import as_typed
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.training.fingerprint import CONTENT, Fingerprint, of_contents
from rnnviz_core.training.flat import Flat
from rnnviz_core.training.objectives import Objective, trainable
from rnnviz_core.training.parallel import Group
from rnnviz_core.training.run import Run

from . import prepared
from .language import HELD_OUT, LanguageModel, LanguageObjective
from .mixing import Amounts, MixedObjective
from .objective import SentimentObjective

TREEBANK_SYMBOLS = ("n't",)  # one piece in tokens ("did n't") and as people type it ("didn't")


@dataclass(frozen=True)
class Material:
    """What the sources of a run hold, read once."""

    train: corpora.Labelled | None = None
    validation: corpora.Labelled | None = None
    polarity: corpora.Labelled | None = None
    pretrain: corpora.Texts | None = None
    mixture: prepared.Prepared | None = None  # instead of all the others
    running: Flat | None = None  # encoded texts that are read first

    def fingerprint(self) -> Fingerprint:
        """Its digests."""
        mixture = {} if self.mixture is None else {f"{CONTENT}--data": self.mixture.digest}
        named = {name: getattr(self, name) for name in ("validation", "polarity", "pretrain")}
        return mixture | of_contents({"data": self.train} | named)


def read(run: Run) -> Material:
    """Read every source of a run."""
    if run.beside:
        raise SpecError("beside is not a setting of task 'sentiment'; --polarity adds texts there")
    if run.start:
        raise SpecError("start is not a setting of task 'sentiment'; --teacher learns from a checkpoint")
    if prepared.is_prepared(run.data):
        return _mixture(run)
    classes = len(run.spec.classes)
    known: dict[str, Any] = {"layout": run.layout, "names": run.spec.classes}
    return Material(
        corpora.labelled(run.data, run.train_split, classes, exclude=run.exclude, **known),
        corpora.labelled(run.validation or run.data, run.validation_split, classes, **known),
        corpora.joined([corpora.polarity(source, run.train_split) for source in run.polarity]),
        corpora.joined([corpora.unlabelled(source, run.train_split) for source in run.pretrain]),
    )


def _mixture(run: Run) -> Material:
    """A prepared mixture, and that which is read first: all its texts, without their labels."""
    if run.validation or run.polarity:
        raise SpecError(f"{run.data} holds its own validation and polarity texts; leave these options out")
    if any(source != run.data for source in run.pretrain):
        raise SpecError("prepared texts are read first from the same folder; give it to --pretrain too")
    mixture = prepared.read(run.data)
    return Material(mixture=mixture, running=mixture.running() if run.pretrain else None)


def prepare(run: Run, material: Material, group: Group) -> tuple[SentimentModel, Objective]:
    """A model with fresh weights, and its objective on what was read."""
    if material.mixture is not None:
        return _prepare_mixed(run, material.mixture, group)
    train, check = material.train, material.validation
    assert isinstance(train, corpora.Labelled)
    assert isinstance(check, corpora.Labelled)
    texts = list(train.texts)
    if run.treebank:
        texts += [as_typed(text) for text in train.texts]
    tokenizer = Tokenizer.train(
        texts,
        run.vocabulary,
        lowercase=run.lowercase,
        symbols=TREEBANK_SYMBOLS if run.treebank else (),
        seed=run.config.seed,
    )
    trainable(tokenizer, train.texts)
    model = SentimentModel(run.spec, tokenizer, run.name)
    return model, SentimentObjective(
        model,
        group.shard(train),
        check,
        treebank=run.treebank,
        sampling=run.sampling,
        polarity=group.shard(material.polarity) if material.polarity else None,
        words=run.polarity_words,
        teachers=[_teacher(path, run.spec) for path in run.teacher],
        teacher_share=run.teacher_share,
    )


def _prepare_mixed(run: Run, mixture: prepared.Prepared, group: Group) -> tuple[SentimentModel, Objective]:
    """A model that reads with a mixture's vocabulary, and its objective on it."""
    model = SentimentModel(run.spec, mixture.tokenizer, run.name)
    return model, MixedObjective(
        model,
        mixture,
        Amounts(run.everyday, run.templates, run.reviews, leave_out=run.leave_out),
        teachers=[_teacher(path, run.spec).to(run.config.device) for path in run.teacher],
        teacher_share=run.teacher_share,
        looking=run.looking,
        seed=run.config.seed,
        share=(group.rank, group.size),
    )


def _teacher(path: str, spec: SentimentSpec) -> SentimentModel:
    """The model of a checkpoint, which must answer with the same classes."""
    teacher = load(path)
    if not isinstance(teacher, SentimentModel) or teacher.spec.classes != spec.classes:
        raise SpecError(f"{path} cannot teach: it must answer with the classes {', '.join(spec.classes)}")
    return teacher


def first_reading(
    run: Run, model: SentimentModel, material: Material, group: Group
) -> tuple[LanguageModel, Objective]:
    """The language model whose layers the model starts from, and the texts that it reads."""
    if run.spec.cell is Cell.NONE:
        raise SpecError("cell is 'none'; without recurrent layers there is nothing to pretrain")
    if material.running is not None:
        return LanguageModel(model), LanguageObjective.of(material.running, group.rank, group.size)
    read = material.pretrain
    assert isinstance(read, corpora.Texts)
    kept = group.shard(corpora.Texts([text for i, text in enumerate(read.texts) if i % HELD_OUT]))
    if not kept.texts:
        raise DataError(f"{', '.join(run.pretrain)}: one text is not enough; every {HELD_OUT}th is held out")
    return LanguageModel(model), LanguageObjective(model.tokenizer, kept.texts, read.texts[::HELD_OUT])
