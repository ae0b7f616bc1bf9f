"""A graph of ONNX as plain values; sizes are checked before memory is spent."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

DOMAINS = ("", "ai.onnx")
_DEPTH = 8  # graphs within graphs


@dataclass(frozen=True)
class Node:
    """One node: `attributes` hold plain values, arrays and `Body`s."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Body:
    """A graph: the whole one, or the branch of an If, or the body of a Loop."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, np.ndarray]
    inputs: tuple[tuple[str, int, tuple[int | str, ...]], ...]  # name, type, shape
    outputs: tuple[str, ...]

    def walk(self) -> Iterator[Node]:
        """Every node, those of inner graphs too."""
        for node in self.nodes:
            yield node
            for value in node.attributes.values():
                if isinstance(value, Body):
                    yield from value.walk()


def body_of(onnx: Any, graph: Any, depth: int) -> Body:
    """A graph of onnx, the package, as plain values; `depth` counts the graphs around it."""
    if depth > _DEPTH:
        raise CheckpointError(_("its graphs are nested more than {most} deep", most=_DEPTH))
    if len(graph.node) > limits.IMPORT_LAYERS * 10 or len(graph.initializer) > limits.IMPORT_TENSORS:
        raise CheckpointError(
            _(
                "it has {count} nodes and {other} arrays, too many to open",
                count=len(graph.node),
                other=len(graph.initializer),
            )
        )
    constants = {one.name: _array(onnx, one) for one in graph.initializer}
    nodes = []
    for number, node in enumerate(graph.node):
        attributes = {one.name: _attribute(onnx, one, depth) for one in node.attribute}
        kind = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
        name = node.name or f"{node.op_type.lower()}_{number}"
        nodes.append(Node(kind, name, tuple(node.input), tuple(node.output), attributes))
    inputs = tuple((one.name, one.type.tensor_type.elem_type, _shape(one)) for one in graph.input)
    return Body(tuple(nodes), constants, inputs, tuple(one.name for one in graph.output))


def _shape(value: Any) -> tuple[int | str, ...]:
    sizes = value.type.tensor_type.shape.dim
    return tuple(int(one.dim_value) if one.HasField("dim_value") else str(one.dim_param) for one in sizes)


def _array(onnx: Any, tensor: Any) -> np.ndarray:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise CheckpointError(
            _("its weights lie in other files; save it with the weights inside (save_as_external_data=False)")
        )
    count = math.prod(tensor.dims)
    if count < 0 or count * 8 > limits.IMPORT_UNPACKED_BYTES:
        raise CheckpointError(
            _("its {tensor} has {count} numbers, more than can be opened", tensor=tensor.name, count=count)
        )
    array: np.ndarray = onnx.numpy_helper.to_array(tensor)
    if array.dtype.kind not in "fiub":
        return np.zeros(0, np.float32)  # texts: whoever reads them is not known
    return array.astype(np.float32) if array.dtype.kind == "f" and array.dtype != np.float64 else array


def _attribute(onnx: Any, attribute: Any, depth: int) -> Any:
    match attribute.type:
        case onnx.AttributeProto.GRAPH:
            return body_of(onnx, attribute.g, depth + 1)
        case onnx.AttributeProto.TENSOR:
            return _array(onnx, attribute.t)
        case onnx.AttributeProto.GRAPHS | onnx.AttributeProto.TENSORS:
            return ()
    return onnx.helper.get_attribute_value(attribute)


def versioned(body: Body, version: int) -> Body:
    """The same graph; each node knows the version of its operators and how many outputs it has."""
    nodes = []
    for node in body.nodes:
        inner = {
            name: versioned(value, version) if isinstance(value, Body) else value
            for name, value in node.attributes.items()
        }
        more = {"_version": version, "_outputs": len(node.outputs)}
        nodes.append(Node(node.kind, node.name, node.inputs, node.outputs, inner | more))
    return Body(tuple(nodes), body.constants, body.inputs, body.outputs)
