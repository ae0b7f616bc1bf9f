"""Starts the processes that look at untrusted bytes (`reader`, `onnx_check`), and takes back what they "
"found."""

import importlib.util
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core import limits, places
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _, language

MISSING = N_('files of Keras need h5py: pip install "rnnviz[import]" (or h5py alone)')


@dataclass(frozen=True)
class Content:
    """What an HDF5 file holds."""

    files: dict[str, str]  # config.json and metadata.json of a .keras archive
    texts: dict[str, dict[str, Any]]  # group -> its descriptions: a text, or a list of texts
    arrays: dict[str, np.ndarray]  # path -> numbers


def read(path: File) -> Content:
    """Read an HDF5 file or a ``.keras`` archive in a process of its own.

    Raises
    ------
    CheckpointError
        When h5py is missing, or the file is damaged, too large, or holds what no weights file holds.
    """
    if importlib.util.find_spec("h5py") is None:
        raise CheckpointError(_(MISSING))
    numbers = (limits.IMPORT_UNPACKED_BYTES, limits.IMPORT_TENSORS, limits.IMPORT_CONFIG_BYTES)
    found = _run("reader", numbers, path.name, path.read_bytes())
    size = int.from_bytes(found[:8], "little")
    header = json.loads(found[8 : 8 + size])
    if "error" in header:
        raise CheckpointError(f"{path.name}: {header['error']}")
    arrays, start = {}, 8 + size
    for name, (shape, kind) in header["arrays"].items():
        dtype, count = np.dtype(kind), math.prod(shape)
        arrays[name] = np.frombuffer(found, dtype, count, start).reshape(shape)
        start += count * dtype.itemsize
    return Content(header["files"], header["texts"], arrays)


def check_onnx(content: bytes, name: str) -> None:
    """Have a file of ONNX counted before it is parsed here.

    Raises
    ------
    CheckpointError
        When it is damaged, or holds too much.
    """
    said = json.loads(_run("onnx_check", (10 * limits.IMPORT_LAYERS, limits.IMPORT_TENSORS), name, content))
    if "error" in said:
        raise CheckpointError(f"{name}: {said['error']}")


def _run(module: str, numbers: tuple[int, ...], name: str, content: bytes) -> bytes:
    """What a module of this package writes that is given the bytes of a file."""
    command = [sys.executable, "-m", f"rnnviz_core.importing.{module}", language(), *map(str, numbers)]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=limits.IMPORT_SECONDS,
            cwd=places.PACKAGE.parent,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise CheckpointError(
            _(
                "{name} took more than {limit} seconds to read and was left",
                name=name,
                limit=limits.IMPORT_SECONDS,
            )
        ) from None
    if done.returncode or not done.stdout:
        raise CheckpointError(
            _(
                "{name} is damaged: reading it failed (code {code})",
                name=name,
                code=done.returncode,
            )
        )
    return done.stdout


def _environment() -> dict[str, str]:
    """Of the child: one thread, no plug-ins of HDF5, and only what Python itself needs to start."""
    import os

    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "TEMP")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return found | dict.fromkeys(threads, "1") | {"HDF5_PLUGIN_PRELOAD": "::"}
