"""The settings of a text classifier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.errors import SpecError

from .specs import Attention, ModelSpec

SENTIMENT_CLASSES = ("very negative", "negative", "neutral", "positive", "very positive")


@dataclass(frozen=True)
class SentimentSpec(ModelSpec):
    """Embedding, recurrent layers, a readout of the last state or of all states by attention pooling.

    With `Cell.NONE` there are no recurrent layers: what is read is the mean of the embeddings.
    """

    task: ClassVar[str] = "sentiment"
    recurrence_optional: ClassVar[bool] = True
    renamed: ClassVar[Mapping[str, Mapping[str, str]]] = {"attention": {"bahdanau": "pooling"}}  # until 0.1.0

    classes: tuple[str, ...] = SENTIMENT_CLASSES  # 2 to 20 names
    ordered: bool = True  # whether they run from worst to best; if not, they are names without an order

    def __post_init__(self) -> None:
        super().__post_init__()
        valid = isinstance(self.classes, list | tuple) and all(isinstance(name, str) for name in self.classes)
        if not valid or not 2 <= len(self.classes) <= 20:
            raise SpecError(f"classes is {self.classes!r}; it must list 2 to 20 names")
        object.__setattr__(self, "classes", tuple(self.classes))
        for name in self.classes:
            if not name.strip() or not name.isprintable():
                raise SpecError(f"classes holds the name {name!r:.60}; give each class a name on one line")
            if self.classes.count(name) > 1:
                raise SpecError(f"classes names {name!r:.60} twice; each class needs a name of its own")
        if not isinstance(self.ordered, bool):
            raise SpecError(f"ordered is {self.ordered!r:.40}; it must be true or false")
        if self.attention is Attention.LUONG:
            raise SpecError(
                "attention 'luong' needs a decoder's state to compare with; "
                "for sentiment choose one of none, pooling"
            )

    @property
    def model_id(self) -> str:
        """``sentiment-lstm``, ``sentiment-bilstm-attention``, ``sentiment-bag``."""
        if self.cell is Cell.NONE:
            return f"{self.task}-bag"
        suffix = "" if self.attention is Attention.NONE else "-attention"
        return f"{self.task}-{'bi' if self.bidirectional else ''}{self.cell}{suffix}"
