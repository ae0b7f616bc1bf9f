"""The settings of a text classifier."""

from dataclasses import dataclass
from typing import ClassVar

from rnnviz_core.errors import SpecError

from .specs import Attention, ModelSpec

SENTIMENT_CLASSES = ("very negative", "negative", "neutral", "positive", "very positive")


@dataclass(frozen=True)
class SentimentSpec(ModelSpec):
    """Embedding, recurrent layers, a readout of the last state or of attention over all states."""

    task: ClassVar[str] = "sentiment"

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
    def model_id(self) -> str:
        """``sentiment-lstm``, ``sentiment-bilstm-attention``."""
        suffix = "" if self.attention is Attention.NONE else "-attention"
        return f"{self.task}-{'bi' if self.bidirectional else ''}{self.cell}{suffix}"
