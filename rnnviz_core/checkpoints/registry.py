"""The registry of trained models: ``checkpoints/<id>/``.

A checkpoint is a folder of ``model.safetensors`` (fp16), ``spec.json``, ``metrics.json``, ``card.md`` and a
SentencePiece model per tokenizer, its own or shared (`rnnviz_core.checkpoints.vocabularies`). Nothing in it
is ever unpickled, and nothing is believed: sizes, names and shapes are checked before use.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from rnnviz_core import limits, places
from rnnviz_core.contracts.task import read_spec, task_of_spec
from rnnviz_core.errors import CheckpointError, SpecError
from rnnviz_core.models.components import Lookup
from rnnviz_core.models.specs import ModelSpec

from . import vocabularies
from .files import read, read_json, replace

WEIGHTS, SPEC, METRICS, CARD = "model.safetensors", "spec.json", "metrics.json", "card.md"
Model = Any  # a network of any task: `rnnviz_core.models.network.Network`, and a `torch.nn.Module`


@dataclass(frozen=True)
class Entry:
    """What is known of a checkpoint without loading its weights."""

    id: str
    path: Path | None  # its folder; None for a network in memory
    spec: Any  # the `ModelSpec` of its task
    parameters: int  # numbers in the weights file
    bytes: int  # of all its files, shared tokenizers included
    metrics: Mapping[str, Any]
    card: str

    @property
    def folder(self) -> Path:
        """The folder of its files, or a `CheckpointError` for a network in memory."""
        if self.path is None:
            raise CheckpointError(f"{self.id} lies in no folder: it was never saved")
        return self.path

    @property
    def scores(self) -> Mapping[str, float]:
        """Test scores by name, for example ``accuracy5``; empty when none were measured."""
        return self.metrics.get("scores", {})


@dataclass(frozen=True)
class Scan:
    """What a folder of checkpoints holds: those that can be used, and what is wrong with the rest."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]

    def find(self, model_id: str) -> Entry:
        """The entry of an id, or a `CheckpointError` that lists the ids."""
        for entry in self.entries:
            if entry.id == model_id:
                return entry
        known = ", ".join(entry.id for entry in self.entries) or "none: train one first"
        raise CheckpointError(f"unknown model {model_id!r}; choose one of {known}")


def _read_spec(folder: Path) -> ModelSpec:
    try:
        return read_spec(read_json(folder / SPEC))
    except SpecError as error:
        raise CheckpointError(f"{folder.name}/{SPEC}: {error}") from None


def read_entry(folder: Path) -> Entry:
    """What is known of one checkpoint; `CheckpointError` names the file that is wrong."""
    spec = _read_spec(folder)
    parameters = sum(math.prod(shape) for shape in _shapes(folder / WEIGHTS).values())
    metrics = read_json(folder / METRICS) if (folder / METRICS).exists() else {}
    scores = metrics.get("scores", {})
    if not isinstance(scores, dict) or not all(isinstance(score, int | float) for score in scores.values()):
        raise CheckpointError(f"{folder.name}/{METRICS}: scores must map names to numbers")
    card = b""
    if (folder / CARD).exists():
        card = read(folder / CARD, limits.TEXT_FILE_BYTES)
    files = {*(file for file in folder.iterdir() if file.is_file()), *vocabularies.files(folder)}
    size = sum(file.stat().st_size for file in files)
    return Entry(folder.name, folder, spec, parameters, size, metrics, card.decode(errors="replace"))


def scan(folder: str | Path) -> Scan:
    """Look at every checkpoint in a folder; damaged ones become `problems`, in words."""
    entries, problems = [], []
    try:
        found = (path for path in Path(folder).iterdir() if path.is_dir() and path.name[0] != ".")
        folders = sorted(path for path in found if path.name != vocabularies.SHELF)
    except OSError as error:
        return Scan((), (f"the folder {Path(folder).name!r} cannot be read: {error.strerror}",))
    for path in folders:
        try:
            entries.append(read_entry(path))
        except CheckpointError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path.name} cannot be read: {error.strerror}")
    return Scan(tuple(entries), tuple(problems))


