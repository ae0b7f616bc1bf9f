"""The tensors of a file of PyTorch, none of which is run: ``.safetensors``, and pickles of weights alone.

A pickle is looked at, instruction by instruction, before torch's own reader for weights alone
(``weights_only=True``) may have it: it must ask for nothing but tensors, dicts and lists.
"""

import io
import json
import math
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _

_DEPTH = 6  # dicts within dicts
_PICKLED = N_(
    "{name} holds a whole model ({what}), which cannot be opened without running its code. Where it was "
    'made: model = torch.load("{name}", weights_only=False)  and then  '
    'torch.save(model.state_dict(), "weights.pt")'
)
_PLAIN = {
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor",
    "collections OrderedDict",
    "torch Size",
    "torch.serialization _get_layout",
    "torch device",
    "builtins set",
    "__builtin__ set",
    "_codecs encode",
}
_STORAGE = re.compile(
    r"torch(\.storage)? \w*Storage|torch (float|double|half|bfloat|int|long|short|uint|bool)\w*"
)


def tensors(path: File, kind: str) -> dict[str, np.ndarray]:
    """Every tensor of a file by name, as float32 (whole numbers stay out).

    Raises
    ------
    CheckpointError
        When the file is damaged, too large, or holds more than weights.
    """
    found = _safetensors(path) if kind == "safetensors" else _pickled(path, kind)
    check_size({name: tuple(tensor.shape) for name, tensor in found.items()}, path.name)
    arrays = {}
    for name, tensor in found.items():
        if tensor.is_floating_point() or tensor.is_quantized:
            plain = tensor.dequantize() if tensor.is_quantized else tensor
            arrays[name] = plain.detach().to_dense().float().contiguous().numpy()
    if not arrays:
        raise CheckpointError(_("{file} holds no weights", file=path.name))
    return arrays


def _safetensors(path: File) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            rest = path.stat().st_size - 8
            if size > min(rest, limits.IMPORT_CONFIG_BYTES):
                raise CheckpointError(
                    _(
                        "{file} says that its header has {size} bytes; the file has {rest}, and the "
                        "limit is {limit}",
                        file=path.name,
                        size=size,
                        rest=rest,
                        limit=limits.IMPORT_CONFIG_BYTES,
                    )
                )
            header = json.loads(file.read(size))
        shapes = {
            name: tuple(map(int, one["shape"])) for name, one in header.items() if name != "__metadata__"
        }
        check_size(shapes, path.name)
        if not isinstance(path, Path):
            return load_bytes(path.read_bytes())
        with safe_open(path, framework="pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except CheckpointError:
        raise
    except (
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        OSError,
    ) as error:
        raise CheckpointError(
            _("{file} is damaged, or not safetensors: {error}", file=path.name, error=error)
        ) from None


def _pickled(path: File, kind: str) -> dict[str, Tensor]:
    try:
        for pickled in _pickles(path, kind):
            _check_pickle(path.name, pickled)
        with path.open("rb") as file:
            loaded = torch.load(file, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except MemoryError:
        raise CheckpointError(_("{file} takes more memory than there is", file=path.name)) from None
    except Exception as error:  # any damage: the file is untrusted bytes
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise CheckpointError(
            _("{file} is damaged, or no file of weights: {said}", file=path.name, said=said)
        ) from None
    found: dict[str, Tensor] = {}
    _collect(loaded, "", found, 0)
    return found


def _pickles(path: File, kind: str) -> Iterator[bytes]:
    """The pickles of a file: one in an archive, several in a row in a file of torch before 1.6."""
    if kind == "torch":
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith("/data.pkl") or entry.filename == "data.pkl":
                    if entry.file_size > limits.IMPORT_CONFIG_BYTES:
                        raise CheckpointError(
                            _(
                                "{file}: its index has {size} bytes; the limit is {limit}",
                                file=path.name,
                                size=entry.file_size,
                                limit=limits.IMPORT_CONFIG_BYTES,
                            )
                        )
                    yield archive.read(entry)
        return
    data = path.read_bytes()
    stream = io.BytesIO(data)
    for _part in range(5):  # magic number, protocol, system, the dict, the keys of the storages
        start = stream.tell()
        for _operation, _argument, _place in pickletools.genops(stream):
            pass
        yield data[start : stream.tell()]


def _check_pickle(name: str, pickled: bytes) -> None:
    """Refuse a pickle that asks for anything but tensors and containers; nothing of it is run."""
    texts: list[str] = []
    for operation, argument, _place in pickletools.genops(pickled):
        if operation.name in ("SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8"):
            texts = [*texts[-1:], str(argument)]
        elif operation.name in ("GLOBAL", "STACK_GLOBAL"):
            asked = str(argument) if operation.name == "GLOBAL" else " ".join(texts[-2:])
            if asked in _PLAIN or _STORAGE.fullmatch(asked):
                continue
            raise CheckpointError(_(_PICKLED, name=name, what=asked.replace(" ", ".")[:80]))
        elif operation.name in ("INST", "OBJ", "EXT1", "EXT2", "EXT4", "NEWOBJ", "NEWOBJ_EX"):
            raise CheckpointError(_(_PICKLED, name=name, what=operation.name))


def _collect(value: Any, prefix: str, found: dict[str, Tensor], depth: int) -> None:
    """The tensors in dicts within dicts, by their path."""
    if isinstance(value, Tensor):
        found[prefix.rstrip(".")] = value
        if value.numel() * 4 > limits.IMPORT_UNPACKED_BYTES or len(found) > limits.IMPORT_TENSORS:
            raise CheckpointError(
                _(
                    "its {name} has {count} numbers, more than can be opened",
                    name=prefix.rstrip("."),
                    count=value.numel(),
                )
            )
    elif isinstance(value, Mapping) and depth < _DEPTH and len(value) <= limits.IMPORT_TENSORS:
        for name, part in value.items():
            if isinstance(name, str) and isinstance(part, Tensor | Mapping) and len(name) < 500:
                _collect(part, f"{prefix}{name}.", found, depth + 1)


def check_size(shapes: dict[str, tuple[int, ...]], name: str) -> None:
    """Refuse weights that would take too much memory as float32."""
    if len(shapes) > limits.IMPORT_TENSORS:
        raise CheckpointError(
            _(
                "{name} holds {count} arrays; the limit is {limit}",
                name=name,
                count=len(shapes),
                limit=limits.IMPORT_TENSORS,
            )
        )
    size = 4 * sum(math.prod(shape) for shape in shapes.values())
    if size > limits.IMPORT_UNPACKED_BYTES:
        raise CheckpointError(
            _(
                "the weights of {name} take {size} bytes; the limit is {limit}",
                name=name,
                size=size,
                limit=limits.IMPORT_UNPACKED_BYTES,
            )
        )
