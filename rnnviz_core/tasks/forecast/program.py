"""A forecast as a program in plain torch."""

from pprint import pformat

from rnnviz_core.contracts.program import ModelFiles, in_torch, loop, module_of
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.tracing.trace import Trace

_PROGRAM = '''"""{model} on one series. Needs torch, safetensors and the file below."""

import torch
from safetensors.torch import load_file

folder = {folder!r}
values = torch.tensor({values})

torch.set_grad_enabled(False)
weights = {{name: value.float() for name, value in load_file(f"{{folder}}/model.safetensors").items()}}

{encoder}numbers = ({read} - {mean!r}) / {scale!r}  # as the network reads them
hidden, state = encoder(numbers.unsqueeze(-1))  # hidden: the last layer's h of every step
outputs = hidden @ weights["output.weight"][0] + weights["output.bias"]{change}
forecasts = outputs * {scale!r} + {mean!r}
{back}print(f"next: {{forecasts[-1]:.4f}}")
'''

_MODULE = """encoder = torch.nn.{module}(1, {hidden}, {layers}{options})
own = {{k[len("encoder.") :]: v for k, v in weights.items() if k.startswith("encoder.")}}
encoder.load_state_dict(own)
"""


def program(spec: ForecastSpec, trace: Trace, places: ModelFiles) -> str:
    """The program of `rnnviz_core.contracts.program`."""
    values, cell = [token.value for token in trace.tokens["time"]], trace.definition("encoder")
    if in_torch(cell):
        module = module_of(trace, "encoder")
        encoder = _MODULE.format(**module, hidden=spec.hidden, layers=spec.layers)
    else:
        encoder = f"\n{loop(cell)}encoder = Layers('encoder', {spec.layers})\n"
    return _PROGRAM.format(
        encoder=encoder,
        model=trace.model,
        folder=places.folder,
        values=pformat(values, width=100, compact=True),
        read="values.sqrt()" if spec.root else "values",
        mean=spec.mean,
        scale=spec.scale,
        change=" + numbers  # it gives the change" if spec.difference else "",
        back="forecasts = forecasts.clamp(min=0).square()\n" if spec.root else "",
    )
