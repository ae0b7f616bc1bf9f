"""What a run reads, and the model and the work that are made of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from rnnviz_core.checkpoints.registry import Model, load
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.inputs.treebank import as_typed
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec

from . import prepared
from .fingerprint import CONTENT, Fingerprint, of_contents
from .flat import Flat
from .language import HELD_OUT, LanguageModel, LanguageWork
from .loop import Trainable
from .mixing import Amounts, MixedWork
from .objectives import SentimentWork, TranslationWork, Work, trainable
from .parallel import ALONE, Group

if TYPE_CHECKING:
    from .runs import Run

TREEBANK_SYMBOLS = ("n't",)  # one piece in tokens ("did n't") and as people type it ("didn't")


@dataclass(frozen=True)
class Material:
    """What the sources of a run hold, read once."""

    train: corpora.Labelled | corpora.Pairs | None = None
    validation: corpora.Labelled | corpora.Pairs | None = None
    polarity: corpora.Labelled | None = None
    pretrain: corpora.Texts | corpora.Pairs | None = None
    beside: corpora.Pairs | None = None
    beside_validation: corpora.Pairs | None = None
    mixture: prepared.Prepared | None = None  # instead of all the others
    running: Flat | None = None  # encoded texts that are read first

    def fingerprint(self) -> Fingerprint:
        """Its digests."""
        mixture = {} if self.mixture is None else {f"{CONTENT}--data": self.mixture.digest}
        return mixture | of_contents(
            {"data": self.train}
            | {
                name: getattr(self, name)
                for name in ("validation", "polarity", "pretrain", "beside", "beside_validation")
            }
        )


def read(run: "Run") -> Material:
    """Read every source of a run."""
    validation = run.validation or run.data
    if prepared.is_prepared(run.data):
        return _mixture(run)
    if isinstance(run.spec, SentimentSpec):
        classes = len(run.spec.classes)
        known: dict[str, Any] = {"layout": run.layout, "names": run.spec.classes}
        return Material(
            corpora.labelled(run.data, run.train_split, classes, exclude=run.exclude, **known),
            corpora.labelled(validation, run.validation_split, classes, **known),
            corpora.joined([corpora.polarity(source, run.train_split) for source in run.polarity]),
            corpora.joined([corpora.unlabelled(source, run.train_split) for source in run.pretrain]),
        )
    languages = (run.spec.source, run.spec.target)
    return Material(
        corpora.pairs(run.data, run.train_split, languages, exclude=run.exclude, layout=run.layout),
        corpora.pairs(validation, run.validation_split, languages, layout=run.layout),
        pretrain=corpora.joined(
            [corpora.pairs(source, run.train_split, languages) for source in run.pretrain]
        ),
        beside=corpora.joined([corpora.pairs(source, run.train_split, languages) for source in run.beside]),
        beside_validation=corpora.joined(
            [
                corpora.pairs(source, run.validation_split, languages)
                for source in run.beside
                if corpora.own_split(source)[1] is None
            ]
        ),
    )


def _mixture(run: "Run") -> Material:
    """A prepared mixture, and that which is read first: all its texts, without their labels."""
    if not isinstance(run.spec, SentimentSpec):
        raise SpecError(f"{run.data} holds prepared texts for sentiment, not pairs for translation")
    if run.validation or run.polarity:
        raise SpecError(f"{run.data} holds its own validation and polarity texts; leave these options out")
    if any(source != run.data for source in run.pretrain):
        raise SpecError("prepared texts are read first from the same folder; give it to --pretrain too")
    mixture = prepared.read(run.data)
    return Material(mixture=mixture, running=mixture.running() if run.pretrain else None)


def _prepare_mixed(run: "Run", mixture: prepared.Prepared, group: Group) -> tuple[Model, Work]:
    """A model that reads with a mixture's vocabulary, and its work on it."""
    model = SentimentModel(run.spec, mixture.tokenizer, run.name)
    return model, MixedWork(
        model,
        mixture,
        Amounts(run.everyday, run.templates, run.reviews, leave_out=run.leave_out),
        teachers=[_teacher(path, run.spec).to(run.config.device) for path in run.teacher],
        teacher_share=run.teacher_share,
        looking=run.looking,
        seed=run.config.seed,
        share=(group.rank, group.size),
    )


def prepare(run: "Run", group: Group = ALONE, material: Material | None = None) -> tuple[Model, Work]:
    """Learn the vocabulary of what was read and make a model with fresh weights.

    Every process of a `group` learns the same vocabulary and weights; only the examples are shared out.
    """
    torch.manual_seed(run.config.seed)
    material = material or read(run)
    if material.mixture is not None:
        return _prepare_mixed(run, material.mixture, group)
    if isinstance(run.spec, SentimentSpec):
        return _prepare_sentiment(run, run.spec, material, group)
    return _prepare_translation(run, run.spec, material, group)


def _prepare_sentiment(
    run: "Run", spec: SentimentSpec, material: Material, group: Group
) -> tuple[Model, Work]:
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
    model = SentimentModel(spec, tokenizer, run.name)
    return model, SentimentWork(
        model,
        group.shard(train),
        check,
        treebank=run.treebank,
        sampling=run.sampling,
        polarity=group.shard(material.polarity) if material.polarity else None,
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
    run: "Run", spec: TranslationSpec, material: Material, group: Group
) -> tuple[Model, Work]:
    train, check = material.train, material.validation
    assert isinstance(train, corpora.Pairs)
    assert isinstance(check, corpora.Pairs)
    read = train if material.beside is None else corpora.joined([train, material.beside]) or train
    source, target = (
        Tokenizer.train(texts, size, seed=run.config.seed)
        for texts, size in (
            (read.sources, run.vocabulary),
            (read.targets, run.target_vocabulary or run.vocabulary),
        )
    )
    trainable(source, train.sources)
    model = TranslationModel(spec, source, target, run.name)
    return model, TranslationWork(
        model,
        group.shard(train),
        check,
        beside=group.shard(material.beside) if material.beside else None,
        beside_validation=material.beside_validation,
        repeat=run.repeat,
        sampling=run.sampling,
        teachers=[_teaching_translator(path, spec) for path in run.teacher],
        teacher_nearest=run.teacher_nearest,
        teacher_share=run.teacher_share,
    )


def first_reading(run: "Run", model: Model, material: Material, group: Group) -> tuple[Trainable, Work]:
    """What is trained before the run's own texts, and on what.

    A sentiment model reads them as a language model, a translator as more sentence pairs.
    """
    read = material.pretrain
    if material.running is not None:
        return LanguageModel(model), LanguageWork.of(material.running, group.rank, group.size)
    if isinstance(model, TranslationModel):
        assert isinstance(read, corpora.Pairs)
        assert isinstance(material.validation, corpora.Pairs)
        trainable(model.source_tokenizer, read.sources)
        return model, TranslationWork(model, group.shard(read), material.validation, sampling=run.sampling)
    assert isinstance(read, corpora.Texts)
    kept = group.shard(corpora.Texts([text for i, text in enumerate(read.texts) if i % HELD_OUT]))
    if not kept.texts:
        raise DataError(f"{', '.join(run.pretrain)}: one text is not enough; every {HELD_OUT}th is held out")
    return LanguageModel(model), LanguageWork(model.tokenizer, kept.texts, read.texts[::HELD_OUT])
