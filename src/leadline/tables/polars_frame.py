"""polars data frames and lazy frames, without importing polars."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from leadline.errors import DataError
from leadline.tables.arrow import ArrowBatch, concatenate, decode, field, physical
from leadline.tables.memory import MemoryTable, Rows
from leadline.tables.names import unique_names
from leadline.tables.streams import StreamTable
from leadline.tables.table import Column, Field
from leadline.tables.values import nothing

_BATCH_ROWS = 100_000


def polars_table(frame: Any, name: str) -> MemoryTable:
    """A table of a polars DataFrame; numbers are not copied."""
    names = unique_names(frame.columns)
    fields = tuple(_field(shown, dtype) for shown, dtype in zip(names, frame.dtypes, strict=True))

    def load(position: int, rows: Rows | None) -> Column:
        series = frame.to_series(position)
        return series_column(series if rows is None else series.gather(rows))

    return MemoryTable(name, fields, frame.height, load)


def _field(name: str, dtype: Any) -> Field:
    import nanoarrow

    if dtype == sys.modules["polars"].Object:
        return Field(name, "other")
    if _is_wide(dtype):
        return Field(name, "int")
    empty = sys.modules["polars"].Series(dtype=dtype)
    return field(name, nanoarrow.c_array_stream(empty).get_schema())


def _is_wide(dtype: Any) -> bool:
    """Whole numbers of 128 bits, of which Arrow knows nothing: they are read as floats, as decimals are."""
    polars = sys.modules["polars"]
    return dtype in [getattr(polars, name) for name in ("Int128", "UInt128") if hasattr(polars, name)]


def series_column(series: Any) -> Column:
    """The column of a polars Series."""
    import nanoarrow

    polars = sys.modules["polars"]
    if series.dtype == polars.Object:
        missing = series.is_null().to_numpy()
        return Column(nothing(), ~missing if missing.any() else None)
    if _is_wide(series.dtype):
        series = series.cast(polars.Float64)
    chunks = list(nanoarrow.c_array_stream(series))
    if not chunks:
        empty = physical(nanoarrow.c_array_stream(series).get_schema()) == "string"
        return Column(np.empty(0, np.uint8), None, [""]) if empty else Column(np.empty(0))
    return concatenate(decode(chunk) for chunk in chunks)


def lazy_table(frame: Any, name: str) -> StreamTable:
    """A table of a polars LazyFrame, collected batch by batch each time it is read."""
    import nanoarrow

    polars = sys.modules["polars"]
    try:
        schema = frame.collect_schema()
    except Exception as error:
        raise DataError("the lazy frame cannot be read", where=name, found=str(error)) from None
    names = unique_names(schema.names())
    originals = dict(zip(names, schema.names(), strict=True))
    fields = tuple(_field(shown, dtype) for shown, dtype in zip(names, schema.dtypes(), strict=True))

    def read(columns: Sequence[str]) -> Iterator[ArrowBatch]:
        positions = {shown: i for i, shown in enumerate(columns)}
        picked = [originals[shown] for shown in columns]
        chosen = frame.select(picked).cast({c: polars.Float64 for c in picked if _is_wide(schema[c])})
        for part in _parts(chosen):
            for array in nanoarrow.c_array_stream(part):
                yield ArrowBatch(array.length, array, positions)

    return StreamTable(name, fields, read, replayable=True)


def _parts(frame: Any) -> Iterator[Any]:
    if hasattr(frame, "collect_batches"):
        yield from frame.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True)
    else:
        yield from frame.collect().iter_slices(_BATCH_ROWS)
