"""State dicts of PyTorch: ``.safetensors``, ``.pt``, ``.pth``. How parts are connected is assumed, and said.

A state dict has names and shapes, and nothing of how its parts are connected.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, SpecError, unknown_choice
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _, filled

from .layers import Layer, cell_of
from .network import Imported
from .recurrent import PROJECTION
from .tensors import tensors

KINDS = {1: "rnn", 3: "gru", 4: "lstm"}  # by the blocks of rows of weight_ih
NONLINEARITIES = ("tanh", "relu")
# What a page asks for in other words.
ASK_PREFIX = N_("(open it alone with its prefix)")
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "module", "_orig_mod")
_LAYER = re.compile(
    r"(?P<owner>.*?)\.?(?P<kind>weight|bias)_(?P<side>ih|hh|hr)(?P<place>_l(?P<layer>\d+)(?P<reverse>_reverse)?)?"
)


@dataclass(frozen=True)
class _Recurrent:
    """A recurrent module as its weights tell of it."""

    owner: str
    kind: str
    layers: int
    directions: int
    width: int
    units: int
    weights: dict[str, np.ndarray]  # torch's names with _l0 and so on

    @property
    def output(self) -> int:
        """Numbers that it passes on per step."""
        projected = self.weights.get(PROJECTION)
        return (self.units if projected is None else len(projected)) * self.directions


def open_state_dict(
    path: File, kind: str, *, nonlinearity: str = "tanh", cell: str | None = None, prefix: str = ""
) -> Imported:
    """A state dict as a network.

    A state dict has names and shapes and nothing of how its parts are connected. Assumed is a chain: an
    embedding, the recurrent layers in the order of the file, a linear layer that reads the last state, each
    where its sizes fit; `Imported.notes` says what was assumed, and which weights were left aside.

    Parameters
    ----------
    path, kind
        A file, and what `files.kind_of` says of it.
    nonlinearity
        Of an ``nn.RNN``, which the weights do not tell: ``tanh`` or ``relu``.
    cell
        ``rnn``, ``gru`` or ``lstm`` where the sizes do not tell; by default they do.
    prefix
        Only weights whose names begin with it.

    Raises
    ------
    CheckpointError
        When the file cannot be read, or holds no recurrent layer.
    SpecError
        When an option is unknown.
    """
    if nonlinearity not in NONLINEARITIES:
        raise SpecError(unknown_choice("nonlinearity", nonlinearity, NONLINEARITIES))
    if cell is not None and cell not in KINDS.values():
        raise SpecError(unknown_choice("cell", cell, KINDS.values()))
    arrays = tensors(path, kind)
    while not prefix and (first := {name.partition(".")[0] for name in arrays}) and len(first) == 1:
        wrapper = f"{first.pop()}."
        if wrapper.rstrip(".") not in _WRAPPERS or not all(name.startswith(wrapper) for name in arrays):
            break
        arrays = {name.removeprefix(wrapper): one for name, one in arrays.items()}
    if prefix:
        arrays = {name.removeprefix(prefix): one for name, one in arrays.items() if name.startswith(prefix)}
    modules, rest = _modules(arrays, path.name, cell)
    notes = [
        filled(
            "A state dict does not say how its parts are connected: assumed is a chain in the order of "
            "the file. The input is read as (steps, numbers), so batch_first makes no difference."
        )
    ]
    layers: list[Layer] = []
    embedding = _embedding(rest, modules[0].width)
    if embedding:
        layers.append(Layer(embedding, "embedding", {}, {"table": rest.pop(embedding)}, "Embedding"))
        notes.append(
            filled(
                "{embedding} is taken for the embedding that {owner} reads.",
                embedding=embedding,
                owner=modules[0].owner,
            )
        )
    chain = [modules[0]]
    for module in modules[1:]:
        if module.width == chain[-1].output:
            chain.append(module)
        else:
            notes.append(
                filled(
                    "{module} reads {width} numbers and {before} passes on {output}: it is no part of the "
                    "chain {ask}",
                    module=module.owner,
                    width=module.width,
                    before=chain[-1].owner,
                    output=chain[-1].output,
                    ask=filled(ASK_PREFIX),
                )
            )
    for module in chain:
        layers += _layers(module, nonlinearity)
        if module.kind == "rnn":
            notes.append(
                filled(
                    "{owner} is an nn.RNN, whose weights do not tell tanh from relu: {nonlinearity}.",
                    owner=module.owner,
                    nonlinearity=nonlinearity,
                )
            )
    linear = _linear(rest, chain[-1].output)
    if linear:
        weights = {"weight": rest.pop(f"{linear}.weight")}
        if f"{linear}.bias" in rest:
            weights["bias"] = rest.pop(f"{linear}.bias")
        layers.append(Layer("last step", "last", {}, words=filled("the state after the last step")))
        layers.append(Layer(linear, "dense", {"activation": "linear"}, weights, "Linear"))
        notes.append(
            filled("{linear} is taken for the readout, and reads the output of the last step.", linear=linear)
        )
        if chain[-1].directions == 2:
            notes.append(
                filled(
                    "Read backwards, the last step has seen itself alone; many models read the first there."
                )
            )
    if rest:
        left = sorted(rest)
        names, more = ", ".join(left[:6]), len(left) - 6
        if more > 0:
            notes.append(filled("Left aside: {names} and {more} more.", names=names, more=more))
        else:
            notes.append(filled("Left aside: {names}.", names=names))
    reads = "ids" if embedding else "numbers"
    width = 0 if embedding else modules[0].width
    return Imported(path.name, N_("a state dict of PyTorch"), tuple(layers), reads, width, tuple(notes))


def _modules(
    arrays: dict[str, np.ndarray], name: str, cell: str | None
) -> tuple[list[_Recurrent], dict[str, np.ndarray]]:
    """The recurrent modules in the order of the file, and all other weights."""
    owners: dict[str, dict[str, np.ndarray]] = {}
    rest: dict[str, np.ndarray] = {}
    for full, array in arrays.items():
        found = _LAYER.fullmatch(full.replace("parametrizations.", "").replace(".original", ""))
        if found is None:
            rest[full] = array
            continue
        short = f"{found['kind']}_{found['side']}" + (found["place"] or "_l0")
        owners.setdefault(found["owner"] or "the network", {})[short] = array
    modules = [_module(owner, weights, name, cell) for owner, weights in owners.items()]
    if not modules:
        some = ", ".join(list(rest)[:6])
        raise CheckpointError(
            _(
                "{name} holds no recurrent layer: nothing is called weight_ih_l0 or weight_hh (it holds "
                "{some})",
                name=name,
                some=some,
            )
        )
    return modules, rest


def _module(owner: str, weights: dict[str, np.ndarray], name: str, cell: str | None) -> _Recurrent:
    first, state = weights.get("weight_ih_l0"), weights.get("weight_hh_l0")
    if first is None or state is None or first.ndim != 2 or state.ndim != 2:
        raise CheckpointError(
            _("{name}: {owner} lacks weight_ih_l0 or weight_hh_l0, matrices both", name=name, owner=owner)
        )
    projected = weights.get(PROJECTION)
    units = projected.shape[1] if projected is not None and projected.ndim == 2 else state.shape[1]
    blocks = len(state) / units if units else 0
    kind = cell or KINDS.get(int(blocks)) if blocks == int(blocks) else None
    if kind is None or KINDS.get(int(blocks)) != kind:
        raise CheckpointError(
            _(
                "{name}: {owner} has weight_hh of the shape {shape}; an RNN has 1, a GRU 3 and an LSTM 4 "
                "blocks of as many rows as units",
                name=name,
                owner=owner,
                shape=state.shape,
            )
        )
    layers = 1 + max(int(key.split("_l")[1].split("_")[0]) for key in weights)
    if layers > limits.IMPORT_LAYERS or any(f"weight_ih_l{layer}" not in weights for layer in range(layers)):
        raise CheckpointError(
            _("{name}: {owner} has gaps between its {layers} layers", name=name, owner=owner, layers=layers)
        )
    directions = 2 if "weight_ih_l0_reverse" in weights else 1
    return _Recurrent(owner, kind, layers, directions, first.shape[1], units, weights)


def _layers(module: _Recurrent, nonlinearity: str) -> Iterator[Layer]:
    """A layer of ours for each layer of a module."""
    bias = "two" if "bias_ih_l0" in module.weights else "none"
    options = cell_of(module.kind, bias, **({"content": nonlinearity} if module.kind == "rnn" else {}))
    if PROJECTION in module.weights:
        options["projection"] = True
    for number in range(module.layers):
        weights = {}
        for reverse in ("", "_reverse")[: module.directions]:
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"):
                key = f"{part}_l{number}{reverse}"
                if key in module.weights:
                    weights[f"{part}_l0{reverse}"] = module.weights[key]
        name = module.owner if module.layers == 1 else f"{module.owner}.{number}"
        settings = {"cell": options, "directions": module.directions, "sequences": True, "merge": "concat"}
        yield Layer(name, "recurrent", settings, weights, module.kind.upper())


def _embedding(rest: Mapping[str, np.ndarray], width: int) -> str:
    """The one matrix that looks like the embedding of what is read; "" where there is none, or several."""
    found = [
        name
        for name, one in rest.items()
        if one.ndim == 2 and one.shape[1] == width and "emb" in name.lower()
    ]
    return found[0] if len(found) == 1 else ""


def _linear(rest: Mapping[str, np.ndarray], width: int) -> str:
    """The one linear layer that reads as many numbers as the last layer passes on."""
    found = [
        name.removesuffix(".weight")
        for name, one in rest.items()
        if name.endswith(".weight") and one.ndim == 2 and one.shape[1] == width and "emb" not in name.lower()
    ]
    return found[0] if len(found) == 1 else ""
