"""Detectors that run a whole model: what its recurrent modules have to do with what it answers.

They run a copy, several times: as it is, once more, with one sequence changed, with the states set to zero,
and followed by autograd.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode

from rnnviz_core.errors import TraceError
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing import floats
from rnnviz_core.tracing.inside import Recorded, eager, record_model, unwrapped
from rnnviz_core.tracing.trace import Trace

from . import attention, finite, gradients, inputs
from .symptoms import Measured, Symptom
from .traces import of_traces

ROWS = 256  # sequences that are looked at
UNMOVED = 1e-4  # of the largest answer: less than that is no dependence
MIXED, CARRIED = "time and batch mixed up", "state carried over"


def look(
    model: nn.Module, args: tuple[Any, ...], names: Sequence[str] | None
) -> Iterator[Symptom | Measured]:
    """All findings on a model and what it is called with; and on the gates and states of its modules."""
    model = _copied(unwrapped(model, [])[0])
    with eager(model):  # what torch.compile has compiled runs as it was written, many times sooner
        yield from _looked(model, args, names)


def _looked(
    model: nn.Module, args: tuple[Any, ...], names: Sequence[str] | None
) -> Iterator[Symptom | Measured]:
    """The findings, one after the other."""
    soft = _Softmaxes()
    with finite.Watch(model) as heard:
        try:
            with soft:
                recorded = record_model(model, *args)
        except TraceError:
            if heard.module is None:
                raise
            yield from heard.finding()
            return
    yield from heard.finding()
    parts = dict(model.named_modules())
    for name, rows in recorded.rows.items():
        module = parts.get(_plain(name))
        reads = _reads_numbers(args, list(rows))
        weights = None
        if reads and isinstance(module, nn.RNNBase | CellLayers):
            weights = stack_of(module).weights(0)["W_i"].detach().float().numpy()
        yield from of_traces(list(rows)[:ROWS], numbers=reads, names=names, module=name, weights=weights)
        if isinstance(module, nn.RNNBase | CellLayers):
            yield from _layers(module, rows, name)
    if heard.module is not None:  # answers that are not finite can be compared with nothing
        return
    yield from _again(model, args, recorded)
    yield from _mixed(model, args, recorded)
    yield from _unread(model, args, recorded)
    yield from _answer(model, args, recorded)
    yield from _attended(soft.found, args, recorded)


def _copied(model: nn.Module) -> nn.Module:
    """A copy that may be run as often as needed; a model that cannot be copied is run itself."""
    try:
        return copy.deepcopy(model)
    except Exception:  # whatever a stranger's module raises
        return model


def _plain(name: str) -> str:
    return name.partition("#")[0]


def _first(found: Any) -> Tensor | None:
    """The answer: the first tensor of numbers that a model returned."""
    return next((one.detach().float() for one in finite.tensors(found) if one.is_floating_point()), None)


def _reads_numbers(args: tuple[Any, ...], rows: Sequence[Trace]) -> bool:
    """Whether a recurrent module reads the very numbers that the model is given."""
    given = args[0] if args else None
    if not isinstance(given, Tensor) or not given.is_floating_point():
        return False
    read = rows[0]["encoder.0.layer_input"]
    return given.shape[-1] == read.shape[1] and bool(
        np.isin(read[:1].ravel(), given.detach().cpu().float().numpy()).all()
    )


def _layers(module: Any, rows: Sequence[Trace], name: str) -> Iterator[Symptom | Measured]:
    """The Jacobians of every layer, on the longest sequence."""
    stack = stack_of(module)
    longest = max(rows, key=lambda trace: len(trace["encoder.0.hidden"]))
    for layer in range(stack.layers):
        for reverse in (False, True)[: stack.directions]:
            yield from gradients.of_layer(
                longest, stack, "encoder", layer, reverse, vanishing=False, module=name
            )


def _again(model: nn.Module, args: tuple[Any, ...], recorded: Recorded) -> Iterator[Symptom | Measured]:
    """Whether a second call goes on from the states of the first."""
    again = record_model(model, *args)
    for name, rows in recorded.rows.items():
        if name not in again.rows:
            continue
        before, after = rows[0], again.rows[name][0]
        first = after["encoder.0.initial_hidden"]
        carried = bool(np.any(first)) and np.array_equal(first, before["encoder.0.hidden"][-1])
        yield Measured(CARRIED, "a second call begins in the states that it is given", float(carried), name)
        if carried:
            one, other = _first(recorded.output), _first(again.output)
            moved = float((one - other).abs().max()) if one is not None and other is not None else 0.0
            yield Symptom(
                CARRIED,
                f"Called twice with the same input, {name} begins the second time in the state in which "
                "it ended the "
                f"first time; the answer moves by up to {moved:.3g}.",
                "The model keeps a state between calls. That is right for one long sequence that is fed "
                "in pieces. "
                "Unrelated sequences, and batches that are shuffled, are then read in the light of others.",
                "If they are unrelated: begin each call with zeros, or reset the kept state between "
                "sequences (and "
                "detach it between batches).",
                "likely",
                1.0,
                {"moved": moved},
                {"module": name, "site": "encoder.0"},
            )


def _mixed(model: nn.Module, args: tuple[Any, ...], recorded: Recorded) -> Iterator[Symptom | Measured]:
    """Whether the answers for one sequence change when only another one does."""
    x, answer = args[0] if args else None, _first(recorded.output)
    if not isinstance(x, Tensor) or x.dim() < 2 or answer is None or answer.dim() < 1 or len(x) < 2:
        yield Measured(MIXED, "looked at where a model answers for each sequence of a batch")
        return
    steps, rows = x.shape[1], x.shape[0]
    batches = {len(traces) for traces in recorded.rows.values()}
    if answer.shape[0] != rows or rows == steps or steps in answer.shape[1:] or model.training:
        yield Measured(
            MIXED, "looked at where a model in evaluation mode has one answer for each sequence of a batch"
        )
        return
    if any(floats.why(part).startswith("it is quantized") for part in model.modules()):
        yield Measured(MIXED, "not looked at: quantized layers take their scale from the whole batch")
        return
    changed = x.clone()
    changed[0] = x[0].flip(0) if not torch.equal(x[0], x[0].flip(0)) else x[1]
    with torch.no_grad():
        other = _first(model(changed, *args[1:]))
    if (
        other is None
        or other.shape != answer.shape
        or (rows in batches and torch.equal(answer[1:], other[1:]))
    ):
        yield Measured(MIXED, "one sequence changed, the answers for the others stay the same", 0.0)
        return
    moved, largest = float((answer[1:] - other[1:]).abs().max()), float(answer.abs().max())
    share = moved / max(largest, 1e-30)
    yield Measured(
        MIXED,
        f"one sequence changed, the answers for the others move by {moved:.2g}; from {UNMOVED:g} of the "
        "largest on",
        _log_share(share),
    )
    if share < UNMOVED:
        return
    confused = steps in batches and rows not in batches
    yield Symptom(
        MIXED,
        f"With only the first of {rows} sequences changed, the answers for the others move by up to "
        f"{moved:.3g}."
        + (f" The recurrent module reads {steps} sequences of {rows} steps." if confused else ""),
        "Sequences of a batch have nothing to do with each other; here one reaches into the next."
        + (" The module takes the batch for the time." if confused else ""),
        "Make the module with batch_first=True, or transpose what it reads."
        if confused
        else "Look for what mixes rows: a view or reshape in the wrong order, normalisation over the batch.",
        "certain" if confused else "likely",
        1.0,
        {"moved": moved, "rows": rows},
        {},
    )


def _log_share(share: float) -> float:
    """1 at the limit, on a logarithmic scale that begins where float32 rounds."""
    low = math.log(1e-8)
    return max(0.0, (math.log(max(share, 1e-8)) - low) / (math.log(UNMOVED) - low))


def _unread(model: nn.Module, args: tuple[Any, ...], recorded: Recorded) -> Iterator[Symptom | Measured]:
    """What is left of the answer's changes when a module's states are all zero."""
    answer = _first(recorded.output)
    if answer is None or not answer.numel() or model.training:
        yield Measured(gradients.IGNORED, "looked at where a model in evaluation mode returns numbers")
        return
    for name in dict.fromkeys(map(_plain, recorded.rows)):
        parts = dict(model.named_modules())
        part = parts.get(name) or (model if len(recorded.rows) == 1 and not name.count(".") else None)
        if part is None or part is model or isinstance(part, torch.jit.ScriptModule):
            continue
        with torch.no_grad(), ExitStack() as hooks:
            hooks.callback(part.register_forward_hook(lambda *passed: _zeros(passed[2])).remove)
            try:
                other = _first(model(*args))
            except Exception as error:  # the model is a stranger's
                yield Measured(
                    gradients.IGNORED, f"not looked at: {type(error).__name__} without its states", place=name
                )
                continue
        if other is None or other.shape != answer.shape:
            continue
        moved, largest = float((answer - other).abs().max()), float(answer.abs().max())
        share = moved / max(largest, 1e-30)
        yield Measured(
            gradients.IGNORED,
            f"with the states of {name} set to 0 the answer moves by {share:.2g} of its largest number; "
            f"below {UNMOVED:g}",
            min(1.0, UNMOVED / max(share, 1e-30)),
            name,
        )
        if share < UNMOVED:
            claim = (
                f"With all states of {name} set to 0 the answer moves by {moved:.2g}; "
                f"its largest number is {largest:.3g}."
            )
            sure = "certain" if moved == 0 else "likely"
            yield gradients.ignored(claim, {"module": name}, module=name, sure=sure)


def _zeros(found: Any) -> Any:
    if isinstance(found, Tensor):
        return torch.zeros_like(found)
    if isinstance(found, PackedSequence):
        return found._replace(data=torch.zeros_like(found.data))
    return tuple(_zeros(one) for one in found)


def _answer(model: nn.Module, args: tuple[Any, ...], recorded: Recorded) -> Iterator[Symptom | Measured]:
    """The gradient of each sequence's largest answer, by what the recurrent modules read."""
    answer = _first(recorded.output)
    parts = dict(model.named_modules())
    names = [name for name in recorded.rows if isinstance(parts.get(name), nn.RNNBase)]
    if answer is None or answer.dim() not in (1, 2) or not names:
        yield Measured(
            gradients.VANISHING, "looked at where a model has one answer, or a row of them, for each sequence"
        )
        return
    read: dict[str, Tensor] = {}
    try:
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), ExitStack() as hooks:
            for name in names:
                hooks.callback(parts[name].register_forward_pre_hook(_leaf(name, read)).remove)
            found = next(one for one in finite.tensors(model(*args)) if one.is_floating_point())
            best = found.reshape(len(found), -1).amax(1).sum()
            given = torch.autograd.grad(best, [read[name] for name in read], allow_unused=True)
    except Exception as error:  # the model is a stranger's: in-place changes, no gradients, quantized
        yield Measured(gradients.VANISHING, f"it cannot be differentiated: {type(error).__name__}")
        return
    for name, gradient in zip(read, given, strict=True):
        if gradient is None or not bool(gradient.isfinite().all()):
            yield Measured(gradients.VANISHING, "the answer has no gradient there", place=name)
            continue
        rows = recorded.rows[name]
        time_first = (
            gradient
            if gradient.dim() == 2
            else gradient.transpose(0, 1)
            if parts[name].batch_first
            else gradient
        )
        lengths = time_first.float().reshape(len(time_first), -1).norm(dim=1).cpu().numpy().astype(np.float64)
        if any(len(trace["encoder.0.hidden"]) != len(lengths) for trace in rows):
            continue
        yield from gradients.of_lengths(
            lengths,
            f"the gradient of the answers, by what {name} reads at each step",
            {"module": name, "site": "encoder.0"},
        )


