"""A history on disk: one safetensors file with figures, a JSON header, and snapshots of the weights in fp16.

Nothing in it is unpickled, and nothing is believed: sizes, names and shapes are checked before use.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes
from safetensors.torch import save as save_bytes

from rnnviz_core import limits
from rnnviz_core.checkpoints.files import replace
from rnnviz_core.contracts.task import read_spec, task_of_spec
from rnnviz_core.errors import CheckpointError, RnnvizError
from rnnviz_core.inputs.kept_pieces import KeptPieces
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import EOS
from rnnviz_core.languages import _
from rnnviz_core.models.network import Network

FILE = "history.safetensors"
FORMAT = 1
SNAPSHOT = "snapshot."
STEPS = ("step", "steps", "loss", "rate", "norm", "largest", "clipped", "cut")
LOOKS = ("low", "high", "horizon", "value")


@dataclass(frozen=True)
class Probe:
    """A text that a network reads at every moment that is kept."""

    text: str
    of: str | None = None  # what gradients are taken of: see `rnnviz_core.derivatives.gradients`
    tokens: tuple[Token, ...] = ()  # its pieces; their ids count the rows of the embedding that were kept


@dataclass(frozen=True, eq=False)
class History:
    """What a training run looked like from inside.

    Attributes
    ----------
    about
        Plain values: ``title``, ``line``, ``command``, ``config``, and whatever else was stored with the run.
    spec
        The spec of the network as plain values; None if it is not a network of this project.
    gates, layers
        The names of the columns of ``low`` and ``high``, and of those of ``horizon``.
    probes
        The texts on which the network was recorded.
    epochs
        A row of the run's log per epoch, and ``step``, the number of updates done by its end.
    steps
        Figures of updates by name, each (row): ``step`` (the last update of the row), ``steps`` (updates in
        it), ``loss`` (nats, their mean), ``rate``, ``norm`` (mean of the gradient before clipping),
        ``largest`` (of these), ``clipped`` (mean after clipping), ``cut`` (updates that were clipped).
    moments
        The number of updates done at each recorded moment; 0 is before training.
    probe_figures
        Figures at these moments: ``low``, ``high`` (moment, gate), ``horizon`` (moment, layer), ``value``
        (moment, probe); see `rnnviz_core.training.probe_figures.ProbeFigures`.
    reach
        (probe, layer) -> (moment, step): the norm of the gradient with respect to the hidden state.
    snapshots
        Indices into `moments` whose weights are stored.
    """

    about: Mapping[str, Any]
    spec: Mapping[str, Any] | None
    gates: tuple[str, ...]
    layers: tuple[str, ...]
    probes: tuple[Probe, ...]
    epochs: tuple[Mapping[str, Any], ...]
    steps: Mapping[str, np.ndarray]
    moments: tuple[int, ...]
    probe_figures: Mapping[str, np.ndarray]
    reach: Mapping[tuple[int, str], np.ndarray]
    snapshots: tuple[int, ...] = ()
    pieces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # vocabulary -> pieces that were kept
    read: Callable[[int], dict[str, torch.Tensor]] | None = field(default=None, repr=False)

    @classmethod
    def load(cls, source: str | Path | bytes) -> "History":
        """Read a file, or the bytes of one. Snapshots in a file are read on demand.

        Raises
        ------
        CheckpointError
            When it is missing, too large, damaged, or no history.
        """
        name = "history" if isinstance(source, bytes) else Path(source).name
        try:
            return _load(source)
        except OSError as error:
            raise CheckpointError(
                _("{name} cannot be read: {error}", name=name, error=error.strerror or error)
            ) from None
        except SafetensorError as error:
            raise CheckpointError(
                _("{name} is damaged or not safetensors: {error}", name=name, error=error)
            ) from None
        except RnnvizError as error:
            raise CheckpointError(_("{name} cannot be read: {error}", name=name, error=error)) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            raise CheckpointError(
                _("{name} is not a history that can be read: {error!r:.120}", name=name, error=error)
            ) from None

    def weights(self, snapshot: int) -> dict[str, torch.Tensor]:
        """The weights of a snapshot (an index into `snapshots`), float32.

        Raises
        ------
        CheckpointError
            When there is none of that number, or the file has changed.
        """
        if self.read is None or not 0 <= snapshot < len(self.snapshots):
            raise CheckpointError(
                _(
                    "there is no snapshot {snapshot}; the history has {count}",
                    snapshot=snapshot,
                    count=len(self.snapshots),
                )
            )
        try:
            return {name: weight.float() for name, weight in self.read(snapshot).items()}
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                _("snapshot {snapshot} cannot be read: {error}", snapshot=snapshot, error=error)
            ) from None

    def network(self, snapshot: int) -> Network:
        """The network as it was, in evaluation mode; of its vocabulary only what the probes need.

        Raises
        ------
        CheckpointError
            When the weights do not fit the spec, or are not finite.
        """
        if self.spec is None:
            raise CheckpointError(_("the history names no network that this version can build"))
        spec = read_spec(self.spec)
        texts = {probe.text: probe.tokens for probe in self.probes}
        kept: dict[str, Any] = {name: KeptPieces(pieces, texts) for name, pieces in self.pieces.items()}
        if missing := set(task_of_spec(spec).vocabularies) - set(kept):
            raise CheckpointError(_("it holds no pieces of the vocabulary {missing!r}", missing=min(missing)))
        with torch.device("meta"):
            model: Any = task_of_spec(spec).build(spec, kept, f"{self.about.get('name', spec.model_id)}")
        weights = self.weights(snapshot)
        expected = {name: value.shape for name, value in model.state_dict().items()}
        for name in expected | weights:
            found = weights[name].shape if name in weights else None
            if expected.get(name) != found:
                raise CheckpointError(
                    _(
                        "snapshot {snapshot}: {name} is {found}, not {wanted}",
                        snapshot=snapshot,
                        name=name,
                        found=found,
                        wanted=expected.get(name),
                    )
                )
            if not weights[name].isfinite().all():
                raise CheckpointError(
                    _(
                        "snapshot {snapshot}: {name} holds numbers that are not finite",
                        snapshot=snapshot,
                        name=name,
                    )
                )
        model.load_state_dict(weights, assign=True)
        network: Network = model.requires_grad_(False).eval()
        return network

    @property
    def updates(self) -> int:
        """How many updates the run did."""
        return int(self.steps["step"][-1]) if len(self.steps["step"]) else 0


def to_bytes(history: History, snapshots: Sequence[Mapping[str, torch.Tensor]]) -> bytes:
    """The file of a history; `snapshots` are those of its `snapshots`, in fp16."""
    header = {
        "format": FORMAT,
        "about": dict(history.about),
        "spec": None if history.spec is None else dict(history.spec),
        "gates": list(history.gates),
        "layers": list(history.layers),
        "probes": [
            {"text": probe.text, "of": probe.of, "tokens": [_plain(token) for token in probe.tokens]}
            for probe in history.probes
        ],
        "epochs": [dict(row) for row in history.epochs],
        "snapshots": list(history.snapshots),
        "pieces": {name: list(pieces) for name, pieces in history.pieces.items()},
    }
    arrays: dict[str, np.ndarray] = {f"step.{name}": history.steps[name] for name in STEPS}
    arrays |= {f"look.{name}": history.probe_figures[name].astype(np.float32) for name in LOOKS}
    arrays["look.step"] = np.asarray(history.moments, dtype=np.int32)
    arrays |= {
        f"reach.{probe}.{layer}": values.astype(np.float32)
        for (probe, layer), values in history.reach.items()
    }
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    for number, weights in enumerate(snapshots):
        tensors |= {f"{SNAPSHOT}{number}.{name}": weight.contiguous() for name, weight in weights.items()}
    found: bytes = save_bytes(tensors, {"history": json.dumps(header)})
    return found


def save(history: History, snapshots: Sequence[Mapping[str, torch.Tensor]], path: Path) -> None:
    """Write a history; the file appears whole or not at all."""
    content = to_bytes(history, snapshots)
    replace(path, lambda temporary: temporary.write_bytes(content))


def _plain(token: Token) -> list[Any]:
    return [token.text, token.id, token.start, token.end, *([] if token.value is None else [token.value])]


def _token(row: Sequence[Any]) -> Token:
    text, id_, start, end, *value = row
    return Token(str(text), int(id_), int(start), int(end), *map(float, value))


def _load(source: str | Path | bytes) -> History:
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if size > limits.HISTORY_BYTES:
        raise CheckpointError(
            _("it has {size} bytes; the limit is {limit}", size=size, limit=limits.HISTORY_BYTES)
        )
    if isinstance(source, bytes):
        tensors = load_bytes(source)
        metadata = _metadata(source)

        def read(number: int) -> dict[str, torch.Tensor]:
            return _of_snapshot(tensors, number)

        figures = {name: tensors[name].numpy() for name in tensors if not name.startswith(SNAPSHOT)}
        names = set(tensors)
    else:
        path = Path(source)

        def read(number: int) -> dict[str, torch.Tensor]:
            with safe_open(path, framework="pt") as file:
                known = dict.fromkeys(file.keys())
                wanted = _of_snapshot(known, number)
                return {name: file.get_tensor(f"{SNAPSHOT}{number}.{name}") for name in wanted}

        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = set(file.keys())
            figures = {name: file.get_tensor(name).numpy() for name in names if not name.startswith(SNAPSHOT)}
    if "history" not in metadata:
        raise CheckpointError(_("it holds no history: `train` writes one beside its log"))
    if len(metadata["history"]) > limits.HISTORY_HEADER_BYTES:
        raise CheckpointError(
            _(
                "its header has {count} characters; the limit is {limit}",
                count=len(metadata["history"]),
                limit=limits.HISTORY_HEADER_BYTES,
            )
        )
    return _checked(json.loads(metadata["history"]), figures, names, read)


def _metadata(content: bytes) -> dict[str, str]:
    """The metadata of safetensors bytes that the library has read, and so checked, already."""
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return found


def _of_snapshot(tensors: Mapping[str, Any], number: int) -> dict[str, Any]:
    start = f"{SNAPSHOT}{number}."
    return {name.removeprefix(start): tensors[name] for name in tensors if name.startswith(start)}


def _checked(
    header: dict[str, Any],
    figures: dict[str, np.ndarray],
    names: set[str],
    read: Callable[[int], dict[str, torch.Tensor]],
) -> History:
    """A history of what a file holds, where it all fits together."""
    if header["format"] != FORMAT:
        raise CheckpointError(
            _("its format is {value!r}; this version reads {own}", value=header["format"], own=FORMAT)
        )
    if not isinstance(header["about"], dict):
        raise CheckpointError(_("it does not say what it is about"))
    if header["spec"] is not None:
        read_spec(header["spec"])
    gates, layers = tuple(map(str, header["gates"])), tuple(map(str, header["layers"]))
    probes = tuple(
        Probe(str(one["text"]), one["of"] and str(one["of"]), tuple(map(_token, one["tokens"])))
        for one in header["probes"]
    )
    if len(probes) > limits.HISTORY_PROBES or any(len(one.tokens) > limits.STEPS for one in probes):
        raise CheckpointError(
            _("it has more than {limit} texts, or one of them is too long", limit=limits.HISTORY_PROBES)
        )
    steps = {name: _figures(figures, f"step.{name}", (-1,)) for name in STEPS}
    rows = len(steps["step"])
    for name, values in steps.items():
        if len(values) != rows:
            raise CheckpointError(
                _(
                    "it has {count} values of {name!r} for {rows} rows",
                    count=len(values),
                    name=name,
                    rows=rows,
                )
            )
    moments = _figures(figures, "look.step", (-1,))
    if len(moments) > limits.HISTORY_MOMENTS or np.any(np.diff(moments) <= 0):
        raise CheckpointError(_("it has {count} moments, or they are not in order", count=len(moments)))
    count = len(moments)
    widths = {"low": len(gates), "high": len(gates), "horizon": len(layers), "value": len(probes)}
    probe_figures = {
        name: _figures(figures, f"look.{name}", (count, width)) for name, width in widths.items()
    }
    reach = {}
    for name in sorted(figures):
        if name.startswith("reach."):
            _start, probe, layer = name.split(".", 2)
            if not 0 <= int(probe) < len(probes):
                raise CheckpointError(_("{name!r} belongs to no text", name=name))
            reach[int(probe), layer] = _figures(figures, name, (count, -1))
    snapshots = tuple(int(place) for place in header["snapshots"])
    if list(snapshots) != sorted(set(snapshots)) or not all(0 <= place < count for place in snapshots):
        raise CheckpointError(_("its snapshots are not among its moments"))
    there = {name.removeprefix(SNAPSHOT).split(".", 1)[0] for name in names if name.startswith(SNAPSHOT)}
    if there != {str(number) for number in range(len(snapshots))}:
        raise CheckpointError(
            _("it names {named} snapshots, and holds {held}", named=len(snapshots), held=len(there))
        )
    epochs = tuple(_epoch(row) for row in header["epochs"])
    if any(row.keys() != epochs[0].keys() for row in epochs):
        raise CheckpointError(_("its epochs have other figures each"))
    pieces = {str(name): tuple(map(str, kept)) for name, kept in header["pieces"].items()}
    most = max(map(len, pieces.values()), default=0)
    if any(len(kept) <= EOS for kept in pieces.values()):
        raise CheckpointError(_("its vocabulary lacks the special pieces"))
    for one in probes if pieces else ():
        if any(not 0 <= token.id < most for token in one.tokens):
            raise CheckpointError(_("the text “{text:.40}” has pieces that were not kept", text=one.text))
    return History(
        header["about"],
        header["spec"],
        gates,
        layers,
        probes,
        epochs,
        steps,
        tuple(int(step) for step in moments),
        probe_figures,
        reach,
        snapshots,
        pieces,
        read,
    )


def _figures(figures: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of numbers of the shape that it must have; -1: any length up to the limit."""
    array = figures[name]
    fits = array.ndim == len(shape) and all(
        found == wanted or (wanted == -1 and found <= limits.HISTORY_ROWS)
        for found, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits or array.dtype.kind not in "fi":
        raise CheckpointError(
            _(
                "{name!r} has the shape {shape}; it must be {wanted}",
                name=name,
                shape=array.shape,
                wanted=shape,
            )
        )
    return array


def _epoch(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the log: numbers by name."""
    found = {str(name): value for name, value in row.items() if isinstance(value, int | float)}
    if not all(math.isfinite(value) for value in (found["epoch"], found["step"])):
        raise CheckpointError(_("an epoch has no number"))
    if "train_loss" not in found or found["epoch"] < 1 or found["step"] < 1:
        raise CheckpointError(_("epoch {epoch:g} has no training loss, or no update", epoch=found["epoch"]))
    return found
