"""pyarrow tables, record batches and datasets, without importing pyarrow."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from leadline.tables.arrow import ArrowBatch, concatenate, decode, fields
from leadline.tables.memory import MemoryTable, Rows
from leadline.tables.names import unique_names
from leadline.tables.streams import StreamTable
from leadline.tables.table import Column

_BATCH_ROWS = 100_000


def memory_table(source: Any, name: str) -> MemoryTable:
    """A table of a pyarrow Table or RecordBatch; numbers in one chunk are not copied."""
    import nanoarrow

    found = fields(nanoarrow.c_schema(source.schema), unique_names(source.schema.names))

    def load(position: int, rows: Rows | None) -> Column:
        array = source.column(position)
        return chunked_column(array) if rows is None else taken(array, rows)

    return MemoryTable(name, found, source.num_rows, load)


def taken(array: Any, rows: Rows) -> Column:
    """The column of some rows of a pyarrow Array or ChunkedArray."""
    if all(map(_is_sound, getattr(array, "chunks", [array]))):
        try:
            return chunked_column(array.take(sys.modules["pyarrow"].array(rows)))
        except NotImplementedError:  # views and the like: no rows can be taken from them
            pass
    return chunked_column(array).take(rows)


_ENDS = {"string": np.int32, "binary": np.int32, "large_string": np.int64, "large_binary": np.int64}
"""The width of offsets into the bytes of texts."""


def _is_sound(chunk: Any) -> bool:
    """Indices and offsets point to what is there: pyarrow trusts them, and reads elsewhere else."""
    kind = chunk.type
    pyarrow = sys.modules["pyarrow"]
    width = _ENDS.get(str(kind))
    if width is None:
        if pyarrow.types.is_primitive(kind) or pyarrow.types.is_null(kind):
            return True
        try:
            chunk.validate(full=True)
        except (pyarrow.ArrowException, ValueError):
            return False
        return True
    _, raw, data = chunk.buffers()
    if raw is None or not len(chunk):
        return True
    ends = np.frombuffer(raw, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    size = 0 if data is None else data.size
    return bool(ends[0] >= 0 and ends[-1] <= size and (ends[1:] >= ends[:-1]).all())


def chunked_column(array: Any) -> Column:
    """The column of a pyarrow Array or ChunkedArray."""
    import nanoarrow

    pyarrow = sys.modules["pyarrow"]
    chunks = getattr(array, "chunks", [array])
    if not chunks:
        chunks = [pyarrow.nulls(0, array.type)]
    return concatenate(decode(nanoarrow.c_array(chunk)) for chunk in chunks)


def dataset_table(source: Any, name: str) -> StreamTable:
    """A table of a pyarrow Dataset, scanned each time it is read."""
    import nanoarrow

    names = unique_names(source.schema.names)
    found = fields(nanoarrow.c_schema(source.schema), names)
    originals = dict(zip(names, source.schema.names, strict=True))

    def read(columns: Sequence[str]) -> Iterator[ArrowBatch]:
        positions = {shown: i for i, shown in enumerate(columns)}
        chosen = [originals[shown] for shown in columns]
        reader = source.scanner(columns=chosen, batch_size=_BATCH_ROWS).to_reader()
        for array in nanoarrow.c_array_stream(reader):
            yield ArrowBatch(array.length, array, positions)

    return StreamTable(name, found, read, replayable=True)
