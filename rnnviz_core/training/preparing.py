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

from .fingerprint import Fingerprint, of_contents
from .language import HELD_OUT, LanguageModel, LanguageWork
from .loop import Trainable
from .objectives import SentimentWork, TranslationWork, Work, trainable
from .parallel import ALONE, Group

if TYPE_CHECKING:
    from .runs import Run

TREEBANK_SYMBOLS = ("n't",)  # one piece in tokens ("did n't") and as people type it ("didn't")


@dataclass(frozen=True)
class Material:
    """What the sources of a run hold, read once."""

    train: corpora.Labelled | corpora.Pairs
    validation: corpora.Labelled | corpora.Pairs
    polarity: corpora.Labelled | None = None
    pretrain: corpora.Texts | corpora.Pairs | None = None
    beside: corpora.Pairs | None = None
    beside_validation: corpora.Pairs | None = None

    def fingerprint(self) -> Fingerprint:
        """Its digests."""
        return of_contents(
            {"data": self.train}
            | {
                name: getattr(self, name)
                for name in ("validation", "polarity", "pretrain", "beside", "beside_validation")
            }
        )


def read(run: "Run") -> Material:
    """Read every source of a run."""
    validation = run.validation or run.data
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


def prepare(run: "Run", group: Group = ALONE, material: Material | None = None) -> tuple[Model, Work]:
    """Learn the vocabulary of what was read and make a model with fresh weights.

    Every process of a `group` learns the same vocabulary and weights; only the examples are shared out.
    """
    torch.manual_seed(run.config.seed)
    material = material or read(run)
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
    model = SentimentModel(spec, tokenizer)
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
    model = TranslationModel(spec, source, target)
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
