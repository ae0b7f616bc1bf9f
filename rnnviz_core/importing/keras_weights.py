"""Where the generations of Keras keep the weights of a layer, and in which order their rows stand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .apart import Content
from .keras_nested import Described, joined, layers_of, leaves

BLOCKS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1, "CuDNNLSTM": 4, "CuDNNGRU": 3}
ORDERS = {4: (0, 1, 2, 3), 3: (1, 0, 2), 1: (0,)}  # Keras's rows in PyTorch's order: i f c o, and z r h
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def of_layers(content: Content, layers: Sequence[Described], name: str) -> dict[str, list[np.ndarray]]:
    """The weights of each layer by its name, in Keras's order; of those of models inside, too."""
    for root in ("model_weights", ""):
        listed = _long(content.texts.get(root, {}), "layer_names")
        if listed is not None:
            found: dict[str, list[np.ndarray]] = {}
            for layer, group in _groups(layers, listed):
                found |= _of_listed(content, f"{root}/{group}".lstrip("/"), layer, name)
            return found
    for root in ("layers", "_layer_checkpoint_dependencies"):
        if any(path.startswith(f"{root}/") for path in content.arrays):
            return _numbered(content, root, layers, name)
    raise CheckpointError(_("{name} holds no weights of Keras that are known: it lists no layers", name=name))


