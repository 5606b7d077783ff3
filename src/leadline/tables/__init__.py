"""Any frame, stream or file becomes a `Table`: batches of NumPy columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from leadline.errors import DataError
from leadline.tables.parts import unpacked
from leadline.tables.table import Batch, Column, Field, Physical, Sample, Table

__all__ = ["Batch", "Column", "Field", "Physical", "Sample", "Table", "first_look", "open_table"]

ACCEPTED = (
    "a pandas or polars frame",
    "an Arrow table or reader",
    "a mapping of columns",
    "a list of rows",
    "a structured array",
    "a path to Parquet, CSV, JSON lines or Arrow files",
)


def open_table(source: Any, name: str = "reference") -> Table:
    """The source as a table; nothing but its schema is read.

    Structures are taken apart: `{"features": {"age": 41}}` has a column `features.age` (see `parts`).

    Args:
        source: a pandas or polars frame, a pyarrow table, reader or dataset, any object with the Arrow
            PyCapsule interface, a mapping of columns, a list of rows, a NumPy structured array, or a path
            (str or Path), folder, glob or list of paths to Parquet, CSV, JSON lines or Arrow IPC files.
        name: for messages; a path is its own name.

    Raises:
        DataError: the source is none of these, or cannot be read.
    """
    return unpacked(_opened(source, name))


def _opened(source: Any, name: str) -> Table:
    if isinstance(source, str | Path):
        from leadline.tables.files import file_table

        return file_table([source])
    from leadline.tables import columns, frames, pandas_frame

    if pandas_frame.is_pandas(source):
        return pandas_frame.pandas_table(source, name)
    table = frames.frame_table(source, name)
    if table is not None:
        return table
    if isinstance(source, Mapping):
        return columns.columns_table(source, name)
    if isinstance(source, np.ndarray) and source.dtype.names:
        return columns.structured_table(source, name)
    if isinstance(source, Sequence) and source and all(isinstance(item, str | Path) for item in source):
        from leadline.tables.files import file_table

        return file_table(source)
    if isinstance(source, Sequence) and all(isinstance(item, Mapping) for item in source):
        return columns.records_table(source, name)
    if isinstance(source, Table):
        return source
    raise DataError("cannot read this as a table", where=name, found=type(source).__name__, accepted=ACCEPTED)


def first_look(table: Table, rows: int = 20_000) -> Batch:
    """Some rows of all columns, to infer roles and kinds from; a one-shot reader is not used up.

    Rows spread over the table where ranges can be read, else the first ones; fewer in wide tables.
    """
    rows = max(1_000, min(rows, 20_000_000 // max(len(table.fields), 1)))
    first = getattr(table, "first", None)
    if first is not None:
        return cast(Batch, first(rows))
    return table.sample([item.name for item in table.fields], rows, 0).batch
