"""Models inside a model of Keras: which layers a model lists, and those of the models among them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

SEQUENTIAL = "Sequential"
MODELS = (SEQUENTIAL, "Functional", "Model")


class Described(NamedTuple):
    """A layer as a model lists it: its class, its settings, its name there, and the whole row."""

    kind: str
    settings: Any  # a dictionary; of a Sequential of Keras 1 a list
    name: str
    row: Mapping[str, Any]

    @property
    def is_model(self) -> bool:
        """Whether it is a model that lists layers of its own."""
        return self.kind in MODELS and bool(_rows(self.settings))


def _rows(config: Any) -> Any:
    return config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None


def layers_of(kind: str, config: Any, name: str) -> list[Described]:
    """The layers that a model lists, in the order of the file; `name` is the file's, for messages.

    Raises
    ------
    CheckpointError
        When it lists none, too many, two of one name, or one without settings.
    """
    rows = _rows(config)
    if not isinstance(rows, list) or not rows:
        raise CheckpointError(
            _(
                "{name}: its description lists no layers (it is of the class {kind!r:.40})",
                name=name,
                kind=kind,
            )
        )
    check_count(len(rows), name)
    used: dict[str, int] = {}
    found: dict[str, Described] = {}
    for row in rows:
        settings = row.get("config") if isinstance(row, dict) else None
        what = str(row.get("class_name")) if isinstance(row, dict) else ""
        if not isinstance(settings, dict) and not (what in MODELS and isinstance(settings, list)):
            raise CheckpointError(_("{name}: a layer in its description has no settings", name=name))
        own = settings.get("name") if isinstance(settings, dict) else ""
        called = str(own or row.get("name") or f"{what.lower()}_{used.get(what, 0) + 1}")
        used[what] = used.get(what, 0) + 1
        if called in found:
            raise CheckpointError(_("{name}: two layers have the name {layer:.60}", name=name, layer=called))
        found[called] = Described(what, settings, called, row)
    return list(found.values())


def check_count(count: int, name: str) -> None:
    """Refuse a network of too many layers, or calls of layers."""
    if count > limits.IMPORT_LAYERS:
        raise CheckpointError(
            _(
                "{name} has {count} layers; the limit is {limit}",
                name=name,
                count=count,
                limit=limits.IMPORT_LAYERS,
            )
        )


def check_depth(depth: int, name: str) -> None:
    """Refuse models that are nested without an end."""
    if depth > limits.IMPORT_NESTED:
        raise CheckpointError(
            _(
                "{name} nests models deeper than {limit} levels, the limit",
                name=name,
                limit=limits.IMPORT_NESTED,
            )
        )


def leaves(
    layers: Sequence[Described], name: str, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Described]]:
    """The layers that are no models, each with the names of the models it is in and its own."""
    check_depth(len(path), name)
    for layer in layers:
        if layer.is_model:
            inside = layers_of(layer.kind, layer.settings, name)
            yield from leaves(inside, name, (*path, layer.name))
        else:
            yield (*path, layer.name), layer


def joined(path: Sequence[str]) -> str:
    """What a layer of a model inside is called: ``encoder.lstm``."""
    return ".".join(path)
