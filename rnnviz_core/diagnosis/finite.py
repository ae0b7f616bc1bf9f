"""Where a value stops being finite: weights, a layer's first step and site, a model's first module."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnviz_core.cells import equations as cells
from rnnviz_core.models.stacks import Stack, stack_of

from .evidence import row
from .symptoms import Measured, Symptom

NAME = "a value stops being finite"


def clean(what: str) -> Measured:
    """What is said where every value is finite."""
    return Measured(NAME, f"all {what} are finite", 0.0)


def bad_weights(stack: Stack) -> Symptom | None:
    """Weights of recurrent layers that are NaN or infinite."""
    for layer in range(stack.layers):
        for reverse in (False, True)[: stack.directions]:
            for name, weight in stack.weights(layer, reverse).items():
                if not bool(weight.isfinite().all()):
                    site = f"encoder.{layer}" + ".reverse" * reverse
                    return Symptom(
                        "weights that are not finite",
                        f"{int((~weight.isfinite()).sum())} numbers of {name} of {site} are NaN or infinite.",
                        "Training has diverged: a gradient was too large, or a loss was NaN, and the "
                        "update wrote it "
                        "into the weights.",
                        "Go back to the last sound checkpoint; clip the gradient, lower the learning "
                        "rate, look at the "
                        "loss before it broke.",
                        "certain",
                        1.0,
                        {"weight": name},
                        {"site": site},
                    )
    return None


@torch.inference_mode()
def first_value(module: Any, x: Tensor) -> Symptom | None:
    """The first layer, step and site at which a value stops being finite, layer after layer.

    Parameters
    ----------
    module
        Recurrent layers.
    x
        What they read, (time, batch, dim) as the module takes it, or without the batch.
    """
    stack = stack_of(module)
    if found := bad_weights(stack):
        return found
    read = x.unsqueeze(1) if x.dim() == 2 else x.transpose(0, 1) if module.batch_first else x
    for layer in range(stack.layers):
        outputs = []
        for reverse in (False, True)[: stack.directions]:
            weights = {name: weight.detach() for name, weight in stack.weights(layer, reverse).items()}
            steps = read.flip(0) if reverse else read
            found, states = _one_layer(
                stack, weights, steps, f"encoder.{layer}" + ".reverse" * reverse, reverse
            )
            if found:
                return found
            outputs.append(states.flip(0) if reverse else states)
        read = torch.cat(outputs, -1)
    return None


def _one_layer(
    stack: Stack, weights: Mapping[str, Tensor], steps: Tensor, site: str, reverse: bool
) -> tuple[Symptom | None, Tensor]:
    """The first value of a layer that is not finite; its hidden states, (time, batch, unit)."""
    cell = stack.definition()
    hidden = len(weights["W_hr"]) if "W_hr" in weights else weights["W_i"].shape[0] // len(cell.gates)
    sizes = {"hidden": hidden, "cell": weights["W_i"].shape[0] // len(cell.gates)}
    found = {name: steps.new_zeros(steps.shape[1], sizes[name]) for name in cell.states}
    largest: list[float] = []
    kept = []
    for number, step in enumerate(steps):
        values = cells.step(cell, dict(weights), step, found)
        for name, value in values.items():
            if not bool(value.isfinite().all()):
                at = len(steps) - 1 - number if reverse else number
                return _stopped(f"{site}.{name}", at, len(steps), largest), steps
        found = {name: values[name] for name in found}
        largest.append(max(float(state.abs().max()) for state in found.values()))
        kept.append(found["hidden"])
    return None, torch.stack(kept)


def _stopped(site: str, step: int, steps: int, largest: list[float]) -> Symptom:
    before = largest[-1] if largest else 0.0
    return Symptom(
        NAME,
        f"{site} is the first that is not finite, at step {step} of {steps}; the largest state before it was "
        f"{before:.3g}.",
        "A state has grown beyond what a number can hold; everything after it is NaN or infinite.",
        "Smaller recurrent weights, tanh in place of relu, scaled inputs; clip the gradient while training.",
        "certain",
        1.0,
        {"step": step},
        {"site": site, "steps": [step]},
        row("step", "The largest state before it", "largest |state|", largest, log=True) if largest else None,
    )


class Watch:
    """Which module of a running model is the first to return a value that is not finite.

    A context: while it lasts, hooks listen to every module.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.name, self.module, self.read, self.count = "", None, None, 0  # type: str, Any, Any, int
        self.ran = 0

    def __enter__(self) -> "Watch":
        self._hooks = [
            part.register_forward_hook(self._listener(name))
            for name, part in self._model.named_modules()
            if not isinstance(part, torch.jit.ScriptModule)  # nobody hears these
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _listener(self, name: str) -> Any:
        def listen(module: nn.Module, args: Any, found: Any) -> None:
            self.ran += 1
            if self.module is not None:
                return
            bad = sum(int((~one.isfinite()).sum()) for one in tensors(found) if one.is_floating_point())
            if bad:
                self.name, self.module, self.count = name or type(module).__name__, module, bad
                self.read = args[0] if args else None

        return listen

    def finding(self) -> Iterator[Symptom | Measured]:
        """What was heard; inside recurrent layers the step and the site, too."""
        if self.module is None:
            yield clean(f"values that {self.ran} modules return")
            return
        yield Measured(NAME, f"{self.name} returns {self.count} values that are NaN or infinite", 1.0)
        if isinstance(self.module, nn.RNNBase) and isinstance(self.read, Tensor):
            inside = first_value(self.module, self.read)
            if inside:
                yield Symptom(
                    inside.name,
                    f"In {self.name}: {inside.claim}",
                    inside.meaning,
                    inside.advice,
                    inside.sure,
                    inside.weight,
                    inside.numbers,
                    {**inside.where, "module": self.name},
                    inside.evidence,
                )
                return
        weights = [name for name, weight in self.module.named_parameters() if not weight.isfinite().all()]
        yield Symptom(
            NAME,
            f"{self.name} ({type(self.module).__name__}) is the first module that returns values that "
            "are NaN or "
            f"infinite: {self.count}" + (f"; so are numbers of its {weights[0]}." if weights else "."),
            "Everything that is computed from them is NaN or infinite, and so is the gradient.",
            "Look at the weights: training may have diverged."
            if weights
            else "Look at what it reads: a division by zero, a logarithm of 0, a softmax over masked places.",
            "certain",
            1.0,
            {"values": self.count},
            {"module": self.name},
        )


def tensors(found: Any) -> Iterator[Tensor]:
    """All tensors in what a module returned: alone, packed, or in tuples, lists and dicts."""
    if isinstance(found, Tensor):
        yield found
    elif isinstance(found, PackedSequence):
        yield found.data
    elif isinstance(found, Mapping):
        for one in found.values():
            yield from tensors(one)
    elif isinstance(found, tuple | list):
        for one in found:
            yield from tensors(one)


def finite(array: np.ndarray) -> bool:
    """Whether every number of an array is finite."""
    return bool(np.isfinite(array).all())
