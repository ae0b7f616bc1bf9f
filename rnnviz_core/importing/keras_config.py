"""The description of a network of Keras: which layers there are, and in which order they compute."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .apart import Content


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


def layers(network: Mapping[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Class, settings and name of each layer in the order of computing."""
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
    if kind != "Sequential":
        rows = list(_chain(rows, name))
    used: dict[str, int] = {}
    for row in rows:
        settings, what = row["config"], str(row.get("class_name"))
        called = settings.get("name") or row.get("name") or f"{what.lower()}_{used.get(what, 0) + 1}"
        used[what] = used.get(what, 0) + 1
        yield what, settings, str(called)


def _chain(rows: Sequence[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    """The layers of a functional model, as long as each reads the one before it alone."""
    by_name = {str(row.get("name") or row["config"].get("name")): row for row in rows}
    before = {called: _inbound(row, set(by_name)) for called, row in by_name.items()}
    starts = [called for called, read in before.items() if not read]
    if len(starts) != 1:
        raise CheckpointError(
            _(
                "{name} has {count} inputs ({listed}); networks of one input are opened",
                name=name,
                count=len(starts),
                listed=", ".join(starts[:4]),
            )
        )
    called: str | None = starts[0]
    passed = set()
    while called is not None:
        passed.add(called)
        yield by_name[called]
        following = [other for other, read in before.items() if called in read and other not in passed]
        alone = [other for other in following if before[other] == {called}]
        if len(following) == 1 and len(alone) == 1:
            called = following[0]
        elif following:
            joined = next(iter(following))
            row = by_name[joined]
            words = _("it reads several layers")
            if len(following) > 1:
                words = _("several layers read {layer}", layer=called)
            yield {
                "class_name": "a branch",
                "config": {"name": joined, "_words": f"{row.get('class_name')}: {words}"},
            }
            return
        else:
            return


def _inbound(row: Mapping[str, Any], known: set[str]) -> set[str]:
    """The layers that a layer reads; the three generations of Keras write them down in different ways."""
    found: set[str] = set()
    waiting: list[Any] = [row.get("inbound_nodes") or []]
    for _round in range(10_000):
        if not waiting:
            break
        value = waiting.pop()
        if isinstance(value, dict):
            history = (
                value.get("config", {}).get("keras_history")
                if isinstance(value.get("config"), dict)
                else None
            )
            if isinstance(history, list) and history and str(history[0]) in known:
                found.add(str(history[0]))
            waiting += list(value.values())
        elif isinstance(value, list):
            if (
                len(value) >= 3
                and isinstance(value[0], str)
                and value[0] in known
                and isinstance(value[1], int)
            ):
                found.add(value[0])
            waiting += value
    return found
