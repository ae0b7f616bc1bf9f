"""An answer as a program in plain torch."""

from pprint import pformat

from rnnviz_core.contracts.program import ModelFiles, layers_in, loop
from rnnviz_core.models.toy_spec import ToySpec
from rnnviz_core.tracing.trace import Trace

_PROGRAM = '''"""{model} on one sequence. Needs torch, safetensors and the file below."""

import torch
from safetensors.torch import load_file

folder = {folder!r}
symbols = {symbols}
ids = {ids}  # the rows of the embedding that they are read with

torch.set_grad_enabled(False)
weights = {{name: value.float() for name, value in load_file(f"{{folder}}/model.safetensors").items()}}


def load(module, name):
    """Give a torch module its weights."""
    start = f"{{name}}."
    module.load_state_dict({{k[len(start) :]: v for k, v in weights.items() if k.startswith(start)}})
    return module


{loop}x = weights["embedding.weight"][ids]  # a row per symbol
encoder = {encoder}
hidden, state = encoder(x)  # hidden: the last layer's h of every step
logits = hidden @ weights["output.weight"].T + weights["output.bias"]
probabilities = logits[-1].softmax(-1)
for name, probability in zip({classes}, probabilities.tolist()):
    print(f"{{name:15}} {{probability:.4f}}")
'''


def program(spec: ToySpec, trace: Trace, places: ModelFiles) -> str:
    """The program of `rnnviz_core.contracts.program`."""
    tokens = trace.tokens["time"]
    return _PROGRAM.format(
        model=trace.model,
        folder=places.folder,
        symbols=pformat([token.text.lstrip("▁") for token in tokens], width=100, compact=True),
        ids=pformat([token.id for token in tokens], width=100, compact=True),
        loop=loop(trace.definition("encoder")),
        encoder=layers_in(trace, "encoder", spec.embedding, spec.hidden, spec.layers),
        classes=tuple(trace.labels["class"]),
    )
