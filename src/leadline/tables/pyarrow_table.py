"""pyarrow tables, record batches and datasets, without importing pyarrow."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

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
        array, pyarrow = source.column(position), sys.modules["pyarrow"]
        if rows is None:
            return chunked_column(array)
        try:
            return chunked_column(array.take(pyarrow.array(rows)))
        except NotImplementedError:  # views and the like: no rows can be taken from them
            return chunked_column(array).take(rows)

    return MemoryTable(name, found, source.num_rows, load)


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
