"""The bytes of a saved `Trace`: ``.npz`` and ``.parquet``, both with a JSON header. Nothing is pickled.

What comes back is checked by `Trace`; here only the size is, before memory is spent on it.
"""

import io
import json
import math
import zipfile
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import TraceError
from rnnviz_core.inputs.memory import File, InMemory
from rnnviz_core.languages import _

KINDS = "fiub"  # numpy's letters for real numbers: no objects, text or dates in a trace
Content = tuple[dict[str, Any], dict[str, np.ndarray]]  # the header, and an array per site


def npz_bytes(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed archive: an array per site, and the header as bytes."""
    buffer = io.BytesIO()
    encoded = np.frombuffer(_encoded(header).encode(), dtype=np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, header=encoded, **arrays)
    with zipfile.ZipFile(buffer) as archive:
        _check_bytes(sum(entry.file_size for entry in archive.infolist()))
    return buffer.getvalue()


def _encoded(header: dict[str, Any]) -> str:
    """The header as JSON in ASCII, so that a character is a byte; refused when it could not be read again."""
    found = json.dumps(header)
    _check_header_size(len(found))
    return found


def parquet_bytes(header: dict[str, Any], frame: Any) -> bytes:
    """A table with the rows of `Trace.to_frame`, and the header in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_bytes(len(frame) * frame["value"].dtype.itemsize)  # of all arrays the widest type
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"rnnviz": _encoded(header)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def read(path: File) -> Content:
    """Header and arrays of a file; whatever is wrong with it is some exception."""
    size = path.stat().st_size
    if size > limits.TRACE_BYTES:
        raise TraceError(_("it has {size} bytes; the limit is {limit}", size=size, limit=limits.TRACE_BYTES))
    match path.suffix:
        case ".npz":
            return _read_npz(path)
        case ".parquet":
            return _read_parquet(path)
        case other:
            raise TraceError(_("it ends in {ending!r}; choose one of .npz, .parquet", ending=other))


def _read_npz(path: File) -> Content:
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        _check_bytes(sum(sizes.values()))
    _check_header_size(sizes.get("header.npy", 0))
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes().decode())
        return header, {name: archive[name] for name in header["axes"]}


def _check_bytes(unpacked: int) -> None:
    if unpacked > limits.TRACE_BYTES:
        raise TraceError(
            _("it unpacks to {size} bytes; the limit is {limit}", size=unpacked, limit=limits.TRACE_BYTES)
        )


def _read_parquet(path: File) -> Content:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(
        pa.BufferReader(path.content) if isinstance(path, InMemory) else path,
        pre_buffer=False,
        thrift_string_size_limit=4 * limits.TRACE_HEADER_BYTES,  # Arrow repeats the metadata, in base64
        thrift_container_size_limit=100_000,
    )
    count = _check_values(file)
    metadata = file.schema_arrow.metadata or {}
    if b"rnnviz" not in metadata:
        raise TraceError(_("it is a Parquet file, but not of a trace"))
    _check_header_size(len(metadata[b"rnnviz"]))
    header = json.loads(metadata[b"rnnviz"])
    layout = {name: _layout(name, header) for name in header["axes"]}
    named = sum(math.prod(shape) for shape, _ in layout.values())
    if named != count:
        raise TraceError(
            _("its arrays have {named} numbers together, and its table {count}", named=named, count=count)
        )
    _check_bytes(sum(math.prod(shape) * dtype.itemsize for shape, dtype in layout.values()))
    values = file.read(columns=["value"], use_threads=False).column("value").to_numpy()
    arrays, start = {}, 0
    for name, (shape, dtype) in layout.items():
        size = math.prod(shape)
        arrays[name] = values[start : start + size].astype(dtype).reshape(shape)
        start += size
    return header, arrays


def _check_header_size(size: int) -> None:
    if size > limits.TRACE_HEADER_BYTES:
        raise TraceError(
            _("its header has {size} bytes; the limit is {limit}", size=size, limit=limits.TRACE_HEADER_BYTES)
        )


def _check_values(file: Any) -> int:
    """How many numbers a Parquet file holds; refused, unread, when they are too many or no numbers.

    A few bytes can stand for millions of rows, and the footer, which counts them, may have been written by
    anybody: every count in it is looked at, and the type that is read.
    """
    import pyarrow as pa

    footer = file.metadata
    place = file.schema_arrow.get_field_index("value")
    if place < 0:
        raise TraceError(_("it is a Parquet file, but not of a trace"))
    kind = file.schema_arrow.field(place).type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise TraceError(_("its values are {kind}; a trace holds real numbers", kind=kind))
    width = max(1, kind.bit_width // 8)  # bytes of a number
    limit = limits.TRACE_BYTES // width
    stored = [number for number in range(len(file.schema)) if file.schema.column(number).path == "value"]
    if len(stored) != 1 or file.schema.column(stored[0]).max_repetition_level:
        raise TraceError(_("its values are nested; a trace holds a number per row"))
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = [group.column(stored[0]) for group in groups]
    counts = (
        footer.num_rows,
        sum(group.num_rows for group in groups),
        sum(column.num_values for column in columns),
    )
    if max(counts) > limit:
        raise TraceError(
            _(
                "it has {count} numbers of {width} bytes; the limit is {limit}",
                count=max(counts),
                width=width,
                limit=limit,
            )
        )
    if len(set(counts)) > 1 or any(group.num_rows < 0 for group in groups):
        raise TraceError(_("its footer counts {rows} rows", rows=" and ".join(map(str, counts))))
    # What the pages unpack to: at most eight bytes a number, and twice that for a dictionary and levels.
    unpacked = sum(column.total_uncompressed_size for column in columns)
    if unpacked > 2 * limits.TRACE_BYTES:
        raise TraceError(
            _(
                "its values unpack to {size} bytes; the limit is {limit}",
                size=unpacked,
                limit=2 * limits.TRACE_BYTES,
            )
        )
    return int(footer.num_rows)


def _layout(name: str, header: dict[str, Any]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array, as the header says; a type that takes more than a number is refused."""
    shape, dtype = header["shapes"][name], np.dtype(header["dtypes"][name])
    if dtype.kind not in KINDS or dtype.itemsize > 8:
        raise TraceError(_("site {name!r} holds {dtype}; a trace holds real numbers", name=name, dtype=dtype))
    if not all(type(size) is int and size >= 0 for size in shape):
        raise TraceError(
            _("site {name!r} has the shape {shape}; sizes are whole numbers from 0", name=name, shape=shape)
        )
    return tuple(shape), dtype
