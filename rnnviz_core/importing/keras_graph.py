"""The layers of a functional model of Keras as a list in the order of computing, each with what it reads.

A layer that is called twice stands there twice. Of a model with several inputs one is read: the first that
leads to a recurrent layer; what also needs another is named, and so is what it would have needed.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _, filled

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
INPUT = "InputLayer"
MASKING = ("Any", "LogicalOr", "ExpandDims", "ZerosLike", "OnesLike", "Concatenate")  # of what masks are made
_DEEP = 10_000  # values of a description that are looked at for one layer

Source = tuple[str, int]  # the name of a row, and which of its outputs: 0, or a state after it
Node = tuple[str, int]  # a layer, and which of its calls
Call = tuple[tuple[tuple[Node, int], ...], tuple[Node, ...]]  # what it reads, and its masks


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


@dataclass
class _Graph:
    """The calls of a model, what each reads, and what it is called."""

    rows: Mapping[str, Mapping[str, Any]]
    reads: dict[Node, tuple[tuple[Node, int], ...]] = field(default_factory=dict)
    masks: dict[Node, tuple[Node, ...]] = field(default_factory=dict)  # that a call is given in so many words

    def kind(self, node: Node) -> str:
        return str(self.rows[node[0]].get("class_name"))

    def called(self, node: Node) -> str:
        return node[0] if node[1] == 0 else f"{node[0]} ({node[1] + 1})"


def rows_of(config: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], name: str) -> list[Row]:
    """The rows of a functional model that can be reached from the input that is read.

    Raises
    ------
    CheckpointError
        When it has no input, runs in a circle, or its recurrent layers need several inputs.
    """
    by_name = {str(row.get("name") or row["config"].get("name")): row for row in rows}
    graph = _Graph(by_name)
    for called, row in by_name.items():
        for number, (reads, masks) in enumerate(_calls(row, by_name) or [((), ())]):
            graph.reads[(called, number)], graph.masks[(called, number)] = reads, masks
    if len(graph.reads) > limits.IMPORT_LAYERS:
        raise CheckpointError(
            _(
                "{name} calls its layers {count} times; the limit is {limit}",
                name=name,
                count=len(graph.reads),
                limit=limits.IMPORT_LAYERS,
            )
        )
    starts = [node for node, read in graph.reads.items() if not read]
    if not starts:
        raise CheckpointError(_("{name} has no input: every layer reads another", name=name))
    order = _needed(graph, _order(graph, name), config)
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
    return _ending(best, graph, config)


def _recurrent(rows: Sequence[Row]) -> bool:
    return any(not row.lacks and (row.kind in STATES or row.kind == "Bidirectional") for row in rows)


def _calls(row: Mapping[str, Any], known: Mapping[str, Any]) -> list[Call]:
    """What each call of a layer reads; the three generations of Keras write it down in different ways."""
    nodes = row.get("inbound_nodes")
    nodes = nodes if isinstance(nodes, list) else []
    if nodes and isinstance(nodes[0], str):  # a single call, of one tensor
        nodes = [nodes]
    found = []
    for node in nodes:
        masks: list[Node] = []
        reads = tuple(_tensors(node, known, masks))
        if reads:
            found.append((reads, tuple(masks)))
    return found


def _tensors(value: Any, known: Mapping[str, Any], masks: list[Node] | None = None) -> list[tuple[Node, int]]:
    """The tensors that a description names, in its order; those that are masks go into `masks`."""
    found: list[tuple[Node, int]] = []
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
                masks += [node for node, _place in _tensors(one["mask"], known)]
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
    waiting, done, order = list(graph.reads), set[Node](), list[Node]()
    while waiting:
        ready = [node for node in waiting if all(read in done for read, _place in graph.reads[node])]
        if not ready:
            odd = [node for node in waiting if all(read in graph.reads for read, _place in graph.reads[node])]
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


def _needed(graph: _Graph, order: Sequence[Node], config: Mapping[str, Any]) -> list[Node]:
    """The calls that an output needs: Keras 3 also lists what it computes masks with."""
    waiting = [
        node for node, _place in _tensors(config.get("output_layers"), graph.rows) if node in graph.reads
    ]
    if not waiting:
        return list(order)
    found = set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [read for read, _place in graph.reads.get(node, ())]
    return [node for node in order if node in found]


def _from_input(graph: _Graph, order: Sequence[Node], start: Node) -> list[Row]:
    """The rows that one input leads to; of those that need more the first ones, with what they lack."""
    found: dict[Node, Row] = {}
    for node in order:
        reads = graph.reads[node]
        if node != start and not any(read in found and not found[read].lacks for read, _place in reads):
            continue
        if any(read in found and found[read].lacks for read, _place in reads):
            continue  # what it lacks was said of what it reads
        kind, settings = graph.kind(node), dict(graph.rows[node[0]]["config"])
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
    kind, reads = graph.kind(node), graph.reads[node]
    if not all(_follows(graph, mask) for mask in graph.masks[node]):
        return filled("is given a mask of its own")
    for read, place in reads:
        states = STATES.get(graph.kind(read), 0)
        if place > states:
            return filled(
                "reads a state of {layer} ({kind})", layer=graph.called(read), kind=graph.kind(read)
            )
    if len(reads) > 1 and kind in STATES and len(reads) != 1 + STATES[kind]:
        return filled("begins with {count} tensors of other layers", count=len(reads) - 1)
    if len(reads) > 1 and kind not in STATES and kind not in MERGES:
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
            if not numbers or not _hides(graph, graph.reads[node], float(numbers[0])):
                return False
        elif kind in MASKING:
            waiting += [
                read for read, _place in graph.reads[node] if graph.kind(read) in (*MASKING, "NotEqual")
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
    for node, sources in graph.reads.items():
        settings = graph.rows[node[0]]["config"]
        if tuple(sources) == tuple(reads) and (
            (graph.kind(node) == "Embedding" and settings.get("mask_zero") and value == 0)
            or (graph.kind(node) == "Masking" and float(settings.get("mask_value", 0)) == value)
        ):
            return True
    return False


def _ending(rows: list[Row], graph: _Graph, config: Mapping[str, Any]) -> list[Row]:
    """The rows, the last of which is the model's first output that can be computed."""
    named = _tensors(config.get("output_layers"), graph.rows)
    known = {row.name: row for row in rows}
    outputs = [(graph.called(node), place) for node, place in named if graph.called(node) in known]
    outputs = [one for one in outputs if not known[one[0]].lacks]
    if not outputs or outputs[0] == (rows[-1].name, 0):
        return rows
    return [*rows, Row(INPUT, {}, "prediction", "", (outputs[0],))]
