"""What a model is: closed choices and frozen settings, readable from and written to ``spec.json``."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar, cast

from rnnviz_core.errors import SpecError, unknown_choice


class Task(StrEnum):
    """What a model is trained for."""

    SENTIMENT = "sentiment"
    TRANSLATION = "translation"


class Cell(StrEnum):
    """The recurrent cell, in PyTorch's conventions (see `rnnviz_core.cells.equations`)."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"


class Attention(StrEnum):
    """How a model looks back at its encoder's states (see `rnnviz_core.models.attention`)."""

    NONE = "none"
    LUONG = "luong"
    BAHDANAU = "bahdanau"


E = TypeVar("E", bound=StrEnum)

USUAL_BEAM = 3  # translations the app and `trace` keep side by side where nobody chose

SENTIMENT_CLASSES = ("very negative", "negative", "neutral", "positive", "very positive")


def choice(enum: type[E], value: object) -> E:
    """The member of `enum` with this value, or a `SpecError` that lists the members."""
    try:
        return enum(cast(str, value))
    except ValueError:
        raise SpecError(unknown_choice(enum.__name__.lower(), value, list(enum))) from None


def _check_range(name: str, value: object, low: float, high: float, kind: type[int] | type[float]) -> None:
    number = isinstance(value, int | float) and isinstance(value, kind | int) and not isinstance(value, bool)
    if not number or not low <= cast(float, value) <= high:
        unit = "a whole number" if kind is int else "a number"
        raise SpecError(f"{name} is {value!r:.40}; it must be {unit} from {low:g} to {high:g}")


@dataclass(frozen=True)
class ModelSpec:
    """The settings every model shares. Sizes are in units, `dropout` is a probability."""

    cell: Cell
    attention: Attention = Attention.NONE
    embedding: int = 64  # width of x_t
    hidden: int = 64  # width of h_t; sentiment: per direction, translation: both directions together
    layers: int = 1  # stacked recurrent layers
    bidirectional: bool = False  # whether the encoder also reads from right to left
    dropout: float = 0.0  # while training, on embeddings, between layers and before the readout

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", choice(Cell, self.cell))
        object.__setattr__(self, "attention", choice(Attention, self.attention))
        _check_range("embedding", self.embedding, 1, 1024, int)
        _check_range("hidden", self.hidden, 1, 1024, int)
        _check_range("layers", self.layers, 1, 4, int)
        _check_range("dropout", self.dropout, 0.0, 0.9, float)
        if not isinstance(self.bidirectional, bool):
            raise SpecError(f"bidirectional is {self.bidirectional!r}; it must be true or false")

    @property
    def task(self) -> Task:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``spec.json``, the task included."""
        return {"task": str(self.task), **dataclasses.asdict(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; unknown and missing keys are errors."""
        names = {field.name for field in dataclasses.fields(cls)}
        values = {name: value for name, value in values.items() if name != "task"}
        if unknown := sorted(set(values) - names):
            raise SpecError(f"unknown setting {unknown[0]!r}; the settings are {', '.join(sorted(names))}")
        if "cell" not in values:
            raise SpecError(f"no cell is named; choose one of {', '.join(Cell)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise SpecError(f"the settings do not fit {cls.__name__}: {error}") from None


@dataclass(frozen=True)
class SentimentSpec(ModelSpec):
    """Embedding, recurrent layers, a readout of the last state or of attention over all states."""

    classes: tuple[str, ...] = SENTIMENT_CLASSES  # worst first

    def __post_init__(self) -> None:
        super().__post_init__()
        valid = isinstance(self.classes, list | tuple) and all(isinstance(name, str) for name in self.classes)
        if not valid or not 2 <= len(self.classes) <= 20:
            raise SpecError(f"classes is {self.classes!r}; it must list 2 to 20 names")
        object.__setattr__(self, "classes", tuple(self.classes))
        if self.attention is Attention.LUONG:
            raise SpecError(
                "attention 'luong' needs a decoder's state to compare with; "
                "for sentiment choose one of none, bahdanau"
            )

    @property
    def task(self) -> Task:
        return Task.SENTIMENT


@dataclass(frozen=True)
class TranslationSpec(ModelSpec):
    """Encoder, attention (or one fixed context), decoder, output tied to the target embedding."""

    source: str = "es"  # language code of the column read
    target: str = "en"  # language code of the column written

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("source", "target"):
            code = getattr(self, name)
            if not isinstance(code, str) or not (code.isascii() and code.isalpha() and 2 <= len(code) <= 8):
                raise SpecError(f"{name} is {code!r}; it must be a language code such as 'es'")
        if self.bidirectional and self.hidden % 2:
            raise SpecError(f"hidden is {self.hidden}; a bidirectional encoder halves it, so make it even")
        if self.source == self.target:
            raise SpecError(f"source and target are both {self.source!r}; choose two languages")

    @property
    def task(self) -> Task:
        return Task.TRANSLATION


def spec_from_dict(values: dict[str, Any]) -> SentimentSpec | TranslationSpec:
    """The spec of either task from the plain values of a ``spec.json``."""
    task = choice(Task, values.get("task"))
    return (SentimentSpec if task is Task.SENTIMENT else TranslationSpec).from_dict(values)


def model_id(spec: ModelSpec) -> str:
    """The id by the one grammar: ``sentiment-bilstm-attention``, ``es-en-gru-bahdanau``."""
    if isinstance(spec, TranslationSpec):
        suffix = "" if spec.attention is Attention.NONE else f"-{spec.attention}"
        return f"{spec.source}-{spec.target}-{spec.cell}{suffix}"
    suffix = "" if spec.attention is Attention.NONE else "-attention"
    return f"sentiment-{'bi' if spec.bidirectional else ''}{spec.cell}{suffix}"
