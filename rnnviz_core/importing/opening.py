"""Any file that can be opened, as a network; and the folder in which an imported network is kept."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import CheckpointError, RnnvizError
from rnnviz_core.inputs.memory import File, file_of
from rnnviz_core.languages import _

from . import files, pytorch
from .layers import ACTIVATIONS, KINDS, Layer
from .network import MERGES, Imported
from .several import MERGED, SCORES, SEVERAL
from .tensors import tensors

NETWORK, WEIGHTS, GRAPH = "network.json", "weights.safetensors", "model.onnx"
FORMAT = 1


def open_network(
    path: str | File,
    *,
    config: str | File | None = None,
    prefix: str = "",
    cell: str | None = None,
    nonlinearity: str = "tanh",
) -> Imported:
    """Open a PyTorch, Keras or ONNX file, or a folder that `save` wrote. Nothing in it is executed.

    Parameters
    ----------
    path
        The file; its format is recognised by its content.
    config
        Keras: the JSON of ``model.to_json()``, for a file that has weights only.
    prefix, cell, nonlinearity
        PyTorch: see `pytorch.open_state_dict`.

    Raises
    ------
    CheckpointError
        When it cannot be opened; the message says why, and what to do.
    """
    path = file_of(path)
    if isinstance(path, Path) and (path / NETWORK).is_file():
        return load(path)
    kind = files.kind_of(path)
    if kind in ("hdf5", "keras"):
        from . import keras

        return keras.open_keras(path, None if config is None else file_of(config))
    if kind == "onnx":
        from . import onnx_file

        return onnx_file.open_onnx(path)
    return pytorch.open_state_dict(path, kind, nonlinearity=nonlinearity, cell=cell, prefix=prefix)


def save(network: Imported, folder: str | Path) -> Path:
    """Write a network into a folder: ``network.json`` lists the layers, the weights are safetensors.

    Of a network of ONNX the graph is kept as it was, ``model.onnx``."""
    folder = Path(folder)
    graph = _graph(network)
    described = {
        "format": FORMAT,
        "graph": graph is not None,
        "name": network.name,
        "origin": network.origin,
        "reads": network.reads,
        "width": network.width,
        "notes": list(network.notes),
        "vocabulary": list(network.vocabulary),
        "columns": list(network.columns),
        "layers": [
            {
                "name": one.name,
                "kind": one.kind,
                "words": one.words,
                "options": dict(one.options),
                "weights": sorted(one.weights),
            }
            for one in network.layers
        ],
    }
    weights = {
        f"{number}.{name}": np.array(array, np.float32)
        for number, one in enumerate(network.layers)
        for name, array in one.weights.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if graph is None:
            save_file(weights, folder / WEIGHTS)
        else:
            (folder / GRAPH).write_bytes(graph)
        (folder / NETWORK).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CheckpointError(
            _("{folder} cannot be written: {reason}", folder=folder, reason=error.strerror or error)
        ) from None
    return folder


def _graph(network: Imported) -> bytes | None:
    """The file that a network of ONNX came from: a graph is kept as it was."""
    return getattr(network, "content", None)


def load(folder: str | Path) -> Imported:
    """The inverse of `save`; the folder is checked like any other file.

    Raises
    ------
    CheckpointError
        When it is damaged, too large, or describes what there is not.
    """
    folder = Path(folder)
    try:
        size = (folder / NETWORK).stat().st_size
        if size > limits.IMPORT_CONFIG_BYTES:
            raise CheckpointError(
                _(
                    "{folder}/{file} has {size} bytes; the limit is {limit}",
                    folder=folder.name,
                    file=NETWORK,
                    size=size,
                    limit=limits.IMPORT_CONFIG_BYTES,
                )
            )
        described = json.loads((folder / NETWORK).read_text(encoding="utf-8"))
        if described.get("graph"):
            from . import onnx_file

            if (folder / GRAPH).stat().st_size > limits.IMPORT_BYTES:
                raise CheckpointError(
                    _(
                        "{file} is larger than {limit} bytes, the limit",
                        file=GRAPH,
                        limit=limits.IMPORT_BYTES,
                    )
                )
            found = replace(onnx_file.open_onnx(folder / GRAPH), name=str(described["name"]))
            return replace(
                found,
                vocabulary=tuple(map(str, described["vocabulary"])),
                columns=tuple(map(str, described["columns"])),
            )
        weights = tensors(folder / WEIGHTS, files.kind_of(folder / WEIGHTS))
        return _described(described, weights)
    except RnnvizError as error:
        raise CheckpointError(f"{folder.name}: {error}") from None
    except OSError as error:
        raise CheckpointError(
            _("{folder} cannot be read: {reason}", folder=folder.name, reason=error.strerror or error)
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            _(
                "{folder}/{file} is damaged: {error!r:.120}",
                folder=folder.name,
                file=NETWORK,
                error=error,
            )
        ) from None


def _described(values: dict[str, Any], weights: dict[str, np.ndarray]) -> Imported:
    if values["format"] != FORMAT:
        raise CheckpointError(
            _("its format is {value!r}; this version reads {own}", value=values["format"], own=FORMAT)
        )
    if len(values["layers"]) > limits.IMPORT_LAYERS:
        raise CheckpointError(
            _(
                "it has {count} layers; the limit is {limit}",
                count=len(values["layers"]),
                limit=limits.IMPORT_LAYERS,
            )
        )
    layers = []
    for number, one in enumerate(values["layers"]):
        own = {str(name): weights[f"{number}.{name}"] for name in one["weights"]}
        layers.append(Layer(str(one["name"]), str(one["kind"]), dict(one["options"]), own, str(one["words"])))
        _check(layers[-1])
    if values["reads"] not in ("ids", "numbers"):
        raise CheckpointError(_("it reads {value!r:.40}; it must be ids or numbers", value=values["reads"]))
    return Imported(
        str(values["name"]),
        str(values["origin"]),
        tuple(layers),
        values["reads"],
        int(values["width"]),
        *(tuple(map(str, values[key])) for key in ("notes", "vocabulary", "columns")),
    )


def _check(layer: Layer) -> None:
    """Refuse a layer that nobody here can have written."""
    options = layer.options
    if layer.kind == "recurrent":
        cells.from_dict(options["cell"])
        if options["directions"] not in (1, 2) or options["merge"] not in MERGES:
            raise CheckpointError(
                _(
                    "{layer} reads in {value!r:.20} directions",
                    layer=layer.name,
                    value=options["directions"],
                )
            )
    elif layer.kind not in (*KINDS, *SEVERAL, "unknown"):
        raise CheckpointError(
            _("{layer} is of an unknown kind, {kind!r:.40}", layer=layer.name, kind=layer.kind)
        )
    if layer.kind == "merge" and options["what"] not in (*MERGED, "concatenate"):
        raise CheckpointError(
            _("{layer} merges in an unknown way, {what!r:.40}", layer=layer.name, what=options["what"])
        )
    if layer.kind == "attention" and options["score"] not in SCORES:
        raise CheckpointError(
            _("{layer} has an unknown score mode, {what!r:.40}", layer=layer.name, what=options["score"])
        )
    for name in ("activation", "function"):
        if name in options and options[name] not in ACTIVATIONS:
            raise CheckpointError(
                _(
                    "{layer} has an unknown {name}, {value!r:.40}",
                    layer=layer.name,
                    name=name,
                    value=options[name],
                )
            )
