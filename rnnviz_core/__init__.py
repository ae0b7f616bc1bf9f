"""RNNViz: the exact trace of what a recurrent network computes on a text.

>>> import rnnviz_core as rnnviz
>>> trace = rnnviz.record(rnnviz.load("checkpoints/sentiment-lstm"), "not a good film")
>>> trace["encoder.0.forget"].shape, trace.max_difference

This is the public face; everything else may change between versions. Importing it is cheap: torch,
datasets and the like are loaded when a name that needs them is first used.
"""

import importlib
from typing import TYPE_CHECKING

from .cells.kinds import Cell as Cell
from .contracts.task import Task as Task
from .errors import CheckpointError as CheckpointError
from .errors import DataError as DataError
from .errors import RnnvizError as RnnvizError
from .errors import SpecError as SpecError
from .errors import TextError as TextError
from .errors import TraceError as TraceError
from .models.specs import Attention as Attention

if TYPE_CHECKING:
    from .cells.equations import equations as equations
    from .cells.equations import gates as gates
    from .checkpoints.registry import load as load
    from .checkpoints.registry import save as save
    from .checkpoints.registry import scan as scan
    from .contracts.task import record as record
    from .derivatives.attribution import Attribution as Attribution
    from .derivatives.attribution import attribute as attribute
    from .derivatives.run import gradients as gradients
    from .derivatives.run import module_gradients as module_gradients
    from .diagnosis.diagnose import diagnose as diagnose
    from .diagnosis.diagnose import examine as examine
    from .diagnosis.symptoms import Report as Report
    from .diagnosis.symptoms import Symptom as Symptom
    from .findings.record import Finding as Finding
    from .importing.opening import open_network as open_network
    from .inputs.steps import Token as Token
    from .inputs.tokenizer import Tokenizer as Tokenizer
    from .models.classifier import SentimentModel as SentimentModel
    from .models.classifier_spec import SentimentSpec as SentimentSpec
    from .models.seq2seq import TranslationModel as TranslationModel
    from .models.seq2seq_spec import TranslationSpec as TranslationSpec
    from .notebook.show import show as show
    from .tracing.inside import Recorded as Recorded
    from .tracing.inside import record_model as record_model
    from .tracing.module import record_module as record_module
    from .tracing.trace import Trace as Trace
    from .tracing.trace import layer_site as layer_site
    from .tracing.trace import site as site
    from .training.adapters import lightning_callback as lightning_callback
    from .training.adapters import skorch_callback as skorch_callback
    from .training.adapters import to_tensorboard as to_tensorboard
    from .training.history_file import History as History
    from .training.watch import watch as watch

__version__ = "0.2.0"

_LAZY = {  # name -> the module that is imported when the name is first used
    "record": "contracts.task",
    "record_module": "tracing.module",
    "record_model": "tracing.inside",
    "gradients": "derivatives.run",
    "module_gradients": "derivatives.run",
    "attribute": "derivatives.attribution",
    "Attribution": "derivatives.attribution",
    "Recorded": "tracing.inside",
    "open_network": "importing.opening",
    "diagnose": "diagnosis.diagnose",
    "examine": "diagnosis.diagnose",
    "Report": "diagnosis.symptoms",
    "watch": "training.watch",
    "History": "training.history_file",
    "skorch_callback": "training.adapters",
    "lightning_callback": "training.adapters",
    "to_tensorboard": "training.adapters",
    "Symptom": "diagnosis.symptoms",
    "show": "notebook.show",
    "Trace": "tracing.trace",
    "Finding": "findings.record",
    "Token": "inputs.steps",
    "site": "tracing.trace",
    "layer_site": "tracing.trace",
    "load": "checkpoints.registry",
    "save": "checkpoints.registry",
    "scan": "checkpoints.registry",
    "SentimentModel": "models.classifier",
    "SentimentSpec": "models.classifier_spec",
    "TranslationModel": "models.seq2seq",
    "TranslationSpec": "models.seq2seq_spec",
    "Tokenizer": "inputs.tokenizer",
    "equations": "cells.equations",
    "gates": "cells.equations",
}

__all__ = [
    "record",
    "record_module",
    "record_model",
    "gradients",
    "module_gradients",
    "attribute",
    "Attribution",
    "Recorded",
    "show",
    "open_network",
    "diagnose",
    "examine",
    "Symptom",
    "Report",
    "watch",
    "History",
    "skorch_callback",
    "lightning_callback",
    "to_tensorboard",
    "Trace",
    "Finding",
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
