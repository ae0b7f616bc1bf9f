"""The error tree. Every message names the value, the limit and what to do about it.

RnnvizError
├── TextError        the text cannot be read: empty, too long, no pieces
├── SpecError        a setting is unknown or contradicts another
├── DataError        a data file or hub data set cannot be used as it is
├── CheckpointError  a checkpoint is missing, damaged or of the wrong shape
├── TraceError       a recording failed its own verification, or a trace file is damaged
├── LessonError      a lesson's file cannot be used as it is, or an expression in it has no value
└── ClassError       a class is over, full, or does not allow that
"""

from collections.abc import Iterable


class RnnvizError(Exception):
    """Base of every error that is meant to be shown to a person."""


class TextError(RnnvizError):
    """The text cannot be read by this model."""


class SpecError(RnnvizError):
    """A setting is unknown or contradicts another."""


class DataError(RnnvizError):
    """A data file or hub data set cannot be used as it is."""


class CheckpointError(RnnvizError):
    """A checkpoint is missing, damaged, oversized or of the wrong shape."""


class TraceError(RnnvizError):
    """A recording failed its own verification, or a trace file is damaged."""


class LessonError(RnnvizError):
    """A lesson's file cannot be used as it is, or an expression in it has no value."""


class ClassError(RnnvizError):
    """A class is over, full, or does not allow what was asked."""


def unknown_choice(kind: str, value: object, choices: Iterable[str]) -> str:
    """One wording for every closed choice: ``unknown cell 'gur'; choose one of rnn, gru, lstm``."""
    return f"unknown {kind} {value!r}; choose one of {', '.join(choices)}"
