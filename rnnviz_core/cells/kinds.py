"""The cells there are, by name."""

from enum import StrEnum


class Cell(StrEnum):
    """The recurrent cell, in PyTorch's conventions (see `equations`); or that there is none."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"
    NONE = "none"  # no recurrence: nothing is carried from one token to the next
