"""Files of a checkpoint: read with a limit, named in every error, written whole or not at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError


def read(path: Path, limit: int) -> bytes:
    """The bytes of a file that has at most `limit` of them."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise CheckpointError(f"{path.parent.name}/{path.name} has {size} bytes; the limit is {limit}")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"{path.parent.name}/{path.name} cannot be read: {reason}") from None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        values = json.loads(read(path, limits.TEXT_FILE_BYTES))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path.parent.name}/{path.name} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path.parent.name}/{path.name} must hold an object, not {values!r:.60}")
    return values


def replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
