"""The cells there are, by name."""

from enum import StrEnum


class Cell(StrEnum):
    """The recurrent cell, in PyTorch's conventions (see `equations`)."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"
