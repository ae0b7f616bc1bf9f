"""RNNViz: the exact trace of what a recurrent network computes on a text.

>>> import rnnviz_core as rnnviz
>>> trace = rnnviz.record(rnnviz.load("checkpoints/sentiment-lstm"), "not a good film")
>>> trace["encoder.0.forget"].shape, trace.max_difference

This is the public face; everything else may change between versions. Importing it is cheap: torch,
datasets and the like are loaded when a name that needs them is first used.
"""

import importlib
from typing import TYPE_CHECKING

from .errors import CheckpointError as CheckpointError
from .errors import DataError as DataError
from .errors import RnnvizError as RnnvizError
from .errors import SpecError as SpecError
from .errors import TextError as TextError
from .errors import TraceError as TraceError
from .specs import Attention as Attention
from .specs import Cell as Cell
from .specs import SentimentSpec as SentimentSpec
from .specs import Task as Task
from .specs import TranslationSpec as TranslationSpec

if TYPE_CHECKING:
    from .cells import equations as equations
    from .cells import gates as gates
    from .checkpoints import load as load
    from .checkpoints import save as save
    from .checkpoints import scan as scan
    from .models import SentimentModel as SentimentModel
    from .models import TranslationModel as TranslationModel
    from .recorder import record as record
    from .recorder import record_module as record_module
    from .tokenizer import Tokenizer as Tokenizer
    from .trace import Token as Token
    from .trace import Trace as Trace
    from .trace import layer_site as layer_site
    from .trace import site as site

__version__ = "0.1.0"

_LAZY = {  # name -> the module that is imported when the name is first used
    "record": "recorder",
    "record_module": "recorder",
    "Trace": "trace",
    "Token": "trace",
    "site": "trace",
    "layer_site": "trace",
    "load": "checkpoints",
    "save": "checkpoints",
    "scan": "checkpoints",
    "SentimentModel": "models",
    "TranslationModel": "models",
    "Tokenizer": "tokenizer",
    "equations": "cells",
    "gates": "cells",
}

__all__ = [
    "record",
    "record_module",
    "Trace",
    "Token",
    "site",
    "layer_site",
    "load",
    "save",
    "scan",
    "SentimentModel",
    "TranslationModel",
    "Tokenizer",
    "equations",
    "gates",
    "Task",
    "Cell",
    "Attention",
    "SentimentSpec",
    "TranslationSpec",
    "RnnvizError",
    "TextError",
    "SpecError",
    "DataError",
    "CheckpointError",
    "TraceError",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