def _long(texts: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of texts; one that is too long for HDF5 goes on in name0, name1 and so on."""
    if name in texts:
        return list(texts[name])
    parts = [texts[f"{name}{number}"] for number in range(1_000) if f"{name}{number}" in texts]
    return [one for part in parts for one in part] if parts else None


def _groups(layers: Sequence[Described], listed: Sequence[str]) -> list[tuple[Described, str]]:
    """Each layer with the group of its weights; models that the description does not name, in their order."""
    rest = [one for one in listed if one not in {layer.name for layer in layers}]
    lost = [layer for layer in layers if layer.name not in listed and layer.is_model]
    named = {layer.name: group for layer, group in zip(lost, rest, strict=False) if len(lost) == len(rest)}
    found = [(layer, named.get(layer.name, layer.name)) for layer in layers]
    return [(layer, group) for layer, group in found if group in listed]


def _of_listed(content: Content, group: str, layer: Described, name: str) -> dict[str, list[np.ndarray]]:
    """The weights of a layer, or of each layer of a model: those are in one list, the trained ones first."""
    weights = _listed(content, group, name)
    if not layer.is_model:
        return {layer.name: list(weights.values())}
    paths = [path for path, _layer in leaves([layer], name)]
    found: dict[str, list[np.ndarray]] = {joined(path): [] for path in paths}
    for weight, array in weights.items():
        words = weight.split(":")[0].split("/")
        fitting = [path for path in paths if _is_of(path[-1], words)]
        best = max((_shared(path, words) for path in fitting), default=(0, 0))
        owners = [path for path in fitting if _shared(path, words) == best]
        if len(owners) != 1:
            raise CheckpointError(
                _(
                    "{name}: the weight {weight:.80} of the nested model {layer} does not name its layer",
                    name=name,
                    layer=layer.name,
                    weight=weight,
                )
            )
        found[joined(owners[0])].append(array)
    return found


def _is_of(layer: str, words: Sequence[str]) -> bool:
    """Whether a weight's name names a layer; Keras 1 put an underscore between (``lstm_1_W_i``)."""
    return layer in words or (len(words) == 1 and words[0].startswith(f"{layer}_"))


def _shared(path: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """How well a layer fits the name of a weight: how many of its models that names; then its own length."""
    return sum(one in words for one in path[:-1]), len(path[-1])


def _listed(content: Content, group: str, name: str) -> dict[str, np.ndarray]:
    """The weights that a group names in its attribute: Keras 1, 2, and the .h5 of Keras 3."""
    found = {}
    for weight in _long(content.texts.get(group, {}), "weight_names") or []:
        path = f"{group}/{weight}"
        if path not in content.arrays:
            raise CheckpointError(
                _("{name} names the weight {path}, but does not hold it", name=name, path=path)
            )
        found[weight] = content.arrays[path]
    return found


def _numbered(
    content: Content, root: str, layers: Sequence[Described], name: str, path: tuple[str, ...] = ()
) -> dict[str, list[np.ndarray]]:
    """The weights of .keras and .weights.h5: numbered, under the layer's class (lstm, lstm_1) or name."""
    named = {
        texts["name"]: group.removesuffix("/vars")
        for group, texts in content.texts.items()
        if group.startswith(f"{root}/")
        and group.endswith("/vars")
        and group.removeprefix(f"{root}/").count("/") == 1
        and "name" in texts
    }
    found, used = dict[str, list[np.ndarray]](), dict[str, int]()
    for layer in layers:
        snake = _CAMEL.sub("_", layer.kind).lower()
        count = used.get(snake, 0)
        used[snake] = count + 1
        group = named.get(layer.name, f"{root}/{snake}" + (f"_{count}" if count else ""))
        if layer.is_model:
            inside = layers_of(layer.kind, layer.settings, name)
            below = f"{group}/{root.rpartition('/')[2]}"
            found |= _numbered(content, below, inside, name, (*path, layer.name))
        else:
            found[joined((*path, layer.name))] = _below(content, group)
    return found


def _below(content: Content, group: str) -> list[np.ndarray]:
    """All arrays below a group: the layer's own first, forward before backward."""
    order = ("vars", "cell", "forward_layer", "backward_layer", "layer")

    def place(path: str) -> tuple[Any, ...]:
        words = path.removeprefix(f"{group}/").split("/")
        return tuple(
            (order.index(word), 0) if word in order else (len(order), int(word) if word.isdecimal() else 0)
            for word in words
        )

    paths = sorted((path for path in content.arrays if path.startswith(f"{group}/")), key=place)
    return [content.arrays[path] for path in paths if "seed_generator" not in path]


def of_cell(
    kind: str, weights: Sequence[np.ndarray], settings: Mapping[str, Any], name: str
) -> tuple[dict[str, np.ndarray], str]:
    """Kernels and biases of a cell as PyTorch has them, and which biases: ``two``, ``one`` or ``none``.

    Raises
    ------
    CheckpointError
        When there are too few of them, or their shapes do not fit each other.
    """
    blocks = BLOCKS[kind]
    weights = [np.asarray(one, np.float64) for one in weights]
    if len(weights) == 3 * blocks and blocks > 1:  # Keras 1
        weights = _first(kind, weights)
    elif len(weights) == 3 and "output_dim" in settings and blocks == 1:
        pass  # Keras 1's SimpleRNN: W, U, b as ever
    if len(weights) not in (2, 3):
        raise CheckpointError(
            _(
                "{name} ({kind}) has {count} weights; a kernel, a recurrent kernel and a bias are read",
                name=name,
                kind=kind,
                count=len(weights),
            )
        )
    kernel, back = weights[:2]
    units = back.shape[0] if back.ndim == 2 else 0
    if (
        kernel.ndim != 2
        or back.shape != (units, blocks * units)
        or kernel.shape[1] != blocks * units
        or not units
    ):
        raise CheckpointError(
            _(
                "{name} ({kind}) has kernels of the shapes {shape} and {other}; they do not fit",
                name=name,
                kind=kind,
                shape=kernel.shape,
                other=back.shape,
            )
        )
    if kind.startswith("CuDNN"):
        kernel, back = _from_cudnn(kernel, blocks), np.hstack([one.T for one in np.hsplit(back, blocks)])
    parts = {"weight_ih": _rows(kernel.T, blocks)}
    before = kind == "GRU" and not settings.get("reset_after", False)
    rows = _rows(back.T, blocks)
    biases = _biases(weights[2], blocks, units, name) if len(weights) == 3 else []
    if biases:
        parts["bias_ih"] = _rows(biases[0], blocks)
    both = len(biases) == 2
    if before:
        parts |= {"weight_hh": rows[: 2 * units], "W_hn": rows[2 * units :]}
        if both:
            last = _rows(biases[1], blocks)
            parts |= {"bias_hh": last[: 2 * units], "b_hn": last[2 * units :]}
    else:
        parts["weight_hh"] = rows
        if both:
            parts["bias_hh"] = _rows(biases[1], blocks)
    return parts, "two" if both else "one" if biases else "none"


def _first(kind: str, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Keras 1: two matrices and a bias for each gate, put together as later versions write them."""
    order = (0, 2, 1, 3) if kind == "LSTM" else (0, 1, 2)  # i c f o to i f c o; z r h stays
    kernels, backs, biases = (list(weights[part::3]) for part in range(3))
    return [
        np.hstack([kernels[place] for place in order]),
        np.hstack([backs[place] for place in order]),
        np.concatenate([biases[place] for place in order]),
    ]


def _rows(array: np.ndarray, blocks: int) -> np.ndarray:
    """Blocks of rows from Keras's order to PyTorch's."""
    parts = np.split(array, blocks)
    return np.concatenate([parts[place] for place in ORDERS[blocks]])


def _biases(bias: np.ndarray, blocks: int, units: int, name: str) -> list[np.ndarray]:
    """One bias, or two: (2, rows) in a GRU with reset_after, one after the other in CuDNN's layers."""
    if bias.shape == (blocks * units,):
        return [bias]
    if bias.shape == (2, blocks * units):
        return [bias[0], bias[1]]
    if bias.shape == (2 * blocks * units,):
        return list(np.split(bias, 2))
    raise CheckpointError(
        _(
            "{name} has a bias of the shape {shape}; its kernels ask for {blocks} numbers",
            name=name,
            shape=bias.shape,
            blocks=blocks * units,
        )
    )


def _from_cudnn(kernel: np.ndarray, blocks: int) -> np.ndarray:
    """CuDNN's layers keep each gate's kernel transposed in memory."""
    return np.hstack([one.T.reshape(one.shape, order="F") for one in np.hsplit(kernel, blocks)])
