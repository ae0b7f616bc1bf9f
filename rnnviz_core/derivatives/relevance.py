"""Layer-wise relevance propagation: what an answer is made of, handed back from layer to layer.

A linear layer hands its relevance to what it summed up, each in proportion to what it put in; a gate gets
none, all of it goes to the signal that the gate scaled (Arras et al., 2017, arXiv 1706.07206). This is the
gradient times the input of a network whose gates and attention weights are held fixed, and in which tanh(z)
is z times a fixed tanh(z) / z (Ancona et al., 2018, arXiv 1711.06104). In that form nothing is divided by a
sum near zero, so the rule's stabiliser epsilon is 0, and the sums are exact.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz_core.cells.compile import tensor_program
from rnnviz_core.contracts.quantity import Quantity
from rnnviz_core.contracts.task import task_of
from rnnviz_core.errors import TraceError
from rnnviz_core.languages import _
from rnnviz_core.models.attention import Attended, AttentionPooling
from rnnviz_core.models.network import Network
from rnnviz_core.tracing.trace import Trace

from .loop import Loop, Watched, followed, module_of


def _secant(function: Any) -> Any:
    """z times a fixed f(z) / z; the slope at zero where z is zero."""

    def run(z: Tensor) -> Tensor:
        fixed = z.detach()
        ratio = torch.where(fixed == 0, torch.ones_like(fixed), function(fixed) / fixed)
        return z * ratio

    return run


# A function that opens a gate hands nothing on; one that makes a signal hands on all.
FUNCTIONS = {
    "sigmoid": lambda z: torch.sigmoid(z.detach()),
    "tanh": _secant(torch.tanh),
    "relu": _secant(torch.relu),
}


class _Signals(Loop):
    """A step loop whose gates are held fixed, and whose biases are followed."""

    def __init__(self, module: Any, part: str, watched: Watched) -> None:
        super().__init__(module, part, watched)
        self.step = tensor_program(self.cell, self.cell.followed, FUNCTIONS)

    def weights(self, layer: int, reverse: bool) -> dict[str, Tensor]:
        """As the loop has them; relevance that ends in a bias is counted."""
        found = super().weights(layer, reverse)
        for name in ("b_i", "b_h"):
            if name in found:
                found[name].requires_grad_()
        return found

    def biases(self) -> list[Tensor]:
        """Those of all layers that were read."""
        every = self._weights.values()
        return [one[name] for one in every for name in ("b_i", "b_h") if name in one]


class _FixedWeights(nn.Module):
    """Attention pooling whose weights are held fixed, as a gate is."""

    def __init__(self, attention: AttentionPooling) -> None:
        super().__init__()
        self._attention = attention

    def forward(self, keys: Tensor, mask: Tensor) -> Attended:
        """The context is followed, scores and weights are not."""
        scores, weights, _ = self._attention(keys.detach(), mask)
        return Attended(scores, weights, (weights.unsqueeze(1) @ keys).squeeze(1))


def relevance(model: Network, trace: Trace, quantity: Quantity) -> tuple[np.ndarray, float, float]:
    """The relevance of every number that was read, what stays with the biases, and what both should sum to.

    Parameters
    ----------
    model, trace
        A network that gives classes, and what it read.
    quantity
        What is explained. The rule hands back logits, so each begins with its own value times the derivative
        of the quantity by it: for ``logit:...`` that is the logit itself.

    Returns
    -------
    tuple
        (time, dim), by embeddings; the biases' part; the sum over the logits that was handed back.
    """
    task, watched = task_of(model), Watched()
    if task.rerun is None:
        raise TraceError(
            _(
                "{network} cannot be run again, so no relevance can be passed back through it",
                network=model.name,
            )
        )
    with torch.inference_mode(False), torch.enable_grad():
        network = followed(model, watched)
        parts = {id(module_of(stack)): part for part, stack in model.stacks().items()}
        loops: list[_Signals] = []
        for name, module in model._modules.items():  # type: ignore[attr-defined]
            if id(module) in parts:
                loops.append(_Signals(module, parts[id(module)], watched))
                network._modules[name] = loops[-1]
            elif isinstance(module, AttentionPooling):
                network._modules[name] = _FixedWeights(network._modules[name])
        logits = task.rerun(network, trace, watched)
        slopes = torch.autograd.functional.jacobian(quantity.take, logits.detach())
        begin = (slopes * logits).sum()
        bias = torch.tensor(model.output_layer().bias).double()
        followed_biases = [one for loop in loops for one in loop.biases()]
        read = watched.sites["encoder.embedding"]
        gave = torch.autograd.grad(begin, [*read, *followed_biases], allow_unused=True)
        held = float((slopes * bias).sum()) + sum(
            float((one * gradient).sum().detach())
            for one, gradient in zip(followed_biases, gave[len(read) :], strict=True)
            if gradient is not None
        )
        (embedded,), (gradient, *_others) = read, gave
    found: np.ndarray = (embedded * gradient).detach()[0].numpy()
    return found, held, float(begin.detach())
