"""An imported network: layers one after the other, run on one input and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, TextError
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.languages import _, filled
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing.inside import Recorded
from rnnviz_core.tracing.undisturbed import plain_numbers

from .layers import Layer, Value, compute
from .recurrent import Found, Group, module_of, recorded
from .several import SEVERAL, computed

MERGES = ("concat", "sum", "mul", "ave")
FROM = "from"  # of a layer: what it reads, (name, which output); left out: the output of the one before


@dataclass(frozen=True)
class Imported:
    """A network from a file of another library.

    Attributes
    ----------
    name
        Of the file.
    origin
        What wrote it, in words: ``Keras 2.4.0``.
    layers
        In the order of computing. One of the kind ``unknown`` ends what can be run.
    reads
        ``ids`` or ``numbers``.
    width
        Numbers read per step; 0 for ids.
    notes
        What was assumed, and what could not be opened.
    vocabulary
        The word of each id, where it is known.
    columns
        The name of each number read per step, where they are known.
    """

    name: str
    origin: str
    layers: tuple[Layer, ...]
    reads: str
    width: int
    notes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def unknown(self) -> Layer | None:
        """The first layer that cannot be run."""
        return next((layer for layer in self.layers if layer.kind == "unknown"), None)

    @property
    def branches(self) -> bool:
        """Whether a layer reads another than the one before it, or several."""
        return any(FROM in layer.options for layer in self.layers)

    @property
    def recurrent(self) -> tuple[Layer, ...]:
        """The recurrent layers that can be run."""
        found, lost = [], set[str]()
        for number, layer in enumerate(self.layers):
            before = [one.name for one in self.before(number)]
            if layer.kind == "unknown" or any(name in lost for name in before):
                lost.add(layer.name)
            elif layer.kind == "recurrent":
                found.append(layer)
        return tuple(found)

    def before(self, number: int) -> tuple[Layer, ...]:
        """What a layer reads, by its place; nothing for the first one."""
        if FROM not in (options := self.layers[number].options):
            return self.layers[number - 1 : number] if number else ()
        wanted = {str(name) for name, _ in options[FROM]}
        return tuple(layer for layer in self.layers[:number] if layer.name in wanted)

    def parameters(self) -> int:
        """How many numbers it has learnt."""
        return sum(array.size for layer in self.layers for array in layer.weights.values())

    def record(self, x: Any, tokens: Sequence[str] | None = None) -> Recorded:
        """Run the network on one input and record its recurrent layers.

        Parameters
        ----------
        x
            Ids, (time), or numbers, (time, width).
        tokens
            A label for each step; words of the vocabulary, or the numbers themselves, when left out.

        Returns
        -------
        Recorded
            ``output`` is the prediction, a numpy array, or None where the network holds a layer that cannot
            be run. Recurrent layers of one cell that follow each other are the layers of one trace.

        Raises
        ------
        TextError
            When the input does not fit.
        TraceError
            When a recording fails its verification.
        """
        data = self._checked(x)
        steps = self._tokens(data, tokens)
        with plain_numbers(), torch.inference_mode():
            return self._run(data, steps)

    def _run(self, data: Tensor, tokens: tuple[Token, ...]) -> Recorded:
        return _Walk(self, tokens).run(Value(data, None, tuple(range(len(data)))))

    def predict(self, x: Any) -> np.ndarray | None:
        """The prediction alone, see `record`."""
        output: np.ndarray | None = self.record(x).output
        return output

    def _checked(self, x: Any) -> Tensor:
        try:
            array = np.asarray(x)
            data = torch.from_numpy(
                np.ascontiguousarray(array, dtype=np.float64 if array.dtype.kind == "f" else None)
            )
        except (TypeError, ValueError) as error:
            raise TextError(_("the input is no array of numbers: {error}", error=error)) from None
        if data.dim() == 1 and self.reads == "numbers" and self.width == 1:
            data = data.unsqueeze(-1)
        wanted = 1 if self.reads == "ids" else 2
        if data.dim() != wanted:
            shape = _("(steps), an id per step")
            if wanted == 2:
                shape = _("(steps, {width})", width=self.width or _("numbers"))
            raise TextError(
                _(
                    "the input has the shape {shape}; it must be {wanted}",
                    shape=tuple(data.shape),
                    wanted=shape,
                )
            )
        if not 1 <= len(data) <= limits.IMPORT_STEPS:
            raise TextError(
                _(
                    "the input has {count} steps; it must have 1 to {limit}",
                    count=len(data),
                    limit=limits.IMPORT_STEPS,
                )
            )
        if wanted == 2 and self.width and data.shape[1] != self.width:
            raise TextError(
                _(
                    "the input has {count} numbers per step; the network reads {width}",
                    count=data.shape[1],
                    width=self.width,
                )
            )
        if data.is_floating_point() and not data.isfinite().all():
            row = int(torch.nonzero(~data.isfinite().reshape(len(data), -1).all(1))[0])
            raise TextError(_("the input holds a number that is not finite (step {row})", row=row))
        return data if wanted == 1 else data.float()

    def _tokens(self, data: Tensor, given: Sequence[str] | None) -> tuple[Token, ...]:
        if given is not None and len(given) != len(data):
            raise TextError(
                _("there are {count} tokens for {other} steps", count=len(given), other=len(data))
            )
        found = []
        for step, row in enumerate(data):
            single = row.numel() == 1
            number = int(row) if self.reads == "ids" else NO_PIECE
            text = given[step] if given is not None else f"step {step}"
            if given is None and self.reads == "ids":
                text = self.vocabulary[number] if 0 <= number < len(self.vocabulary) else str(number)
            value = float(row.reshape(-1)[0]) if single and self.reads == "numbers" else None
            found.append(Token(str(text), number, 0, 0, value))
        return tuple(found)


class _Walk:
    """One run through the layers."""

    def __init__(self, network: Imported, tokens: tuple[Token, ...]) -> None:
        self.network, self.tokens = network, tokens
        self.groups: dict[str, Group] = {}
        self.notes = list(network.notes)

    def run(self, value: Value) -> Recorded:
        """All layers, as far as they are known."""
        wanted = {tuple(one) for layer in self.network.layers for one in layer.options.get(FROM, ())}
        kept: dict[tuple[str, int], Value] = {}
        above: dict[str, str] = {}  # of a layer's name: the recurrent layer whose states it passes on
        results: tuple[Value, ...] = (value,)
        origin = ""
        stopped: list[Layer] = []
        for layer in self.network.layers:
            sources = [tuple(one) for one in layer.options.get(FROM, ())]
            if sources:
                given = tuple(kept[one] for one in sources if one in kept)
                origin = above.get(sources[0][0], "") if len(sources) == 1 else ""
                if len(given) < len(sources):
                    given = ()
            else:
                given = results[:1]
            if given and layer.kind == "unknown":
                stopped.append(layer)
            results, origin = self._one(layer, given, origin)
            kept |= {one: results[one[1]] for one in wanted if one[0] == layer.name and one[1] < len(results)}
            above[layer.name] = origin
        for layer in stopped:
            named = {"stopped": layer.name, "words": layer.words}
            self.notes.append(
                filled("{stopped} ({words}) is not known, so what needs it was not run", **named)
                if self.network.branches
                else filled(
                    "{stopped} ({words}) is not known, so the network was run as far as the layer before it",
                    **named,
                )
            )
        return self._recorded(results[0] if results else None)

    def _one(self, layer: Layer, given: tuple[Value, ...], origin: str) -> tuple[tuple[Value, ...], str]:
        """What a layer returns, and the recurrent layer that this comes from; nothing where it cannot run."""
        if not given or layer.kind == "unknown":
            return (), ""
        if layer.kind in SEVERAL:
            return computed(layer, given), ""
        if layer.kind != "recurrent":
            return (compute(layer, given[0]),), origin
        values, found = self._recurrent(layer, given[0], given[1:])
        below = self.groups.get(origin)
        if below is not None and below.takes(found):
            below.add(found)
            self.groups[layer.name] = self.groups.pop(origin)
        else:
            self.groups[layer.name] = Group(found)
        return values, layer.name

    def _recorded(self, value: Value | None) -> Recorded:
        output = None if value is None else value.data.numpy().copy()
        rows = {}
        for group in self.groups.values():
            rows[group.name] = [group.trace(self.network, self.tokens, tuple(self.notes), output)]
        modules = {group.name: group.modules for group in self.groups.values()}
        return Recorded(output, rows, tuple(self.notes), modules)

    def _recurrent(
        self, layer: Layer, value: Value, states: Sequence[Value]
    ) -> tuple[tuple[Value, ...], "Found"]:
        """Run a recurrent layer: what it passes on, its states at the end, and its recording."""
        options = layer.options
        if value.data.dim() != 2:
            raise CheckpointError(
                _(
                    "{layer} reads (steps, numbers) and got {shape}",
                    layer=layer.name,
                    shape=tuple(value.data.shape),
                )
            )
        module = module_of(layer)
        if value.data.shape[1] != module.input_size:
            raise CheckpointError(
                _(
                    "{layer} reads {width} numbers and got {count}",
                    layer=layer.name,
                    width=module.input_size,
                    count=value.data.shape[1],
                )
            )
        x, time = value.data, value.time
        if options.get("backwards"):
            x, time = x.flip(0), time[::-1]
        mask = None if value.mask is None else value.mask.flip(0) if options.get("backwards") else value.mask
        counted = torch.ones(len(x), dtype=torch.bool) if mask is None else mask
        if not counted.all():
            skipped = int((~counted).sum())
            self.notes.append(
                filled(
                    "{layer} skips {skipped} of {count} steps, which the mask leaves out",
                    layer=layer.name,
                    skipped=skipped,
                    count=len(x),
                )
            )
        read = x[counted].contiguous()
        if not len(read):
            raise TextError(_("every step is masked: there is nothing to read"))
        starts = _starts(layer, module, states)
        given = None if starts is None else tuple(torch.from_numpy(one) for one in starts.values())
        outputs, ends = module(read, given)
        widths = module.widths["hidden"] * module.directions
        places = torch.nonzero(counted)[:, 0].tolist()
        steps = tuple(time[place] for place in places) if time else ()
        found = recorded(layer.name, module, read, outputs, starts, steps)
        passed = self._passed_on(layer, value, outputs, counted, widths)
        ends = ends if isinstance(ends, tuple) else (ends,)
        after = tuple(Value(one[0]) for one in ends) if module.directions == 1 else ()
        return (passed, *after), found

    def _passed_on(self, layer: Layer, value: Value, states: Tensor, counted: Tensor, width: int) -> Value:
        """States of the steps that count, as the layer hands them on."""
        options, both = layer.options, layer.options["directions"] == 2
        half = width // 2 if both else width
        if not options["sequences"]:
            ends = (states[-1, :half], states[0, half:]) if both else (states[-1],)
            return Value(_merged(options, ends))
        whole = states.new_zeros(len(counted), width)
        whole[counted] = states
        if not counted.all() and not options.get("zero_output"):
            _carry(whole[:, :half], counted, range(len(whole)))
            if both:
                _carry(whole[:, half:], counted, range(len(whole) - 1, -1, -1))
        parts = (whole[:, :half], whole[:, half:]) if both else (whole,)
        data = _merged(options, parts)
        if options.get("backwards"):  # as Keras returns it: the last step first, but the mask as it was
            return Value(data, value.mask, value.time[::-1])
        return Value(data, value.mask, value.time)


def _starts(layer: Layer, module: CellLayers, states: Sequence[Value]) -> dict[str, np.ndarray] | None:
    """The states that other layers give a recurrent one to begin with; None: zeros."""
    if not states:
        return None
    names, shapes = module.cell.states, [tuple(state.data.shape) for state in states]
    if len(names) != len(states) or module.directions != 1 or set(shapes) != {(module.hidden_size,)}:
        raise CheckpointError(
            _(
                "{layer} begins with states of the shapes {shapes}; it has {count} of {units} units",
                layer=layer.name,
                shapes=", ".join(map(str, shapes)),
                count=len(names),
                units=module.hidden_size,
            )
        )
    return {name: state.data.numpy()[None].copy() for name, state in zip(names, states, strict=True)}


def _carry(states: Tensor, counted: Tensor, order: Sequence[int]) -> None:
    """Where a step does not count, the output of the step before it is handed on."""
    before = torch.zeros(states.shape[1])
    for step in order:
        if counted[step]:
            before = states[step].clone()
        else:
            states[step] = before


def _merged(options: Any, sides: tuple[Tensor, ...]) -> Tensor:
    if len(sides) == 1:
        return sides[0]
    match options["merge"]:
        case "sum":
            return sides[0] + sides[1]
        case "mul":
            return sides[0] * sides[1]
        case "ave":
            return (sides[0] + sides[1]) / 2
        case _:
            return torch.cat(sides, -1)


def with_words(network: Imported, vocabulary: Sequence[str], columns: Sequence[str] = ()) -> Imported:
    """The same network with the words of its ids, and the names of its inputs."""
    return replace(network, vocabulary=tuple(vocabulary), columns=tuple(columns))
