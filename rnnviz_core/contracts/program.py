"""A trace as a program: plain torch, the shipped weights, the same numbers.

What every program begins with stands here; how it goes on is the task's.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.tracing.trace import Trace, site

from .task import task_of_spec

MODULES = {Cell.RNN: "RNN", Cell.GRU: "GRU", Cell.LSTM: "LSTM"}  # of torch.nn

_START = '''"""{model} on one sentence. Needs torch, safetensors, sentencepiece and the files below."""

import sentencepiece
import torch
from safetensors.torch import load_file

folder = {folder!r}
vocabularies = {vocabularies!r}
text = {text!r}

torch.set_grad_enabled(False)
weights = {{name: value.float() for name, value in load_file(f"{{folder}}/model.safetensors").items()}}


def load(module, name):
    """Give a torch module its weights."""
    start = f"{{name}}."
    module.load_state_dict({{k[len(start) :]: v for k, v in weights.items() if k.startswith(start)}})
    return module


def linear(name, x):
    """W x + b"""
    return x @ weights[f"{{name}}.weight"].T + weights.get(f"{{name}}.bias", 0)


tokenizer = sentencepiece.SentencePieceProcessor(model_file=vocabularies["source"])
x = weights["{embedding}.weight"][tokenizer.encode(text)]  # a row per token
{rest}
'''

_ENCODER = """module = torch.nn.{module}({inputs}, {hidden}, {layers}, bidirectional={both}{options})
encoder = load(module, "encoder")
hidden, state = encoder(x)  # hidden: the last layer's h of every step
{last}"""


class Places(NamedTuple):
    """Where a program finds what it reads."""

    folder: str  # of the checkpoint
    vocabularies: dict[str, str]  # the SentencePiece model of each side


def program(
    spec: ModelSpec, trace: Trace, folder: str = "", tokenizers: Mapping[str, str] | None = None
) -> str:
    """A program that computes the trace's states, logits and probabilities without this package.

    Parameters
    ----------
    spec
        The settings of the model that the trace was recorded from.
    trace
        Its text goes into the program; for a translation also the pieces written.
    folder
        Where the program will find the checkpoint; by default ``checkpoints/<id>``.
    tokenizers
        Where it will find the SentencePiece models ``source`` and ``target`` that are not in that folder.
    """
    task, folder = task_of_spec(spec), folder or f"checkpoints/{trace.model}"
    own = {name: f"{folder}/{name}.model" for name in task.vocabularies}
    return task.program(spec, trace, Places(folder, {**own, **(tokenizers or {})}))


def module_of(trace: Trace, part: str) -> dict[str, str]:
    """The name of the torch module whose cell `part` ran, and the arguments that make it that cell."""
    cell, options = trace.definition(part), ""
    found = dict(cell.options)
    if found.get("relu"):
        options += ', nonlinearity="relu"'
    if found.get("projection"):
        options += f", proj_size={trace[site(part, 0, 'hidden')].shape[1]}"
    if not found["bias"]:
        options += ", bias=False"
    return {"module": MODULES[Cell(cell.name)], "options": options}


def final_state(spec: ModelSpec) -> str:
    """How the program names h after the last step."""
    return "state[0]" if spec.cell is Cell.LSTM else "state"


def start(spec: ModelSpec, trace: Trace, places: Places, *, embedding: str, hidden: int) -> str:
    """The program up to the encoder's states; `embedding` names its table, `hidden` counts per direction."""
    known = {"model": trace.model, "folder": places.folder, "vocabularies": places.vocabularies}
    known |= {"text": trace.text, "embedding": embedding}
    if spec.cell is Cell.NONE:
        return _START.format(rest="mean = x.mean(0)  # the same in any order", **known)
    final = final_state(spec)
    both = f"torch.cat(({final}[-2], {final}[-1]))  # of both directions of reading"
    encoder = _ENCODER.format(
        **module_of(trace, "encoder"),
        layers=spec.layers,
        inputs=spec.embedding,
        hidden=hidden,
        both=spec.bidirectional,
        last=f"last = {both if spec.bidirectional else f'{final}[-1]'}",
    )
    return _START.format(rest=encoder, **known)
