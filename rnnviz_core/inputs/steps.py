"""The steps along which a network reads or writes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """One piece as the tokenizer cut it; `start` and `end` are characters of the trace's text."""

    text: str
    id: int
    start: int
    end: int
