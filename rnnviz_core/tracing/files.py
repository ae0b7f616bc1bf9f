"""The bytes of a saved `Trace`: ``.npz`` and ``.parquet``, both with a JSON header. Nothing is pickled.

What comes back is checked by `Trace`; here only the size is, before memory is spent on it.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import TraceError

Content = tuple[dict[str, Any], dict[str, np.ndarray]]  # the header, and an array per site


def npz_bytes(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed archive: an array per site, and the header as bytes."""
    buffer = io.BytesIO()
    encoded = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, header=encoded, **arrays)
    return buffer.getvalue()


def parquet_bytes(header: dict[str, Any], frame: Any) -> bytes:
    """A table with the rows of `Trace.to_frame`, and the header in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"rnnviz": json.dumps(header)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def read(path: Path) -> Content:
    """Header and arrays of a file; whatever is wrong with it is some exception."""
    size = path.stat().st_size
    if size > limits.TRACE_BYTES:
        raise TraceError(f"it has {size} bytes; the limit is {limits.TRACE_BYTES}")
    match path.suffix:
        case ".npz":
            return _read_npz(path)
        case ".parquet":
            return _read_parquet(path)
        case other:
            raise TraceError(f"it ends in {other!r}; choose one of .npz, .parquet")


def _read_npz(path: Path) -> Content:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > limits.TRACE_BYTES:
        raise TraceError(f"it unpacks to {unpacked} bytes; the limit is {limits.TRACE_BYTES}")
    with np.load(path, allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes().decode())
        return header, {name: archive[name] for name in header["axes"]}


def _read_parquet(path: Path) -> Content:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    if file.metadata.num_rows * 8 > limits.TRACE_BYTES:
        raise TraceError(f"it has {file.metadata.num_rows} numbers; the limit is {limits.TRACE_BYTES // 8}")
    table = file.read(columns=["value"])
    metadata = file.schema_arrow.metadata or {}
    if b"rnnviz" not in metadata:
        raise TraceError("it is a Parquet file, but not of a trace")
    header = json.loads(metadata[b"rnnviz"])
    values = table.column("value").to_numpy()
    arrays, start = {}, 0
    for name in header["axes"]:
        shape = tuple(header["shapes"][name])
        size = int(np.prod(shape, dtype=np.int64))
        arrays[name] = values[start : start + size].astype(header["dtypes"][name]).reshape(shape)
        start += size
    return header, arrays
