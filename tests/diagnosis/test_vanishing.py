"""Gradients that vanish and explode: broken on purpose, and the numbers against torch's own autograd."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnviz_core as rnnviz
from rnnviz_core.diagnosis import gradients
from rnnviz_core.diagnosis.diagnose import examine
from rnnviz_core.diagnosis.symptoms import Symptom
from rnnviz_core.models.stacks import stack_of


def named(subject: Any, x: Any) -> dict[str, Symptom]:
    return {finding.name: finding for finding in examine(subject, x).findings}


def of_torch(module: Any, x: Tensor) -> list[float]:
    """What a change of each state arrives as in the last hidden state: torch's kernel, from each state on."""
    module, x = module.double(), x.double()
    found = []
    for step in range(1, len(x)):
        state = module(x[:step])[1]
        parts = state if isinstance(state, tuple) else (state,)

        def last(*given: Tensor, step: int = step) -> Tensor:
            ended: Tensor = module(x[step:], given if len(given) > 1 else given[0])[0][-1]
            return ended

        rows = torch.autograd.functional.jacobian(last, tuple(part.detach() for part in parts))
        found.append(max(float(row.norm()) / module.hidden_size**0.5 for row in rows))
    return found


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_what_a_change_arrives_as_is_what_torch_has(kind: Any) -> None:
    torch.manual_seed(2)
    module, x = kind(3, 5), torch.randn(9, 3)
    trace = rnnviz.record_module(module, x)
    gains = gradients.gains_to_the_end(gradients.step_of(trace, stack_of(module), "encoder", 0, False))
    np.testing.assert_allclose(gains[:-1], of_torch(module, x), rtol=1e-4)
    assert gains[-1] == 1


def test_they_vanish_in_a_module() -> None:
    torch.manual_seed(0)
    module, x = nn.LSTM(3, 8), torch.randn(60, 1, 3)
    found = named(module, x)["vanishing gradients"]
    assert found.sure == "possible"
    assert found.evidence is not None
    assert max(found.evidence.values[:6]) == pytest.approx(found.numbers["ratio"], rel=1e-4)
    assert found.numbers["ratio"] < gradients.VANISHED
    with torch.no_grad():
        module.bias_ih_l0[8:16] = 6.0
    assert "vanishing gradients" not in named(module, x)


def test_they_explode() -> None:
    module = nn.RNN(2, 6)
    with torch.no_grad():
        module.weight_hh_l0.copy_(1.4 * torch.eye(6))
        module.weight_ih_l0.mul_(1e-9)
        module.bias_ih_l0.zero_()
        module.bias_hh_l0.zero_()
    found = named(module, torch.randn(31, 1, 2))["exploding gradients"]
    assert found.sure == "likely"
    assert found.numbers["gain"] == pytest.approx(1.4**30, rel=1e-3)  # near 0 a tanh is the identity
    assert found.numbers["rate"] == pytest.approx(1.4, rel=1e-4)


class Reader(nn.Module):
    """An answer from the last state of a recurrent layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer, self.output = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.output(self.layer(x)[0][:, -1])
        return found


def test_they_vanish_in_a_model_and_it_is_left_as_it_was() -> None:
    model, x = Reader().eval(), torch.randn(4, 80, 3)
    found = named(model, x)["vanishing gradients"]
    assert all(weight.grad is None for weight in model.parameters())
    given = x.clone().requires_grad_()
    model(given).amax(1).sum().backward()
    assert given.grad is not None
    lengths = given.grad.transpose(0, 1).reshape(80, -1).norm(dim=1)
    assert found.numbers["ratio"] == pytest.approx(float(lengths[:8].max() / lengths.max()), rel=1e-3)
    assert found.where["module"] == "layer"


def test_a_readout_that_ignores_the_state() -> None:
    model, x = Reader().eval(), torch.randn(4, 12, 3)
    assert "readout ignores the state" not in named(model, x)
    with torch.no_grad():
        model.output.weight.zero_()
    found = named(model, x)["readout ignores the state"]
    assert (found.sure, found.where["module"]) == ("certain", "layer")
