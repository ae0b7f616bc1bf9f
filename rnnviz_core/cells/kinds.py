"""The available cells, by name. Each is defined in a file of this folder."""

import importlib
from enum import StrEnum


class Cell(StrEnum):
    """The recurrent cell, by the file that defines it (a new one: its file, and a line here); or none."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"
    PEEPHOLE = "peephole"
    MINGRU = "mingru"
    NONE = "none"  # no recurrence: nothing is carried from one token to the next

    @property
    def words(self) -> str:
        """As people read it: ``peephole LSTM``."""
        return self.named.partition(" ")[2]

    @property
    def named(self) -> str:
        """The same with its article: ``an LSTM``."""
        words: str = importlib.import_module(f"{__package__}.{self.value}").NAMED
        return words


RECURRENT = tuple(cell for cell in Cell if cell is not Cell.NONE)
