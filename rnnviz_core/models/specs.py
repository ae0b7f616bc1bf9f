"""What a model is: closed choices and frozen settings, readable from and written to ``spec.json``."""

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self, cast

from rnnviz_core.cells.kinds import RECURRENT, Cell
from rnnviz_core.choices import choice
from rnnviz_core.errors import SpecError


class Attention(StrEnum):
    """How a model weights the states of its encoder (see `rnnviz_core.models.attention`).

    `LUONG` and `BAHDANAU` compare them with a decoder's state; `POOLING` compares them with one learned
    query (Yang et al. 2016), so a classifier needs no decoder for it.
    """

    NONE = "none"
    LUONG = "luong"
    BAHDANAU = "bahdanau"
    POOLING = "pooling"


def join_names(names: Sequence[str]) -> str:
    """Names as one text, separated by commas; one that holds a comma stands in quotes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


def split_names(text: str) -> tuple[str, ...]:
    """The inverse of `join_names`."""
    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), ()))


def check_range(name: str, value: object, low: float, high: float, kind: type[int] | type[float]) -> None:
    """Refuse a setting that is not a number from `low` to `high`.

    Raises
    ------
    SpecError
        Names the setting, its value and the range.
    """
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
    layers: int = 1  # stacked recurrent layers; without a cell there are 0
    bidirectional: bool = False  # whether the encoder also reads from right to left
    dropout: float = 0.0  # while training, on embeddings, between layers and before the readout

    def __post_init__(self) -> None:
        for name, value in self.renamed_values(vars(self)).items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "cell", choice(Cell, self.cell))
        object.__setattr__(self, "attention", choice(Attention, self.attention))
        check_range("embedding", self.embedding, 1, 1024, int)
        check_range("hidden", self.hidden, 1, 1024, int)
        check_range("layers", self.layers, 0 if self.cell is Cell.NONE else 1, 4, int)
        check_range("dropout", self.dropout, 0.0, 0.9, float)
        if not isinstance(self.bidirectional, bool):
            raise SpecError(f"bidirectional is {self.bidirectional!r}; it must be true or false")
        if self.cell is Cell.NONE:
            self._settle_without_cell()

    @property
    def stack_words(self) -> str:
        """The recurrent layers as a sentence names them: ``LSTM``, ``GRU × 2``."""
        return self.cell.words + (f" × {self.layers}" if self.layers > 1 else "")

    def _settle_without_cell(self) -> None:
        """Without a cell there are no layers, and what is read at the end is as wide as an embedding."""
        if not self.recurrence_optional:
            cells = ", ".join(RECURRENT)
            raise SpecError(f"cell is 'none'; a network for {self.task} needs one of {cells}")
        if self.attention is not Attention.NONE or self.bidirectional:
            raise SpecError("cell is 'none'; without states there is nothing to weight or to read both ways")
        object.__setattr__(self, "layers", 0)
        object.__setattr__(self, "hidden", self.embedding)

    task: ClassVar[str]  # the name of the task it is for
    recurrence_optional: ClassVar[bool] = False  # whether the cell may be `Cell.NONE`
    renamed: ClassVar[Mapping[str, Mapping[str, str]]] = {}  # setting -> value in older files -> value now

    @property
    def model_id(self) -> str:
        """The id a model of this spec has unless it is given another."""
        raise NotImplementedError

    @classmethod
    def renamed_values(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings among `values` that an older version wrote under another value, as they are now."""
        return {
            name: now[value]
            for name, now in cls.renamed.items()
            if isinstance(value := values.get(name), str) and value in now
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``spec.json``, the task included."""
        return {"task": self.task, **dataclasses.asdict(self)}

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
