"""The description of a network of Keras: which layers there are, and in which order they compute."""

import json
from collections.abc import Mapping
from typing import Any

from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .apart import Content
from .keras_graph import Row, rows_of
from .keras_nested import SEQUENTIAL, Described, layers_of


def parsed(text: str, name: str) -> dict[str, Any]:
    """The description as plain values; what is no object is refused."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            _("{name}: its description is not JSON: {error}", name=name, error=error)
        ) from None
    if not isinstance(found, dict):
        raise CheckpointError(
            _("{name}: its description is no object but {found!r:.40}", name=name, found=found)
        )
    return found


def version(content: Content, network: Mapping[str, Any]) -> str:
    """The version of Keras that wrote the file: the functions of one name differ."""
    metadata = content.files.get("metadata.json")
    found = content.texts.get("", {}).get("keras_version") or network.get("keras_version")
    if metadata:
        found = parsed(metadata, "metadata.json").get("keras_version", found)
    for group in ("model_weights",):
        found = found or content.texts.get(group, {}).get("keras_version")
    return str(found or "")


def layers(network: Mapping[str, Any], name: str) -> tuple[list[Row], list[Described]]:
    """The calls of layers in the order of computing, and the layers of the model in that of the file."""
    kind, config = str(network.get("class_name")), network.get("config")
    listed = layers_of(kind, config, name)
    if kind != SEQUENTIAL or any(layer.is_model for layer in listed):
        return rows_of(kind, config, name), listed
    return [Row(one.kind, one.settings, one.name, one.name) for one in listed], listed
