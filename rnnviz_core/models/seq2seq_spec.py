"""The settings of a translator."""

from dataclasses import dataclass
from typing import ClassVar

from rnnviz_core.errors import SpecError

from .specs import Attention, ModelSpec


@dataclass(frozen=True)
class TranslationSpec(ModelSpec):
    """Encoder, attention (or one fixed context), decoder, output tied to the target embedding."""

    task: ClassVar[str] = "translation"

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
        if self.attention is Attention.POOLING:
            raise SpecError(
                "attention 'pooling' compares with no decoder's state; "
                "for translation choose one of none, luong, bahdanau"
            )
        if self.source == self.target:
            raise SpecError(f"source and target are both {self.source!r}; choose two languages")

    @property
    def model_id(self) -> str:
        """``es-en-gru``, ``de-en-lstm-luong``."""
        suffix = "" if self.attention is Attention.NONE else f"-{self.attention}"
        return f"{self.source}-{self.target}-{self.cell}{suffix}"
