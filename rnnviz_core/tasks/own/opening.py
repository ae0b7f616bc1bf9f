"""From what was found in a file to networks and traces that every page opens."""

import hashlib
from collections.abc import Mapping
from typing import Any

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.importing.network import Imported
from rnnviz_core.languages import filled
from rnnviz_core.models.own_spec import OwnSpec
from rnnviz_core.tracing.trace import Trace

from . import reading, recording, runs
from .network import Input, OpenedNetwork, OpenedTrace

NAME = 60  # characters of a name


def printable(name: str) -> str:
    """A file's name as it stands in lists and addresses."""
    return "".join(mark for mark in name if mark.isprintable()).strip()[:NAME] or "network"


def networks(imported: Imported, inputs: Mapping[str, Input], first: str) -> list[OpenedNetwork]:
    """A network for each part into which its recurrent layers fall: what follows one another is one part.

    Parameters
    ----------
    imported
        The network of a file.
    inputs
        What was brought along for it to read, by name.
    first
        What it reads at first: a name among them, or a text. It is run once.

    Raises
    ------
    RnnvizError
        When it cannot be read, or the recording fails its verification.
    """
    probe = OpenedNetwork(
        OwnSpec(Cell.RNN, title=imported.name, reads=imported.reads), imported, "", (), inputs
    )
    for name in inputs:  # what cannot be read is said now
        reading.steps(probe, reading.Request(name, named=True))
    wanted = reading.parse(probe, first)
    found, series = reading.read(probe, wanted)
    recording.check_size(imported, len(found.data))
    recorded = imported.record(found.data, found.tokens)
    name, made = printable(imported.name), []
    texts = tuple(dict.fromkeys((first, *inputs)))
    for part, trace in recorded.items():
        spec = OwnSpec(
            **_sizes(trace),
            title=name if len(recorded) == 1 else f"{name}:{printable(part)}",
            origin=imported.origin,
            reads=imported.reads,
            width=imported.width,
            texts=texts,
            key=f"{imported.reads} {imported.width}",
        )
        one = OpenedNetwork(spec, imported, part, recorded.modules[part], inputs)
        runs.keep(one.run, wanted.whole, recording.finished(one, trace, found, series))
        made.append(one)
    return made


def trace(found: Trace, name: str) -> OpenedTrace:
    """A trace of a file, without its network.

    Raises
    ------
    CheckpointError
        When it holds nothing that pages begin with.
    """
    found = recording.with_steps(found)
    axis = found.time_axis()
    digest = hashlib.sha256("\n".join(token.text for token in found.tokens[axis]).encode()).hexdigest()
    spec = OwnSpec(
        **_sizes(found),
        title=printable(name),
        origin=filled("a trace of {network}", network=printable(found.model.partition(chr(10))[0])),
        reads="nothing",
        key=f"trace {digest[:16]}",
    )
    return OpenedTrace(spec, found)


def _sizes(trace: Trace) -> dict[str, Any]:
    """What the recorded layers tell of the network."""
    cell, layers = str(trace.meta.get("cell", "")), trace.layers()
    first = "encoder.0.hidden" if layers else "encoder.embedding"
    known = cell in (*Cell,) and (cell != "none") == bool(layers)
    read = "encoder.0.layer_input" if layers else "encoder.embedding"
    attention = str(trace.meta.get("attention", "none"))
    return {
        "cell": Cell(cell) if known else Cell.RNN if layers else Cell.NONE,
        "attention": attention if attention in ("luong", "bahdanau", "pooling") else "none",
        "embedding": trace[read].shape[1] if read in trace else 1,
        "hidden": trace[first].shape[1],
        "layers": layers,
        "bidirectional": trace.reverses(),
    }
