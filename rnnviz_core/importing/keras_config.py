"""The description of a network of Keras: which layers there are, and in which order they compute."""

import json
from collections.abc import Mapping
from typing import Any

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .apart import Content
from .keras_graph import Row, rows_of


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


def layers(network: Mapping[str, Any], name: str) -> tuple[list[Row], list[Row]]:
    """The calls of layers in the order of computing, and all layers in the order of the file."""
    kind, config = network.get("class_name"), network.get("config")
    rows = config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
    if not isinstance(rows, list) or not rows:
        raise CheckpointError(
            _(
                "{name}: its description lists no layers (it is of the class {kind!r:.40})",
                name=name,
                kind=kind,
            )
        )
    if len(rows) > limits.IMPORT_LAYERS:
        raise CheckpointError(
            _(
                "{name} has {count} layers; the limit is {limit}",
                name=name,
                count=len(rows),
                limit=limits.IMPORT_LAYERS,
            )
        )
    if not all(isinstance(row, dict) and isinstance(row.get("config"), dict) for row in rows):
        raise CheckpointError(_("{name}: a layer in its description has no settings", name=name))
    used: dict[str, int] = {}
    listed = []
    for row in rows:
        settings, what = row["config"], str(row.get("class_name"))
        called = str(settings.get("name") or row.get("name") or f"{what.lower()}_{used.get(what, 0) + 1}")
        used[what] = used.get(what, 0) + 1
        listed.append(Row(what, settings, called, called))
    if kind == "Sequential":
        return listed, listed
    return rows_of(config if isinstance(config, dict) else {}, rows, name), listed
