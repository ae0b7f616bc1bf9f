"""A trace as a program: plain torch, the shipped weights, the same numbers.

What every program begins with stands here; how it goes on is the task's.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rnnviz_core.cells import equations as cells
from rnnviz_core.cells.definition import Definition
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


{loop}tokenizer = sentencepiece.SentencePieceProcessor(model_file=vocabularies["source"])
x = weights["{embedding}.weight"][tokenizer.encode(text)]  # a row per token
{rest}
'''

_ENCODER = """encoder = {encoder}
hidden, state = encoder(x)  # hidden: the last layer's h of every step
{last}"""

# Torch has no module of these cells: the program computes them step by step.
LOOP = '''class Layers:
    """Layers of {named}, step by step: called as torch.nn.LSTM is, on one text."""

    def __init__(self, name, layers, both=False):
        self.name, self.layers, self.sides = name, layers, ("", "_reverse") if both else ("",)

    def __call__(self, x, state=None):
        ends = []
        for layer in range(self.layers):
            outputs = []
            for side in self.sides:
                start = state and tuple(one[len(ends)] for one in state)
                output, end = self.read(x, f"_l{{layer}}{{side}}", start)
                outputs.append(output)
                ends.append(end)
            x = torch.cat(outputs, dim=-1)
        return x, tuple(torch.stack(one) for one in zip(*ends))

    def read(self, x, place, start):
        """One layer in one direction: what it returns, and its last state."""
        W_i, b_i{names} = (weights[f"{{self.name}}.{{name}}{{place}}"] for name in {stored})
        {previous} = start or [x.new_zeros({size})] * {count}
        found = []
        order = range(len(x))[:: -1 if place.endswith("reverse") else 1]
        for step in order:
            {input_parts} = (W_i @ x[step] + b_i).chunk({gates})
{state_parts}{equations}
            {previous} = {states}
            found.append(hidden)
        return torch.stack(found[:: order.step]), ({states})


sigmoid, tanh = torch.sigmoid, torch.tanh
'''


class ModelFiles(NamedTuple):
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
    return task.program(spec, trace, ModelFiles(folder, {**own, **(tokenizers or {})}))


def in_torch(cell: Definition) -> bool:
    """Whether torch has a module of this cell."""
    return cell.name in MODULES


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


def layers_in(trace: Trace, part: str, inputs: int, hidden: int, layers: int, *, both: bool = False) -> str:
    """The expression that makes the recurrent layers of `part`, with their weights."""
    if in_torch(trace.definition(part)):
        module, options = module_of(trace, part).values()
        sides = f", bidirectional={both}" if part == "encoder" else ""
        return f'load(torch.nn.{module}({inputs}, {hidden}, {layers}{sides}{options}), "{part}")'
    return f'Layers("{part}", {layers}{", both=True" * both})'


def loop(cell: Definition) -> str:
    """A class for a cell that torch has no module of, written from its equations; "" where it has one."""
    if in_torch(cell):
        return ""
    stored = {"W_i": "weight_ih", "b_i": "bias_ih"}
    if cell.reads_state:
        stored |= {"W_h": "weight_hh", "b_h": "bias_hh"}
    stored |= {name: name for name in cell.extra}
    parts = [", ".join(f"{gate}_from_{side}" for gate in cell.gate_names) for side in ("input", "state")]
    state_parts = f"            {parts[1]} = (W_h @ previous_hidden + b_h).chunk({len(cell.gates)})\n"
    return LOOP.format(
        named=cell.family.named,
        names="".join(f", {name}" for name in list(stored)[2:]),
        stored=tuple(stored.values()),
        previous=", ".join(f"previous_{state}" for state in cell.states) + "," * (len(cell.states) == 1),
        size=f"len(b_i) // {len(cell.gates)}",
        count=len(cell.states),
        input_parts=parts[0],
        gates=len(cell.gates),
        state_parts=state_parts * cell.reads_state,
        equations="\n".join(f"            {equation.code()}" for equation in cell.elementwise),
        states=", ".join(cell.states) + "," * (len(cell.states) == 1),
    )


def final_state(spec: ModelSpec) -> str:
    """How the program names h after the last step."""
    if spec.cell is Cell.NONE:
        return "state"
    several = len(cells.definition(spec.cell).states) > 1
    return "state[0]" if several or spec.cell not in MODULES else "state"


def start(spec: ModelSpec, trace: Trace, places: ModelFiles, *, embedding: str, hidden: int) -> str:
    """The program up to the encoder's states; `embedding` names its table, `hidden` counts per direction."""
    known = {"model": trace.model, "folder": places.folder, "vocabularies": places.vocabularies}
    known |= {"text": trace.text, "embedding": embedding}
    if spec.cell is Cell.NONE:
        return _START.format(rest="mean = x.mean(0)  # the same in any order", loop="", **known)
    final = final_state(spec)
    both = f"torch.cat(({final}[-2], {final}[-1]))  # of both directions of reading"
    encoder = _ENCODER.format(
        encoder=layers_in(trace, "encoder", spec.embedding, hidden, spec.layers, both=spec.bidirectional),
        last=f"last = {both if spec.bidirectional else f'{final}[-1]'}",
    )
    return _START.format(rest=encoder, loop=loop(trace.definition("encoder")), **known)
