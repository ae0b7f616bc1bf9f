"""Every recurrent module inside any model, recorded while the model runs once as it is given."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnviz_core import limits
from rnnviz_core.errors import TraceError, unknown_choice
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of

from . import arguments, floats
from .layers import distance
from .module import Called, copied
from .scripted import Ear
from .trace import Trace
from .undisturbed import plain_numbers

_WRAPPERS = ("_orig_mod", "module")  # where torch.compile and DataParallel keep the module that they wrap


@dataclass(frozen=True)
class Recorded(Mapping[str, Trace]):
    """The traces of a model's recurrent modules by name, for the first row of the batch; `rows` has all rows.

    A module that was called several times, each time from the state of the previous call, has one trace over
    all these calls. Where a call starts from another state, a new trace begins, called ``name#2`` and so on.

    Attributes
    ----------
    output
        What the model returned.
    rows
        Name -> a trace for each row of the batch.
    notes
        What should be known about them: copies in float32, wrappers, modules that were not called.
    modules
        Of an imported network: name -> the modules of that trace's layers, from the lowest up.
    """

    output: Any
    rows: Mapping[str, Sequence[Trace]]
    notes: tuple[str, ...] = ()
    modules: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Trace:
        if name not in self.rows:
            raise KeyError(unknown_choice("module", name, self.rows))
        return self.rows[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def max_difference(self) -> float:
        """The largest difference of all traces."""
        return max((trace.max_difference for rows in self.rows.values() for trace in rows), default=0.0)


def record_model(
    model: nn.Module, *args: Any, modules: Sequence[str] | str | None = None, **kwargs: Any
) -> Recorded:
    """Run a model once and record the recurrent modules inside it, every row of the batch.

    It finds ``nn.RNN``, ``nn.GRU``, ``nn.LSTM``, the cells ``nn.RNNCell``, ``nn.GRUCell``, ``nn.LSTMCell``
    that a loop calls step by step, and `CellLayers`, at any depth; in what torch.jit has compiled, layers
    but not cells. Modules in half precision, dynamically quantized or on another device are recorded as a
    float32 copy on the CPU that gets the same input; `Recorded.notes` and the trace say so, and how far
    apart the outputs are.

    Parameters
    ----------
    model
        Any torch module. It runs without gradients; nothing but its own forward changes it.
    args, kwargs
        What the model is called with.
    modules
        Names of the modules to record, as ``model.named_modules()`` gives them (with or without the
        ``module.`` of DataParallel and the ``_orig_mod.`` of torch.compile); all of them when omitted.

    Returns
    -------
    Recorded
        Traces by name, each verified as in `record_module`.

    Raises
    ------
    TraceError
        When the model has no recurrent module, none of them ran, or a recording fails its verification.

    Examples
    --------
    >>> recorded = record_model(model, tokens)
    >>> recorded["encoder.lstm"]["encoder.0.forget"].shape
    """
    given: object = model
    if not isinstance(given, nn.Module):
        name = getattr(given, "__name__", "a class") if isinstance(given, type) else type(given).__name__
        raise TraceError(f"record_model runs a torch.nn.Module; {name} is none")
    notes: list[str] = []
    inner, prefix = unwrapped(model, notes)
    found = {prefix + name: part for name, part in inner.named_modules() if _recurrent(part)}
    found = {name.rstrip(".") or type(part).__name__: part for name, part in found.items()}
    if not found and _compiled(inner):
        chosen, calls, output = _overheard(inner, args, kwargs, modules, notes)
    else:
        chosen = _chosen(inner, found, modules)
        calls = {name: [] for name in chosen}
        with plain_numbers(), torch.no_grad(), eager(inner), contextlib.ExitStack() as hooks:
            for name, part in chosen.items():
                hooks.callback(part.register_forward_hook(_Listener(calls[name]), with_kwargs=True).remove)
            output = inner(*args, **kwargs)
    rows: dict[str, Sequence[Trace]] = {}
    for name, part in chosen.items():
        if not calls[name]:
            if modules is not None or len(chosen) == 1:
                raise TraceError(f"{name} was not called while the model ran{_unheard(inner)}")
            notes.append(f"{name} was not called.")
            continue
        for number, run in enumerate(_runs(part, calls.pop(name))):
            key = name if number == 0 else f"{name}#{number + 1}"
            try:
                rows[key] = run.traces(key, notes)
            except TraceError as error:
                raise TraceError(f"{key}: {error}") from None
    if not rows:
        raise TraceError(f"none of {', '.join(chosen)} was called while the model ran{_unheard(inner)}")
    return Recorded(output, rows, tuple(dict.fromkeys(notes)))


def _recurrent(part: nn.Module) -> bool:
    return isinstance(part, CellLayers) or bool(floats.kind_of(part) or floats.cell_of(part))


def unwrapped(model: Any, notes: list[str]) -> tuple[nn.Module, str]:
    """The module that a wrapper keeps, and the beginning that its names have for that."""
    prefix = ""
    while True:
        if "_orig_mod" in model._modules:
            name, why = "_orig_mod", "compiled by torch.compile"
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            name, why = "module", f"wrapped by {type(model).__name__}"
        else:
            return model, prefix
        prefix, model = f"{prefix}{name}.", getattr(model, name)
        notes.append(f"The model is {why}; what ran is the module inside, its {prefix.rstrip('.')}.")


def _chosen(
    model: nn.Module, found: dict[str, nn.Module], modules: Sequence[str] | str | None
) -> dict[str, nn.Module]:
    """The modules to listen to, by name."""
    if not found:
        held = [type(part).__name__ for part in model.modules()][1:6]
        inside = f"; it holds {', '.join(held)}" if held else ""
        raise TraceError(
            f"{type(model).__name__} holds no nn.RNN, nn.GRU, nn.LSTM nor a cell of these"
            f"{inside}{_unheard(model)}"
        )
    if modules is None:
        return found
    short = {_short(name): name for name in found}
    chosen = {}
    for name in (modules,) if isinstance(modules, str) else modules:
        full = name if name in found else short.get(_short(str(name)))
        if full is None:
            raise TraceError(unknown_choice("module", name, found))
        chosen[full] = found[full]
    return chosen


def _short(name: str) -> str:
    return ".".join(word for word in name.split(".") if word not in _WRAPPERS) or name


def _unheard(model: nn.Module) -> str:
    """What may have kept a module from being heard."""
    if _compiled(model):
        return (
            "; what torch.jit has compiled calls its parts outside of Python, where nobody hears them: "
            "pass the module that it was made from"
        )
    return ""


def _compiled(model: nn.Module) -> bool:
    """Whether torch.jit has compiled it, or some of it."""
    return any(isinstance(part, torch.jit.ScriptModule) for part in model.modules())


def _overheard(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    modules: Sequence[str] | str | None,
    notes: list[str],
) -> tuple[dict[str, nn.Module], dict[str, list["_Call"]], Any]:
    """The layers of a model that torch.jit has compiled, with the weights that they were given."""
    with plain_numbers(), torch.inference_mode(), Ear(model) as ear:
        output = model(*args, **kwargs)
    parts: dict[str, nn.Module] = {name: heard.module for name, heard in ear.found.items()}
    chosen = _chosen(model, parts, modules)
    notes.append("The model is compiled by torch.jit; recorded are layers with the weights that it used.")
    return chosen, {name: [_Call(*call) for call in ear.found[name].calls] for name in chosen}, output


def eager(model: nn.Module) -> Any:
    """While it lasts, modules that torch.compile has compiled run as they were written."""
    compiled = any(
        "_orig_mod" in part._modules or getattr(part, "_compiled_call_impl", None) is not None
        for part in model.modules()
    )
    return torch.compiler.set_stance("force_eager") if compiled else contextlib.nullcontext()


# --- what was called ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Call:
    """What a module read and returned, in memory that nobody else can change."""

    x: Any
    state: Any
    found: Any


@dataclass(frozen=True, slots=True)
class _Listener:
    """A forward hook that keeps what passes."""

    calls: list[_Call]

    def __call__(self, module: nn.Module, args: Any, kwargs: dict[str, Any], found: Any) -> None:
        given = [*args, *kwargs.values()]
        x = kwargs.get("input", given[0] if given else None)
        state = kwargs.get("hx", args[1] if len(args) > 1 else None)
        if not isinstance(x, Tensor | PackedSequence):
            raise TraceError(f"{type(module).__name__} read a {type(x).__name__}; it must be a tensor")
        self.calls.append(_Call(copied(x), copied(state), copied(found)))


def _runs(module: nn.Module, calls: list[_Call]) -> Iterator["_Run"]:
    """Calls that go on from each other, joined."""
    joined: list[_Call] = []
    for call in calls:
        if joined and not _goes_on(module, joined[-1], call):
            yield _Run(module, joined)
            joined = []
        joined.append(call)
    yield _Run(module, joined)


def _goes_on(module: nn.Module, before: _Call, call: _Call) -> bool:
    """Whether a call starts from the state that the one before ended in."""
    if isinstance(call.x, PackedSequence) or isinstance(before.x, PackedSequence) or call.state is None:
        return False
    if getattr(module, "bidirectional", False) or call.x.dim() != before.x.dim():
        return False
    ended = before.found if floats.cell_of(module) else before.found[1]
    return all(
        one.shape == other.shape and torch.equal(one, other)
        for one, other in zip(_parts(ended), _parts(call.state), strict=True)
    )


def _parts(state: Any) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else tuple(state)


@dataclass(frozen=True, slots=True)
class _Run:
    """Calls of one module, each from the state of the one before."""

    module: nn.Module
    calls: list[_Call] = field(default_factory=list)

    def traces(self, name: str, notes: list[str]) -> list[Trace]:
        """A trace for each row; remarks on them are added to `notes`."""
        module: Any = self.module
        if module.training and getattr(module, "dropout", 0) > 0 and getattr(module, "num_layers", 1) > 1:
            arguments.check_module(module)  # says what to do
        cell, reason = floats.cell_of(module), floats.why(module)
        plain = floats.copy_of(module) if cell or reason else module
        call = self._as_layers(cell) if cell else self._joined()
        said: list[str] = []
        if reason:
            kind = next(plain.parameters()).dtype
            x, state = floats.on_cpu(call.x, kind), floats.on_cpu(call.state, kind)
            with torch.no_grad():
                found = copied(plain(x, state))
            apart = floats.furthest(found[0], floats.on_cpu(call.found[0], kind))
            said.append(
                f"{name}: {reason}. Recorded is a copy in {str(kind).removeprefix('torch.')} on the "
                f"processor; its output differs from the module's own by at most {apart:.2g}."
            )
            call = _Call(x, state, found)
        if len(self.calls) > 1:
            said.append(f"{name}: {len(self.calls)} calls, each from the state of the one before.")
        arguments.check_input(plain, call.x)
        batch = arguments.batch_of(plain, call.x)
        _check_size(plain, call.x)
        notes.extend(said)
        whole = repr(module)
        about = whole if whole.startswith(f"{name}(") else f"{name}: {whole}"
        called = Called(plain, call.x, call.state, call.found, notes=tuple(said), model=about)
        with torch.inference_mode():
            traces = called.traces([None] * (batch or 1))
        if cell == "lstm" and not reason:
            self._check_cells(traces)
        return traces

    def _joined(self) -> _Call:
        """All calls as one, of a module that reads sequences."""
        if len(self.calls) == 1:
            return self.calls[0]
        first, x = self.calls[0], self.calls[0].x
        time = 1 if x.dim() == 3 and getattr(self.module, "batch_first", False) else 0
        return _Call(
            torch.cat([call.x for call in self.calls], time),
            first.state,
            (torch.cat([call.found[0] for call in self.calls], time), self.calls[-1].found[1]),
        )

    def _as_layers(self, cell: str) -> _Call:
        """All calls of a cell as one of the layers that `floats.copy_of` made of it: (time, [batch,] dim)."""
        first, last = self.calls[0], self.calls[-1].found
        hidden = [_parts(call.found)[0] for call in self.calls]
        state = None if first.state is None else tuple(part.unsqueeze(0) for part in _parts(first.state))
        final = tuple(part.unsqueeze(0) for part in _parts(last))
        return _Call(
            torch.stack([call.x for call in self.calls]),
            state if state is None or cell == "lstm" else state[0],
            (torch.stack(hidden), final if cell == "lstm" else final[0]),
        )

    def _check_cells(self, traces: list[Trace]) -> None:
        """Compare the recorded cells of an ``nn.LSTMCell`` with those that it returned, step by step."""
        told = torch.stack([call.found[1] for call in self.calls]).numpy()  # (time, [batch,] unit)
        for row, trace in enumerate(traces):
            own = told if told.ndim == 2 else told[:, row]
            apart, largest = distance(trace["encoder.0.cell"], own), float(abs(own).max(initial=1.0))
            if not apart <= limits.TOLERANCE * max(1.0, largest):
                raise TraceError(f"encoder.0.cell differs by {apart:.3g} from what the cell returned")


def _check_size(module: Any, x: Tensor | PackedSequence) -> None:
    """Refuse what would fill the memory: all numbers of all gates of all rows."""
    steps, stack = x.data.numel() // x.data.shape[-1], stack_of(module)
    numbers = len(stack.definition().names) * module.hidden_size * stack.directions * stack.layers * steps
    if (size := numbers * x.data.element_size()) > limits.RECORDED_BYTES:
        raise TraceError(
            f"its traces would take {size} bytes; the limit is {limits.RECORDED_BYTES}: "
            "pass fewer rows or steps, or name fewer modules"
        )
