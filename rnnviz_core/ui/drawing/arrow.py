"""Rows as the bytes in which they travel to the browser.

Streamlit turns a DataFrame into Arrow with an index, a description of every column for pandas, and
a pool of threads: 250 to 600 microseconds a frame. Charts read none of that.
"""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rnnviz_core.frames.columns import Texts

if TYPE_CHECKING:
    from rnnviz_core.frames.columns import Rows

# Arrow's own allocator keeps memory per thread, and every run is a thread of its own: 30 MB with 8 visitors.
pa.set_memory_pool(pa.system_memory_pool())


def arrow_bytes(rows: "Rows", span: tuple[int, int] | None = None) -> bytes:
    """An Arrow stream of the rows' columns. What is missing (None, NaN) is null, as in Streamlit's own.

    Of rows that belong to steps only those of `span` are kept, its first and its last among them.
    """
    columns = dict(rows.items())
    table = pa.table([_array(column) for column in columns.values()], names=list(columns))
    if span is not None:
        for name in ("position", "other_position"):
            if name in columns:
                steps = table[name].to_numpy()
                table = table.filter(pa.array((steps >= span[0]) & (steps <= span[1])))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _array(column: Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(column, Texts):
        return pa.DictionaryArray.from_arrays(pa.array(column.codes), pa.array(column.texts, pa.string()))
    return pa.array(column, from_pandas=True)