def _shapes(path: Path) -> dict[str, list[int]]:
    name = f"{path.parent.name}/{path.name}"
    try:
        size = path.stat().st_size
        if size > limits.CHECKPOINT_BYTES:
            raise CheckpointError(f"{name} has {size} bytes; the limit is {limits.CHECKPOINT_BYTES}")
        with safe_open(path, framework="pt") as file:
            return {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise CheckpointError(f"{name} cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise CheckpointError(f"{name} is damaged or not safetensors: {error}") from None


def load(folder: str | Path) -> Model:
    """Load a checkpoint as a float32 model in evaluation mode; torch's global random state stays as it is.

    Parameters
    ----------
    folder
        A checkpoint, or the id of a shipped model (``"sentiment-lstm"``) if the working directory has nothing
        of that name.

    Raises
    ------
    CheckpointError
        Names the file that is missing, damaged, oversized or of the wrong shape.
    """
    folder = Path(folder)
    shipped = places.shipped() / folder.name
    if folder == Path(folder.name) and not folder.exists() and (shipped / SPEC).is_file():
        folder = shipped
    spec = _read_spec(folder)
    task = task_of_spec(spec)
    tokenizers = {}
    for name in task.vocabularies:
        tokenizers[name] = vocabularies.load(folder, name)
    with torch.device("meta"):  # shapes only: nothing is drawn at random just to be overwritten
        model: Any = task.build(spec, tokenizers, folder.name)
    expected = {key: list(value.shape) for key, value in model.state_dict().items()}
    found = _shapes(folder / WEIGHTS)
    for key in expected | found:
        if expected.get(key) != found.get(key):
            raise CheckpointError(
                f"{folder.name}/{WEIGHTS}: {key} has shape {found.get(key, 'nothing')}; "
                f"{SPEC} asks for {expected.get(key, 'nothing')}"
            )
    weights = {}
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        for key in expected:
            weights[key] = file.get_tensor(key).float()
            if not weights[key].isfinite().all():
                raise CheckpointError(f"{folder.name}/{WEIGHTS}: {key} holds numbers that are not finite")
    model.load_state_dict(weights, assign=True)  # they become the parameters: nothing is held twice
    return model.requires_grad_(False).eval()


def keep_in_file(model: Model, folder: Path, *, tables_only: bool = False) -> list[torch.Tensor]:
    """Let the weights stand in the checkpoint's file, as it was mapped into memory: fp16, not float32.

    A text looks up a few rows of thousands: of a mapped table only these are ever read from the disk. What
    computes is a copy in float32, see `in_single_precision`; with `tables_only` the network as it is. Only
    for files that nobody writes over: `save` puts a new file in the place of an old one, which lives on as
    long as it is mapped. Weights of another type than fp16 are left as they are. Returns the mapped ones.
    """
    kept: list[torch.Tensor] = []
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        for name, module in model.named_modules():
            if tables_only and not isinstance(module, Lookup):
                continue
            for own, _weight in list(module.named_parameters(recurse=False)):
                mapped = file.get_tensor(f"{name}.{own}" if name else own)
                if mapped.dtype == torch.float16:
                    setattr(module, own, nn.Parameter(mapped, requires_grad=False))
                    kept.append(getattr(module, own))
    return kept


def save(
    model: Model,
    folder: str | Path,
    metrics: Mapping[str, Any] | None = None,
    card: str = "",
    *,
    shared: bool = False,
) -> Path:
    """Write a checkpoint, weights in fp16; every file is written completely or not at all.

    With `shared`, its tokenizers are stored beside the folder, shared by checkpoints with the same ones.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.detach().half().contiguous() for key, value in model.state_dict().items()}
    replace(folder / WEIGHTS, lambda path: save_file(weights, path))
    write = {SPEC: json.dumps(model.spec.to_dict(), indent=2) + "\n"}
    if metrics is not None:
        write[METRICS] = json.dumps(dict(metrics), indent=2) + "\n"
    if card:
        write[CARD] = card
    for name, text in write.items():
        replace(folder / name, partial(Path.write_text, data=text, encoding="utf-8"))
    (vocabularies.share if shared else vocabularies.keep)(folder, model.tokenizers)
    return folder
