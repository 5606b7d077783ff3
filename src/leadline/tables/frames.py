"""Frames and readers of Arrow data: polars, pyarrow, and whatever has the Arrow PyCapsule interface."""

from __future__ import annotations

import sys
from typing import Any

from leadline.tables.table import Table


def frame_table(source: Any, name: str) -> Table | None:
    """The table of an Arrow source, or None when the source is not one."""
    polars, pyarrow = sys.modules.get("polars"), sys.modules.get("pyarrow")
    if polars is not None and isinstance(source, polars.DataFrame | polars.LazyFrame):
        from leadline.tables.polars_frame import lazy_table, polars_table

        return (
            polars_table(source, name) if isinstance(source, polars.DataFrame) else lazy_table(source, name)
        )
    if pyarrow is not None:
        from leadline.tables import pyarrow_table as own

        if isinstance(source, pyarrow.Table | pyarrow.RecordBatch):
            return own.memory_table(source, name)
        if _is_dataset(source):
            return own.dataset_table(source, name)
    if hasattr(source, "__arrow_c_stream__"):
        from leadline.tables.streams import capsule_table

        return capsule_table(source, name)
    if hasattr(source, "__arrow_c_array__"):
        from leadline.tables.streams import array_table

        return array_table(source, name)
    return None


def _is_dataset(source: object) -> bool:
    dataset = sys.modules.get("pyarrow.dataset")
    return dataset is not None and isinstance(source, dataset.Dataset)
