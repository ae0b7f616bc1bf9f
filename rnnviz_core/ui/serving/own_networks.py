"""What a visitor brings along: looked at in memory, opened into what their session holds, and let go again.

A file's bytes are never written anywhere; what is opened stands in `loaders.own`, of one session alone.
Looking at a file waits for the other heavy work, so that those who only typed pass by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.errors import CheckpointError, RnnvizError, TextError
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from . import loaders
from .caches import heavy

TRACE, TABLE, WORDS, CONFIG, NETWORK, PROBLEM = "trace", "table", "words", "config", "network", "problem"
_alive: "WeakSet[Any]" = WeakSet()  # what all sessions hold, as long as they do
_ASKED = {  # what messages of the command line ask for -> what the page asks for
    N_("pass it with --config FILE, made by"): N_("drop the description of its layers beside it, made by"),
    N_("pass --vocabulary FILE (JSON or a word per line), or the ids themselves"): N_(
        "drop its vocabulary beside it (JSON, or a word per line), or type the ids themselves"
    ),
    N_("(open it alone with its prefix)"): N_(
        "(open it alone: type the beginning of its names as the prefix)"
    ),
}


@dataclass(frozen=True)
class Found:
    """What a file is."""

    name: str
    size: int  # bytes
    kind: str
    value: Any = None  # an `Imported`, a `Sheet`, a text, a `Trace`, or a file
    message: str = ""  # why it cannot be opened


def look_at(file: InMemory, config: InMemory | None = None, **options: Any) -> Found:
    """What a file is, and what it holds; what is wrong with it becomes a message.

    Parameters
    ----------
    file
        As it was dropped.
    config
        Keras: the description of the layers, where `file` holds weights alone.
    options
        PyTorch: as in `importing.opening.open_network`.
    """
    kind = kind_of(file)
    size = len(file.content)
    if size > limits.UPLOAD_BYTES:
        return Found(
            file.name,
            size,
            PROBLEM,
            message=_(
                "{file} has {size} bytes; the limit is {limit}: larger files are opened by rnnviz import",
                file=file.name,
                size=size,
                limit=limits.UPLOAD_BYTES,
            ),
        )
    try:
        with heavy():
            return Found(file.name, size, kind, _value(kind, file, config, options))
    except RnnvizError as error:
        return Found(file.name, size, PROBLEM, message=asked(str(error)))


def asked(message: str) -> str:
    """A message in which the page asks for what the command line asks for."""
    for ours, its in _ASKED.items():
        message = message.replace(_(ours), _(its))
    return message


def kind_of(file: InMemory) -> str:
    """What a file seems to be, by its ending."""
    match file.suffix.lower():
        case ".npz" | ".parquet":
            return TRACE
        case ".csv" | ".tsv" | ".npy":
            return TABLE
        case ".txt":
            return WORDS
        case ".json":
            described = b'"class_name"' in file.content[:4_096] and b'"config"' in file.content[:65_536]
            tokenizer = b'"word_index"' in file.content
            return CONFIG if described and not tokenizer else WORDS
    return NETWORK


def _value(kind: str, file: InMemory, config: InMemory | None, options: Mapping[str, Any]) -> Any:
    from rnnviz_core.importing import inputs, opening, sheet

    match kind:
        case "trace":
            return Trace.load(file)
        case "table":
            return sheet.read_sheet(file)
        case "words" | "config":
            inputs.check_size(file)
            return file
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    return opening.open_network(file, config=config, **options)


def open_network(imported: Any, inputs: Mapping[str, Any], first: str) -> list[Entry]:
    """Open a network with what it is to read: an entry for each part of it.

    Raises
    ------
    RnnvizError
        When it cannot read that, or the session holds too much.
    """
    from rnnviz_core.tasks.own import opening

    shared = _inputs_of_others(imported)
    with heavy():
        made = opening.networks(imported, {**shared, **inputs}, first)
    entries = _hold(*made)
    for other in _read_alike(imported):  # so that two networks can be compared on either's input
        other.inputs.update({name: one for name, one in inputs.items() if name not in other.inputs})
    return entries


def _read_alike(imported: Any) -> list[Any]:
    """The open networks that read as many numbers; words have another vocabulary in each."""
    if imported.reads != "numbers":
        return []
    held = loaders.own()
    models = [held.load(entry.id) for entry in held.scan().entries] if held else []
    return [
        one
        for one in models
        if hasattr(one, "imported")
        and (one.imported.reads, one.imported.width) == (imported.reads, imported.width)
    ]


def _inputs_of_others(imported: Any) -> dict[str, Any]:
    return {name: one for other in _read_alike(imported) for name, one in other.inputs.items()}


def open_trace(trace: Trace, name: str) -> list[Entry]:
    """Open a trace.

    Raises
    ------
    RnnvizError
        When it holds nothing that pages show, or the session holds too much.
    """
    from rnnviz_core.tasks.own import opening

    return _hold(opening.trace(trace, name))


def _hold(*made: Any) -> list[Entry]:
    held = loaders.own()
    if held is None:
        raise CheckpointError(_("there is no session to hold it"))
    if not made:
        raise CheckpointError(_("it holds no recurrent layer that can be run"))
    shared = {entry.id for entry in loaders.shipped().entries}
    for network in made:
        if network.name in shared:
            raise CheckpointError(
                _(
                    "{network} is the name of a model that is installed here; rename the file",
                    network=network.name,
                )
            )
    names = {network.name for network in made}
    kept = [held.load(entry.id) for entry in held.scan().entries if entry.id not in names]
    if len(kept) + len(made) > limits.OWN_NETWORKS:
        raise TextError(
            _(
                "{count} networks and traces are open; the limit is {limit}: remove one first",
                count=len(kept),
                limit=limits.OWN_NETWORKS,
            )
        )
    # The parts of one network share its weights, and are counted once.
    size = sum({id(getattr(one, "imported", one)): _bytes(one) for one in (*kept, *made)}.values())
    if size > limits.OWN_BYTES:
        raise TextError(
            _(
                "all that is open would take {size} bytes; the limit is {limit}: remove something first",
                size=size,
                limit=limits.OWN_BYTES,
            )
        )
    if (every := size + sum(one.nbytes for one in set(_alive) - {*kept})) > limits.OWN_ALL_BYTES:
        raise TextError(
            _(
                "all visitors of this server would keep {size} bytes open; the limit is {limit}: try "
                "again later, or start an app of your own (rnnviz app)",
                size=every,
                limit=limits.OWN_ALL_BYTES,
            )
        )
    _alive.update(made)
    return [held.add(network, size=network.nbytes) for network in made]


def _bytes(network: Any) -> int:
    """What a network takes in memory: also of one that was trained on a page."""
    weights = network.state_dict().values()
    return int(getattr(network, "nbytes", sum(one.numel() * one.element_size() for one in weights)))


def opened() -> tuple[Entry, ...]:
    """What the session holds, in the order in which it came."""
    held = loaders.own()
    return held.scan().entries if held else ()


def remove(name: str) -> None:
    """Let go of a network or trace, and of what was computed with it."""
    if held := loaders.own():
        held.remove(name)
        loaders.forget_own()
