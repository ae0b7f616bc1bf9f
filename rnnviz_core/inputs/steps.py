"""The steps along which a network reads or writes."""

from dataclasses import dataclass

from rnnviz_core.languages import numerals

NO_PIECE = -1  # the id of a step that is a number


@dataclass(frozen=True, slots=True)
class Token:
    """One step: a piece as the tokenizer cut it or, where numbers are read, a number with its label.

    One class for both: everything else (axes, frames, charts, files) needs only a step's label.
    """

    text: str  # the piece, or the label of the number: its place in time
    id: int  # of the piece; `NO_PIECE` for a number
    start: int  # characters of the trace's text
    end: int
    value: float | None = None  # the number that is read, in the unit of its series


def printed_number(value: float) -> str:
    """A number in four digits, with a true minus, as the language writes it."""
    return numerals(f"{value:.4g}".replace("-", "−"))
