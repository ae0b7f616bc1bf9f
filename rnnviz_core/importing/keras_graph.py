"""The layers of a functional model of Keras as a list in the order of computing, each with what it reads.

A layer that is called twice stands there twice; of a model inside of another its layers stand there. Of a
model with several inputs one is read: the first that leads to a recurrent layer; what also needs another is
named, and so is what it would have needed.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _, filled

from .keras_nested import SEQUENTIAL, Described, check_count, check_depth, layers_of

STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1, "CuDNNLSTM": 2, "CuDNNGRU": 1}  # that it can begin with
MERGES = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Average": "average",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Concatenate": "concatenate",
}
LOOKS = ("Attention", "AdditiveAttention")
SEVERAL = (*MERGES, "Dot", *LOOKS)  # that read several layers
INPUT = "InputLayer"
MASKING = ("Any", "LogicalOr", "ExpandDims", "ZerosLike", "OnesLike", "Concatenate")  # of what masks are made
_DEEP = 10_000  # values of a description that are looked at for one layer

Source = tuple[str, int]  # the name of a row, and which of its outputs: 0, or a state after it
Node = tuple[str, int]  # a layer, and which of its calls
Tensor = tuple[Node, int]  # one of the outputs of a call


class Row(NamedTuple):
    """One call of a layer.

    Attributes
    ----------
    kind, settings
        Its class and settings.
    name
        What it is called here: the layer's name, and its number from the second call on.
    layer
        The layer whose weights it has.
    reads
        What it reads, in order; empty where that is the output of the row before, alone.
    lacks
        Why it cannot be computed; empty where it can.
    """

    kind: str
    settings: dict[str, Any]
    name: str
    layer: str
    reads: tuple[Source, ...] = ()
    lacks: str = ""


class _Call(NamedTuple):
    """One call of a layer: what it reads, the masks it is given, and other arguments."""

    reads: tuple[Tensor, ...] = ()
    masks: tuple[Tensor, ...] = ()
    arguments: Mapping[str, Any] = {}


@dataclass
class _Graph:
    """The calls of a model, and what each layer is called; models inside are dissolved into theirs."""

    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: dict[Node, _Call] = field(default_factory=dict)
    inputs: list[Node] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    same: dict[Tensor, Tensor] = field(default_factory=dict)  # what enters or leaves a model inside

    def kind(self, node: Node) -> str:
        return str(self.rows[node[0]].get("class_name"))

    def called(self, node: Node) -> str:
        return node[0] if node[1] == 0 else f"{node[0]} ({node[1] + 1})"

    def reads(self, node: Node) -> tuple[Tensor, ...]:
        return self.calls[node].reads

    def add(self, called: str, row: Mapping[str, Any], name: str) -> None:
        if called in self.rows:
            raise CheckpointError(_("{name}: two layers have the name {layer:.60}", name=name, layer=called))
        self.rows[called] = row

    def resolved(self, tensor: Tensor, name: str) -> Tensor:
        """The output of a layer that stands behind one of a model."""
        for _hop in range(len(self.same) + 1):
            if tensor not in self.same:
                return tensor
            tensor = self.same[tensor]
        layer = self.called(tensor[0])
        raise CheckpointError(_("{name} runs in a circle: {layer} reads itself", name=name, layer=layer))


def _graph_of(kind: str, config: Any, name: str, depth: int = 0) -> _Graph:
    """The calls of a model, those of the models in it included."""
    check_depth(depth, name)
    layers, graph = layers_of(kind, config, name), _Graph()
    described = config if isinstance(config, dict) else {}
    calls = _in_a_row(layers) if kind == SEQUENTIAL else _as_described(layers)
    for layer in layers:
        if layer.is_model:
            inside = _graph_of(layer.kind, layer.settings, name, depth + 1)
            _dissolve(graph, layer.name, inside, calls[layer.name], name)
            continue
        graph.add(layer.name, layer.row, name)
        check_count(len(graph.calls) + len(calls[layer.name]), name)
        graph.calls |= {(layer.name, number): call for number, call in enumerate(calls[layer.name])}
    for node, call in graph.calls.items():
        reads = tuple(graph.resolved(read, name) for read in call.reads)
        masks = tuple(graph.resolved(mask, name) for mask in call.masks)
        graph.calls[node] = _Call(reads, masks, call.arguments)
    if kind == SEQUENTIAL:
        graph.outputs = [((layers[-1].name, 0), 0)]
        graph.inputs = [node for node in graph.calls if not graph.reads(node)][:1]
    else:
        known = {layer.name: layer for layer in layers}
        graph.outputs = _tensors(described.get("output_layers"), known)
        graph.inputs = [node for node, _place in _tensors(described.get("input_layers"), known)]
    graph.outputs = [graph.resolved(one, name) for one in graph.outputs]
    return graph


def _in_a_row(layers: Sequence[Described]) -> dict[str, list[_Call]]:
    """The calls of a Sequential: each layer reads the one before it."""
    found: dict[str, list[_Call]] = {}
    before: tuple[Tensor, ...] = ()
    for layer in layers:
        found[layer.name] = [_Call(before)]
        before = (((layer.name, 0), 0),)
    return found


def _as_described(layers: Sequence[Described]) -> dict[str, list[_Call]]:
    known = {layer.name: layer for layer in layers}
    return {layer.name: _calls(layer, known) or [_Call()] for layer in layers}


def _dissolve(graph: _Graph, called: str, inside: _Graph, calls: Sequence[_Call], name: str) -> None:
    """Put the layers of a model into the one that calls it, once for each call."""
    check_count(len(graph.calls) + len(calls) * len(inside.calls), name)
    times: dict[str, int] = {}
    for key, row in inside.rows.items():
        graph.add(f"{called}.{key}", row, name)
        times[key] = sum(node[0] == key for node in inside.calls)
    for number, call in enumerate(calls):
        if len(call.reads) > len(inside.inputs):
            raise CheckpointError(
                _(
                    "{name}: the nested model {layer} is called with {count} tensors and has {inputs} inputs",
                    name=name,
                    layer=called,
                    count=len(call.reads),
                    inputs=len(inside.inputs),
                )
            )

        def moved(tensor: Tensor, number: int = number) -> Tensor:
            (key, one), place = tensor
            return (f"{called}.{key}", one + number * times[key]), place

        fed = dict(zip(inside.inputs, call.reads, strict=False))
        for node, one in inside.calls.items():
            here, _place = moved((node, 0))
            if node in fed and inside.kind(node) == INPUT:
                graph.same[here, 0] = fed[node]
                continue
            reads = tuple(map(moved, one.reads)) or ((fed[node],) if node in fed else ())
            enters = node in fed or any(read in fed for read, _place in one.reads)
            masks = (*map(moved, one.masks), *(call.masks if enters else ()))
            graph.calls[here] = _Call(reads, masks, one.arguments)
        for place, output in enumerate(inside.outputs):
            graph.same[(called, number), place] = moved(output)


def rows_of(kind: str, config: Any, name: str) -> list[Row]:
    """The rows of a model that can be reached from the input that is read.

    Raises
    ------
    CheckpointError
        When it has no input, runs in a circle, or its recurrent layers need several inputs.
    """
    graph = _graph_of(kind, config, name)
    starts = [node for node, call in graph.calls.items() if not call.reads]
    if not starts:
        raise CheckpointError(_("{name} has no input: every layer reads another", name=name))
    order = _needed(graph, _order(graph, name))
    tried = [_from_input(graph, order, start) for start in starts]
    best = next((one for one in tried if _recurrent(one)), tried[0])
    if not _recurrent(best):
        blocked = next((row for one in tried for row in one if row.lacks), None)
        what = (
            _(
                "{name} has {count} inputs ({inputs}), and no recurrent layer reads one of them alone",
                name=name,
                count=len(starts),
                inputs=", ".join(node[0] for node in starts[:4]),
            )
            if len(starts) > 1
            else _("{name} has no recurrent layer that can be followed from its input", name=name)
        )
        said = f": {blocked.name} ({blocked.kind}) {_(blocked.lacks)}" if blocked else ""
        raise CheckpointError(f"{what}{said}")
    return _ending(best, graph)


def _recurrent(rows: Sequence[Row]) -> bool:
    return any(not row.lacks and (row.kind in STATES or row.kind == "Bidirectional") for row in rows)


def _calls(layer: Described, known: Mapping[str, Any]) -> list[_Call]:
    """What each call of a layer reads; the three generations of Keras write it down in different ways."""
    nodes = layer.row.get("inbound_nodes")
    nodes = nodes if isinstance(nodes, list) else []
    if nodes and isinstance(nodes[0], str):  # a single call, of one tensor
        nodes = [nodes]
    found = []
    for node in nodes:
        masks: list[Tensor] = []
        reads = tuple(_tensors(node, known, masks))
        if reads:
            arguments = _looks(node) if layer.kind in LOOKS else {}
            found.append(_Call(reads, tuple(masks), arguments))
    return found


def _looks(node: Any) -> dict[str, Any]:
    """The arguments of a call of attention that change what it computes."""
    names = ("return_attention_scores", "use_causal_mask")
    if isinstance(node, dict):  # Keras 3: by name, or by position after inputs, mask and training
        places = node.get("args")
        given = dict(zip(names, places[3:], strict=False)) if isinstance(places, list) else {}
        more = node.get("kwargs")
        given |= more if isinstance(more, dict) else {}
        return {name: bool(given.get(name)) for name in names}
    last = [one[3] for one in node if isinstance(one, list) and len(one) > 3 and isinstance(one[3], dict)]
    return {name: any(bool(one.get(name)) for one in last) for name in names}


def _tensors(value: Any, known: Mapping[str, Any], masks: list[Tensor] | None = None) -> list[Tensor]:
    """The tensors that a description names, in its order; those that are masks go into `masks`."""
    found: list[Tensor] = []
    waiting: deque[Any] = deque([value])
    for _round in range(_DEEP):
        if not waiting:
            break
        one = waiting.popleft()
        if isinstance(one, dict):
            inside = one.get("config")
            history = inside.get("keras_history") if isinstance(inside, dict) else None
            if isinstance(history, list) and _is_tensor(history, known):
                found.append(((history[0], history[1]), history[2]))
                continue
            if masks is not None and one.get("mask") is not None:
                masks += _tensors(one["mask"], known)
                one = {key: inside for key, inside in one.items() if key != "mask"}
            waiting.extendleft(reversed(one.values()))
        elif isinstance(one, list):
            if _is_tensor(one, known):
                found.append(((one[0], one[1]), one[2]))
                one = one[3:]
            waiting.extendleft(reversed(one))
    return found


def _is_tensor(value: Any, known: Mapping[str, Any]) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and value[0] in known
        and all(isinstance(one, int) and 0 <= one <= _DEEP for one in value[1:3])
    )


def _order(graph: _Graph, name: str) -> list[Node]:
    """Every call after what it reads, in the order of the file as far as that goes.

    A call that is not described (of a layer inside of another model) is never reached.
    """
    waiting, done, order = list(graph.calls), set[Node](), list[Node]()
    while waiting:
        ready = [node for node in waiting if all(read in done for read, _place in graph.reads(node))]
        if not ready:
            odd = [node for node in waiting if all(read in graph.calls for read, _place in graph.reads(node))]
            if len(odd) == len(waiting):
                layer = graph.called(waiting[0])
                raise CheckpointError(
                    _("{name} runs in a circle: {layer} reads itself", name=name, layer=layer)
                )
            return order
        done |= set(ready)
        order += ready
        waiting = [node for node in waiting if node not in done]
    return order


def _needed(graph: _Graph, order: Sequence[Node]) -> list[Node]:
    """The calls that an output needs: Keras 3 also lists what it computes masks with."""
    waiting = [node for node, _place in graph.outputs if node in graph.calls]
    if not waiting:
        return list(order)
    found = set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in found and node in graph.calls:
            found.add(node)
            waiting += [read for read, _place in graph.reads(node)]
    return [node for node in order if node in found]


def _from_input(graph: _Graph, order: Sequence[Node], start: Node) -> list[Row]:
    """The rows that one input leads to; of those that need more the first ones, with what they lack."""
    found: dict[Node, Row] = {}
    for node in order:
        reads = graph.reads(node)
        if node != start and not any(read in found and not found[read].lacks for read, _place in reads):
            continue
        if any(read in found and found[read].lacks for read, _place in reads):
            continue  # what it lacks was said of what it reads
        kind = graph.kind(node)
        settings = {**graph.rows[node[0]]["config"], **graph.calls[node].arguments}
        others = [graph.called(read) for read, _place in reads if read not in found]
        named = ", ".join(dict.fromkeys(others))
        # Translators: goes on after a layer's name: "merged (Concatenate) also reads static"
        lacks = filled("also reads {layers}", layers=named) if others else _odd(graph, node)
        sources = tuple((graph.called(read), place) for read, place in reads)
        row = Row(kind, settings, graph.called(node), node[0], sources, lacks)
        before = next(reversed(found.values()), None)
        if before is None or (sources == ((before.name, 0),) and not before.lacks):
            row = row._replace(reads=())
        found[node] = row
    return list(found.values())


def _odd(graph: _Graph, node: Node) -> str:
    """Why a call that has all it reads cannot be followed; empty where it can."""
    kind, reads = graph.kind(node), graph.reads(node)
    if not all(_follows(graph, mask) for mask, _place in graph.calls[node].masks):
        return filled("is given a mask of its own")
    for read, place in reads:
        scores = graph.calls[read].arguments.get("return_attention_scores", False)
        if place > STATES.get(graph.kind(read), int(scores)):
            return filled(
                "reads a state of {layer} ({kind})", layer=graph.called(read), kind=graph.kind(read)
            )
    if len(reads) > 1 and kind in STATES and len(reads) != 1 + STATES[kind]:
        return filled("begins with {count} tensors of other layers", count=len(reads) - 1)
    counts = {"Dot": (2,), **dict.fromkeys(LOOKS, (2, 3))}.get(kind)
    if (counts and len(reads) not in counts) or (len(reads) > 1 and kind not in (*STATES, *SEVERAL)):
        return filled("reads {count} layers", count=len(reads))
    return ""


def _follows(graph: _Graph, mask: Node) -> bool:
    """Whether a mask is one of an `Embedding` or `Masking` that Keras 3 wrote down: it is followed anyway."""
    waiting, seen = [mask], set[Node]()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        kind = graph.kind(node)
        if kind == "NotEqual":
            numbers = [one for one in _arguments(graph.rows[node[0]]) if isinstance(one, int | float)]
            if not numbers or not _hides(graph, graph.reads(node), float(numbers[0])):
                return False
        elif kind in MASKING:
            waiting += [
                read for read, _place in graph.reads(node) if graph.kind(read) in (*MASKING, "NotEqual")
            ]
        else:
            return False
    return True


def _arguments(row: Mapping[str, Any]) -> Sequence[Any]:
    nodes = row.get("inbound_nodes") or [{}]
    first = nodes[0] if isinstance(nodes, list) else {}
    return first.get("args", []) if isinstance(first, dict) else []


def _hides(graph: _Graph, reads: Sequence[tuple[Node, int]], value: float) -> bool:
    """Whether a layer that reads the same leaves out the steps with this value."""
    for node, call in graph.calls.items():
        settings = graph.rows[node[0]]["config"]
        if call.reads == tuple(reads) and (
            (graph.kind(node) == "Embedding" and settings.get("mask_zero") and value == 0)
            or (graph.kind(node) == "Masking" and float(settings.get("mask_value", 0)) == value)
        ):
            return True
    return False


def _ending(rows: list[Row], graph: _Graph) -> list[Row]:
    """The rows, the last of which is the model's first output that can be computed."""
    known = {row.name: row for row in rows}
    outputs = [(graph.called(node), place) for node, place in graph.outputs if graph.called(node) in known]
    outputs = [one for one in outputs if not known[one[0]].lacks]
    if not outputs or outputs[0] == (rows[-1].name, 0):
        return rows
    return [*rows, Row(INPUT, {}, "prediction", "", (outputs[0],))]