def _attended(
    found: Sequence[tuple[Tensor, int]], args: tuple[Any, ...], recorded: Recorded
) -> Iterator[Symptom | Measured]:
    """Softmaxes over as many numbers as there are steps, and no part of the answer."""
    answer = _first(recorded.output)
    rows = max(recorded.rows.values(), key=len)
    steps = max(len(trace["encoder.0.hidden"]) for trace in rows)
    weights = [
        (one.numpy(), axis)
        for one, axis in found
        if answer is None or one.shape != answer.shape or not torch.equal(one, answer.cpu())
    ]
    yield from attention.captured(weights, steps, _lengths(args, len(rows), steps))


def _lengths(args: tuple[Any, ...], rows: int, steps: int) -> list[int] | None:
    """The steps of each sequence before it repeats one value to its end, where many do."""
    x = args[0] if args else None
    if not isinstance(x, Tensor) or x.dim() < 2 or tuple(x.shape[:2]) != (rows, steps):
        return None
    plain = x.detach().cpu()
    flat = (plain.float() if plain.is_floating_point() else plain).reshape(rows, steps, -1).numpy()
    found = []
    for row in flat:
        same = np.all(row[::-1] == row[-1], axis=1)
        count = int(same.argmin()) if not same.all() else 0
        found.append(steps - count if count >= inputs.PADDED else steps)
    return found if len(set(found)) > 1 else None


def _leaf(name: str, read: dict[str, Tensor]) -> Any:
    """A hook that lets autograd follow what a module reads; the first call counts, and no packed one."""

    def hook(_: nn.Module, args: tuple[Any, ...]) -> Any:
        if not args or not isinstance(args[0], Tensor) or name in read:
            return None
        x = args[0] if args[0].requires_grad else args[0].detach().requires_grad_()
        read[name] = x
        return (x, *args[1:])

    return hook


class _Softmaxes(TorchFunctionMode):
    """Listens to every softmax that is called, also those that are no module.

    A mode of torch's dispatcher would hear more, but to enter one imports torch's compiler: four seconds.
    """

    LIMIT = 64  # that are kept

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Tensor, int]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        found = func(*args, **kwargs)
        weights, name = found, getattr(func, "__name__", "")
        axis = kwargs.get("dim", args[1] if len(args) > 1 else -1)
        if name == "multi_head_attention_forward":
            weights, axis = found[1], -1
        elif name != "softmax" or not isinstance(axis, int):
            return found
        if isinstance(weights, Tensor) and len(self.found) < self.LIMIT:
            self.found.append((weights.detach().cpu().float().clone(), axis))
        return found
