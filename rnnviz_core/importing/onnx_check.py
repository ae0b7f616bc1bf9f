"""Counts what a file of ONNX holds, in a process of its own with limited memory: ``python -m`` this module.

A few bytes can stand for an object: a file of some megabytes may parse into gigabytes. So it is parsed here
first, and opened only when what it holds is within the limits. The file comes in on standard input, a JSON
object goes out.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from rnnviz_core.languages import _, set_language

from .reader import limit_memory


def main() -> None:
    """Read standard input, write standard output."""
    set_language(sys.argv[1])
    nodes, arrays = (int(argument) for argument in sys.argv[2:4])
    limit_memory()
    try:
        error = check(sys.stdin.buffer.read(), nodes, arrays)
    except MemoryError:
        error = _("it takes more memory than is allowed")
    except Exception as problem:  # the file is untrusted bytes
        error = _("damaged, or not of ONNX: {error}", error=str(problem)[:120] or type(problem).__name__)
    json.dump({"error": error} if error else {}, sys.stdout)


def check(content: bytes, nodes: int, arrays: int) -> str:
    """What is too much of it, in words; "" where nothing is."""
    import onnx

    count = 0
    for graph in _graphs(onnx.load_model_from_string(content).graph, 0):
        count += len(graph.node)
        if count > nodes:
            return _("it has more than {nodes} nodes, which is the limit", nodes=nodes)
        if len(graph.initializer) > arrays:
            return _(
                "it has {count} arrays; the limit is {arrays}", count=len(graph.initializer), arrays=arrays
            )
        if sum(len(node.attribute) + len(node.input) + len(node.output) for node in graph.node) > 100 * nodes:
            return _("its nodes have too many inputs, outputs and attributes")
    return ""


def _graphs(graph: Any, depth: int) -> Iterator[Any]:
    """A graph and those inside its nodes."""
    yield graph
    if depth > 32:
        return
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g, depth + 1)


if __name__ == "__main__":
    main()
