"""Files of ONNX: the graph as plain values, and a run of it on one sequence that records its recurrent nodes.

The package onnx parses the file; operators are those of `onnx_ops`, recurrent ones those of `onnx_cells`.
A node that is not known ends its branch; what does not depend on it is computed all the same.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, RnnvizError, TextError
from rnnviz_core.inputs.memory import File
from rnnviz_core.inputs.steps import Token
from rnnviz_core.languages import N_, _, filled
from rnnviz_core.tracing.inside import Recorded

from . import apart, onnx_cells
from .layers import Layer
from .network import Imported
from .onnx_graph import DOMAINS, Body, Node, body_of, versioned
from .onnx_ops import OPERATORS
from .recurrent import Found, Group, module_of, recorded

MISSING = N_('files of ONNX need the package onnx: pip install "rnnviz[import]" (or onnx alone)')
EXECUTED = 200_000  # nodes of one run, those of loops counted each time
RECORDED = 64  # recurrent nodes of one run
_FLOATS = (1, 10, 11, 16)  # onnx's numbers of float, float16, double, bfloat16
_WHOLE = (6, 7)  # int32, int64


@dataclass(frozen=True)
class Graph(Imported):
    """A network of ONNX."""

    body: Body = field(default_factory=lambda: Body((), {}, (), ()))
    content: bytes = b""  # the file, to be kept with it

    @property
    def unknown(self) -> Layer | None:
        """The first node that cannot be computed."""
        return next((layer for layer in self.layers if layer.kind == "unknown"), None)

    def _run(self, data: Tensor, tokens: tuple[Token, ...]) -> Recorded:
        """Either axis may be the batch: that one is, with which the recurrent nodes read one sequence."""
        failures: list[RnnvizError] = []
        for axis in (0, 1):
            try:
                return _Run(self, data.numpy(), tokens).run(axis)
            except (CheckpointError, TextError) as error:
                failures.append(error)
        raise next((error for error in failures if isinstance(error, CheckpointError)), failures[0])


def open_onnx(path: File) -> Graph:
    """A file of ONNX as a network.

    Raises
    ------
    CheckpointError
        When it is damaged, keeps its weights in other files, or holds no recurrent node.
    """
    content = path.read_bytes()
    if importlib.util.find_spec("onnx") is None:
        raise CheckpointError(_(MISSING))
    apart.check_onnx(content, path.name)
    return parsed(content, path.name)


def parsed(content: bytes, name: str) -> Graph:
    """The same from the bytes of a file that `apart.check_onnx` has counted."""
    import onnx

    try:
        model = onnx.load_model_from_string(content)
        body = body_of(onnx, model.graph, 0)
        version = max((one.version for one in model.opset_import if one.domain in DOMAINS), default=1)
        body = versioned(body, version)
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None
    except Exception as error:  # any damage: the file is untrusted bytes
        raise CheckpointError(
            _(
                "{name} is damaged, or not of ONNX: {error}",
                name=name,
                error=str(error)[:120] or type(error).__name__,
            )
        ) from None
    nodes = list(body.walk())
    recurrent = [node for node in nodes if node.kind in onnx_cells.BLOCKS]
    if not recurrent:
        kinds = ", ".join(list(dict.fromkeys(node.kind for node in nodes))[:8])
        kinds = kinds or _("no nodes")
        raise CheckpointError(
            _("{name} holds no node LSTM, GRU or RNN (it holds {kinds})", name=name, kinds=kinds)
        )
    free = [one for one in body.inputs if one[0] not in body.constants]
    if not free:
        raise CheckpointError(_("{name} has no input", name=name))
    kind, shape = free[0][1:]
    reads = "ids" if kind in _WHOLE else "numbers"
    width = shape[-1] if reads == "numbers" and len(shape) == 3 and isinstance(shape[-1], int) else 0
    notes = [filled("{input} is taken as zeros.", input=one[0]) for one in free[1:]]
    producer = model.producer_name[:40] or "unknown origin"
    origin = f"ONNX (opset {version}, {producer})"
    layers = tuple(_described(body, nodes))
    return Graph(name, origin, layers, reads, width, tuple(notes), body=body, content=content)


def _described(body: Body, nodes: Sequence[Node]) -> Iterator[Layer]:
    """The nodes as they are listed; constants belong to the node that reads them."""
    for node in nodes:
        if node.kind in ("Constant", "If", "Loop"):
            continue
        arrays = {name: body.constants[name] for name in node.inputs if name in body.constants}
        if node.kind in onnx_cells.BLOCKS:
            yield Layer(node.name, "node", {}, arrays, node.kind)
        elif node.kind not in OPERATORS:
            yield Layer(node.name, "unknown", {}, {}, node.kind)
        elif arrays:
            yield Layer(node.name, "node", {}, arrays, node.kind)


class _Run:
    """One run of a graph on one sequence."""

    def __init__(self, network: Graph, x: np.ndarray, tokens: tuple[Token, ...]) -> None:
        self.network, self.x, self.tokens = network, x, tokens
        self.found: list[Found] = []
        self.executed = 0
        self.lost: dict[str, str] = {}  # values that cannot be known -> the node at fault

    def run(self, axis: int) -> Recorded:
        """With the batch at `axis`."""
        body = self.network.body
        values: dict[str, Any] = dict(body.constants)
        free = [one for one in body.inputs if one[0] not in body.constants]
        for place, (name, kind, shape) in enumerate(free):
            dtype = (
                np.int64 if kind == 7 else np.int32 if kind == 6 else np.float64 if kind == 11 else np.float32
            )
            if place == 0:
                values[name] = self._first(shape, axis).astype(dtype)
            else:
                values[name] = np.zeros(
                    [size if isinstance(size, int) and size > 0 else 1 for size in shape], dtype
                )
        with np.errstate(all="ignore"):
            self._body(body, values)
        if not self.found:
            said = next(iter(self.lost.values()), "")
            raise CheckpointError(_("no recurrent node could be reached") + (f": {_(said)}" if said else ""))
        return self._recorded(values.get(body.outputs[0]) if body.outputs else None)

    def _first(self, shape: tuple[int | str, ...], axis: int) -> np.ndarray:
        """The input with its batch of one, checked against the sizes that the file fixes."""
        wanted = self.x.ndim + 1
        if len(shape) != wanted:
            raise TextError(
                _(
                    "the network reads an array of {count} axes; a sequence has {wanted} with its batch",
                    count=len(shape),
                    wanted=wanted,
                )
            )
        data = np.expand_dims(self.x, axis)
        for place, (size, own) in enumerate(zip(shape, data.shape, strict=True)):
            if isinstance(size, int) and size > 0 and size != own:
                raise TextError(
                    _(
                        "the network reads arrays of the shape {shape}; axis {place} of the input has {own}",
                        shape=shape,
                        place=place,
                        own=own,
                    )
                )
        return data

    def _body(self, body: Body, values: dict[str, Any]) -> None:
        """All nodes in order."""
        for node in body.nodes:
            self.executed += 1
            if self.executed > EXECUTED:
                raise CheckpointError(
                    _("a run takes more than {most} nodes, which is the limit", most=EXECUTED)
                )
            missing = next((name for name in node.inputs if name and name in self.lost), None)
            if missing is not None:
                self._lose(node, self.lost[missing])
                continue
            if absent := [name for name in node.inputs if name and name not in values]:
                raise CheckpointError(
                    _(
                        "{node} ({kind}) reads {absent!r:.40}, which nothing computes",
                        node=node.name,
                        kind=node.kind,
                        absent=absent[0],
                    )
                )
            inputs = [values[name] if name else None for name in node.inputs]
            try:
                outputs = self._node(node, inputs, values)
            except _UnknownError as error:
                self._lose(node, error.args[0])  # it can still be told in any language
                continue
            except RnnvizError:
                raise
            except (
                ValueError,
                IndexError,
                KeyError,
                TypeError,
                RuntimeError,
                AttributeError,
                ZeroDivisionError,
            ) as error:
                raise CheckpointError(
                    _(
                        "{node} ({kind}) cannot be computed: {error}",
                        node=node.name,
                        kind=node.kind,
                        error=str(error)[:120],
                    )
                ) from None
            named = zip(node.outputs, outputs, strict=False)
            values |= {name: value for name, value in named if name}

    def _lose(self, node: Node, why: str) -> None:
        self.lost |= dict.fromkeys(node.outputs, why)

    def _node(self, node: Node, inputs: list[Any], values: dict[str, Any]) -> Sequence[Any]:
        if node.kind in onnx_cells.BLOCKS:
            return self._recurrent(node, inputs)
        if node.kind == "If":
            chosen = node.attributes[
                "then_branch" if bool(np.asarray(inputs[0]).reshape(-1)[0]) else "else_branch"
            ]
            return self._inner(chosen, dict(values))
        if node.kind == "Loop":
            return self._loop(node, inputs, values)
        if node.kind not in OPERATORS:
            raise _UnknownError(filled("{node} ({kind}) is not known", node=node.name, kind=node.kind))
        found = OPERATORS[node.kind](inputs, node.attributes)
        return found if isinstance(found, tuple) else (found,)

    def _inner(self, body: Body, values: dict[str, Any]) -> list[Any]:
        values |= body.constants
        self._body(body, values)
        for name in body.outputs:
            if name in self.lost:
                raise _UnknownError(self.lost[name])
            if name not in values:
                raise CheckpointError(
                    _("nothing computes {name!r:.40}, the output of a graph in it", name=name)
                )
        return [values[name] for name in body.outputs]

    def _loop(self, node: Node, inputs: list[Any], values: dict[str, Any]) -> list[Any]:
        body: Body = node.attributes["body"]
        rounds = limits.IMPORT_STEPS + 1 if inputs[0] is None else int(np.asarray(inputs[0]).reshape(-1)[0])
        going = inputs[1] is None or bool(np.asarray(inputs[1]).reshape(-1)[0])
        state, scans = list(inputs[2:]), list[list[Any]]()
        scans = [[] for _ in body.outputs[1 + len(state) :]]
        names = [one[0] for one in body.inputs]
        for count in range(min(rounds, limits.IMPORT_STEPS + 1)):
            if not going:
                break
            if count == limits.IMPORT_STEPS:
                raise CheckpointError(
                    _(
                        "{node} takes more than {limit} rounds, which is the limit",
                        node=node.name,
                        limit=limits.IMPORT_STEPS,
                    )
                )
            given = dict(zip(names, [np.array(count), np.array(going), *state], strict=True))
            found = self._inner(body, {**values, **given})
            going, state = bool(np.asarray(found[0]).reshape(-1)[0]), found[1 : 1 + len(state)]
            for kept, value in zip(scans, found[1 + len(state) :], strict=True):
                kept.append(value)
        return [*state, *(np.stack(kept) if kept else np.zeros(0, np.float32) for kept in scans)]

    def _recurrent(self, node: Node, inputs: list[Any]) -> Sequence[Any]:
        """Run and record a recurrent node; its outputs are Y, Y_h and, of an LSTM, Y_c."""
        inputs = [*inputs, *([None] * (8 - len(inputs)))]
        batch_first = bool(node.attributes.get("layout", 0))
        x = np.asarray(inputs[0], np.float32)
        if x.ndim != 3:
            raise CheckpointError(_("{node} reads an array of {axes} axes", node=node.name, axes=x.ndim))
        x = x.swapaxes(0, 1) if batch_first else x
        if x.shape[1] != 1 or len(x) == 0:
            raise CheckpointError(
                _(
                    "{node} reads {count} sequences of {other} steps; one sequence is recorded",
                    node=node.name,
                    count=x.shape[1],
                    other=len(x),
                )
            )
        try:
            layer = onnx_cells.layer_of(node.kind, node.name, inputs, node.attributes)
        except CheckpointError as error:
            raise _UnknownError(str(error)) from None
        module = module_of(layer)
        steps = len(x) if inputs[4] is None else int(np.asarray(inputs[4]).reshape(-1)[0])
        read = torch.from_numpy(np.ascontiguousarray(x[:steps, 0]))
        if not 1 <= steps <= len(x) or read.shape[1] != module.input_size:
            raise CheckpointError(
                _(
                    "{node} reads {shape}; its weights ask for {width} numbers",
                    node=node.name,
                    shape=tuple(read.shape),
                    width=module.input_size,
                )
            )
        turned = bool(layer.options["reverse"])
        read = read.flip(0).contiguous() if turned else read
        starts = {
            name: self._state(inputs[5 + place], batch_first, module)
            for place, name in enumerate(module.cell.states)
        }
        given = tuple(torch.from_numpy(start) for start in starts.values())
        states, ends = module(read, given if len(given) > 1 else given[0])
        order = tuple(range(steps))[:: -1 if turned else 1]
        if len(x) != len(self.x):
            order = ()  # these are no steps of the input
        if len(self.found) >= RECORDED:
            raise CheckpointError(
                _("more than {most} recurrent nodes are run, which is the limit", most=RECORDED)
            )
        count = sum(one.name.partition("#")[0] == node.name for one in self.found)
        name = f"{node.name}#{count + 1}" if count else node.name
        self.found.append(recorded(name, module, read, states, starts, order))
        whole = np.zeros((len(x), states.shape[1]), np.float32)
        whole[:steps] = (states.flip(0) if turned else states).numpy()
        sides = whole.reshape(len(x), module.directions, 1, -1).transpose(0, 1, 2, 3)
        finals = [end.numpy()[:, np.newaxis] for end in (ends if isinstance(ends, tuple) else (ends,))]
        if batch_first:
            return [sides.transpose(2, 0, 1, 3), *(one.swapaxes(0, 1) for one in finals)]
        return [sides, *finals]

    @staticmethod
    def _state(given: Any, batch_first: bool, module: Any) -> np.ndarray:
        """A state before the first step, (directions, unit)."""
        shape = (module.directions, module.hidden_size)
        if given is None:
            return np.zeros(shape, np.float32)
        array = np.asarray(given, np.float32)
        array = array.swapaxes(0, 1) if batch_first else array
        if array.ndim != 3 or (array.shape[0], array.shape[2]) != shape or array.shape[1] != 1:
            raise CheckpointError(_("a state before the first step has the shape {shape}", shape=array.shape))
        return np.ascontiguousarray(array[:, 0])

    def _recorded(self, output: Any) -> Recorded:
        notes = [
            *self.network.notes,
            *(filled("{why}: what depends on it is left out.", why=why) for why in self.lost.values()),
        ]
        notes = list(dict.fromkeys(notes))
        answer = None if output is None else np.asarray(output, np.float32)
        if answer is not None and answer.ndim in (2, 3) and 1 in answer.shape[:2]:  # the batch of one
            answer = answer[0] if answer.shape[0] == 1 else answer[:, 0]
        groups: list[Group] = []
        for one in self.found:
            if groups and groups[-1].takes(one) and "#" not in one.name:
                groups[-1].add(one)
            else:
                groups.append(Group(one))
        rows = {
            group.name: [group.trace(self.network, self.tokens, tuple(notes), answer)] for group in groups
        }
        return Recorded(answer, rows, tuple(notes), {group.name: group.modules for group in groups})


class _UnknownError(Exception):
    """A node that is not known."""
