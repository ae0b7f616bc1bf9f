"""Starts the process that reads HDF5 (`reader`), and takes back what it found."""

import importlib.util
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError

MISSING = 'files of Keras need h5py: pip install "rnnviz[import]" (or h5py alone)'
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Content:
    """What an HDF5 file holds."""

    files: dict[str, str]  # config.json and metadata.json of a .keras archive
    texts: dict[str, dict[str, Any]]  # group -> its descriptions: a text, or a list of texts
    arrays: dict[str, np.ndarray]  # path -> numbers


def read(path: Path) -> Content:
    """Read an HDF5 file or a ``.keras`` archive in a process of its own.

    Raises
    ------
    CheckpointError
        When h5py is missing, or the file is damaged, too large, or holds what no weights file holds.
    """
    if importlib.util.find_spec("h5py") is None:
        raise CheckpointError(MISSING)
    numbers = (limits.IMPORT_UNPACKED_BYTES, limits.IMPORT_TENSORS, limits.IMPORT_CONFIG_BYTES)
    command = [sys.executable, "-m", "rnnviz_core.importing.reader", *map(str, numbers)]
    try:
        with path.open("rb") as file:
            done = subprocess.run(
                command,
                stdin=file,
                capture_output=True,
                timeout=limits.IMPORT_SECONDS,
                cwd=ROOT,
                check=False,
                env=_environment(),
            )
    except subprocess.TimeoutExpired:
        raise CheckpointError(
            f"{path.name} took more than {limits.IMPORT_SECONDS} seconds to read and was left"
        ) from None
    if done.returncode or len(done.stdout) < 8:
        raise CheckpointError(f"{path.name} is damaged: reading it failed (code {done.returncode})")
    size = int.from_bytes(done.stdout[:8], "little")
    header = json.loads(done.stdout[8 : 8 + size])
    if "error" in header:
        raise CheckpointError(f"{path.name}: {header['error']}")
    arrays, start = {}, 8 + size
    for name, (shape, kind) in header["arrays"].items():
        dtype, count = np.dtype(kind), math.prod(shape)
        arrays[name] = np.frombuffer(done.stdout, dtype, count, start).reshape(shape)
        start += count * dtype.itemsize
    return Content(header["files"], header["texts"], arrays)


def _environment() -> dict[str, str]:
    """Of the child: one thread, no plug-ins of HDF5, and only what Python itself needs to start."""
    import os

    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "TEMP")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return found | dict.fromkeys(threads, "1") | {"HDF5_PLUGIN_PRELOAD": "::"}
