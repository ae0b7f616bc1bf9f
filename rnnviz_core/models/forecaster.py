"""Numbers -> the next number: recurrent layers that read one number per step, and a linear readout."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from rnnviz_core.inputs.tokenizer import Tokenizer

from .components import initialise, recurrent
from .forecaster_spec import ForecastSpec
from .network import Readout, Table
from .stacks import Stack, stack_of


class Forecaster(nn.Module):
    """Recurrent layers over scaled numbers, and after every step the next one.

    A network that gives the change starts as the forecast "the same again": its readout begins at zero.

    Parameters
    ----------
    spec
        Sizes, and how values are scaled.
    name
        The id under which the model is known; by default the one its spec gives.
    """

    def __init__(self, spec: ForecastSpec, name: str | None = None) -> None:
        super().__init__()
        self.spec, self.name = spec, name or spec.model_id
        self.encoder = recurrent(spec, 1, spec.hidden)
        self.output = nn.Linear(spec.hidden, 1)
        self.dropout = nn.Dropout(spec.dropout)
        initialise(self)
        if spec.difference:
            nn.init.zeros_(self.output.weight)

    @property
    def tokenizers(self) -> dict[str, Tokenizer]:
        """None: numbers are not cut into pieces."""
        return {}

    def stacks(self) -> Mapping[str, Stack]:
        """The recurrent layers by part."""
        return {"encoder": stack_of(self.encoder)}

    def table(self, part: str) -> Table | None:
        """None: it reads numbers."""
        return None

    def output_layer(self) -> Readout:
        """The output layer, which reads the last state: one row of weights."""
        return Readout(self.output.weight.detach().numpy(), self.output.bias.detach().numpy())

    def scaled(self, values: Tensor) -> Tensor:
        """Values of the series as the network reads them; any shape."""
        found = values.sqrt() if self.spec.root else values
        return (found - self.spec.mean) / self.spec.scale

    def unscaled(self, numbers: Tensor) -> Tensor:
        """The inverse of `scaled`; what lies below the root of zero is zero."""
        found = numbers * self.spec.scale + self.spec.mean
        return found.clamp(min=0).square() if self.spec.root else found

    def read_out(
        self, states: Float[Tensor, "batch time unit"], numbers: Float[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time"]:
        """The next scaled number after every step, from the states and what was read."""
        output: Tensor = self.output(self.dropout(states)).squeeze(-1)
        return output + numbers if self.spec.difference else output

    def forward(self, numbers: Float[Tensor, "batch time"]) -> Float[Tensor, "batch time"]:
        """The next scaled number after every step."""
        states, _ = self.encoder(numbers.unsqueeze(-1))
        return self.read_out(states, numbers)


@torch.inference_mode()
def forecasts(model: Forecaster, values: Float[Tensor, " time"]) -> Float[Tensor, " time"]:
    """The value that a model expects after each of `values`, in the unit of the series."""
    return model.unscaled(model(model.scaled(values).unsqueeze(0))[0])
