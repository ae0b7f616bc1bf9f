"""What a translation run reads, and the model and the objective made from it."""

from dataclasses import dataclass, replace
from pathlib import Path

from rnnviz_core.checkpoints.registry import load
from rnnviz_core.errors import SpecError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.training.fingerprint import Fingerprint, of_contents
from rnnviz_core.training.objectives import Objective, trainable
from rnnviz_core.training.parallel import Group
from rnnviz_core.training.run import Run

from .objective import TranslationObjective


@dataclass(frozen=True)
class Material:
    """What the sources of a run hold, read once."""

    train: corpora.Pairs
    validation: corpora.Pairs
    pretrain: corpora.Pairs | None = None
    beside: corpora.Pairs | None = None
    beside_validation: corpora.Pairs | None = None

    def fingerprint(self) -> Fingerprint:
        """Its digests."""
        names = ("validation", "pretrain", "beside", "beside_validation")
        return of_contents({"data": self.train} | {name: getattr(self, name) for name in names})


def read(run: Run) -> Material:
    """Read every source of a run."""
    if Path(run.data).is_dir():
        raise SpecError(f"{run.data} is a folder; a translator learns from tables of pairs")
    validation = run.validation or run.data
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


def prepare(run: Run, material: Material, group: Group) -> tuple[TranslationModel, Objective]:
    """A model with fresh weights or those of `run.start`, and its objective on what was read."""
    spec = run.spec
    train, check = material.train, material.validation
    model = _new_model(run, material) if run.start is None else _trained_model(run)
    trainable(model.source_tokenizer, train.sources)
    return model, TranslationObjective(
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


def _new_model(run: Run, material: Material) -> TranslationModel:
    """Fresh weights, and vocabularies of the training texts."""
    train = material.train
    read = train if material.beside is None else corpora.joined([train, material.beside]) or train
    source, target = (
        Tokenizer.train(texts, size, seed=run.config.seed)
        for texts, size in (
            (read.sources, run.vocabulary),
            (read.targets, run.target_vocabulary or run.vocabulary),
        )
    )
    return TranslationModel(run.spec, source, target, run.name)


def _trained_model(run: Run) -> TranslationModel:
    """The model of the checkpoint that a run goes on from, which must be built as the run's own is."""
    assert run.start is not None
    trained = load(run.start)
    if not isinstance(trained, TranslationModel):
        raise SpecError(f"{run.start} is no translator, so no translator can go on from it")
    if replace(trained.spec, dropout=run.spec.dropout) != run.spec:  # dropout has no weights
        raise SpecError(
            f"{run.start} is built in another way than this run's model; give it the same settings"
        )
    model = TranslationModel(run.spec, trained.source_tokenizer, trained.target_tokenizer, run.name)
    model.load_state_dict(trained.state_dict())
    return model


def _teaching_translator(path: str, spec: TranslationSpec) -> TranslationModel:
    """The model of a checkpoint, which must translate between the same languages."""
    teacher = load(path)
    wanted = (spec.source, spec.target)
    if not isinstance(teacher, TranslationModel) or (teacher.spec.source, teacher.spec.target) != wanted:
        raise SpecError(f"{path} cannot teach: it must translate from {spec.source} to {spec.target}")
    return teacher


def first_reading(
    run: Run, model: TranslationModel, material: Material, group: Group
) -> tuple[TranslationModel, Objective]:
    """The model itself, and the sentence pairs that it reads first."""
    read = material.pretrain
    assert read is not None
    trainable(model.source_tokenizer, read.sources)
    return model, TranslationObjective(model, group.shard(read), material.validation, sampling=run.sampling)
