"""Typed columns as one Arrow batch, without copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.stores.cells import Cells, Kind


def batch(columns: Mapping[str, tuple[Kind, Cells]], rows: int) -> Any:
    """An object with the Arrow PyCapsule interface; the columns must outlive it."""
    import nanoarrow

    types = {
        "integer": nanoarrow.int64(),
        "number": nanoarrow.float64(),
        "boolean": nanoarrow.bool_(),
        "text": nanoarrow.large_string(),
        "nested": nanoarrow.large_string(),
    }
    children = [
        nanoarrow.c_array_from_buffers(types[kind], rows, _buffers(kind, cells))
        for kind, cells in columns.values()
    ]
    fields = {name: types[kind] for name, (kind, _) in columns.items()}
    struct = nanoarrow.c_array_from_buffers(nanoarrow.struct(fields), rows, [None], children=children)
    return nanoarrow.Array(struct)


def _buffers(kind: Kind, cells: Cells) -> list[Any]:
    valid = None if cells.valid is None else _bits(cells.valid)
    if kind in ("text", "nested"):
        offsets = np.zeros(len(cells.values) + 1, np.int64)
        np.cumsum(cells.values, out=offsets[1:])
        return [valid, offsets, cells.data]
    return [valid, _bits(cells.values) if kind == "boolean" else cells.values]


def _bits(values: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return np.packbits(values, bitorder="little")
