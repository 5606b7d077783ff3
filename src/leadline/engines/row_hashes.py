"""Hashes of the values of consecutive rows, for those who choose rows by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from leadline.profiles.distinct import Hashes, hash_numbers
from leadline.tables.table import Column
from leadline.tables.texts import hashes

NULL, NO_VALUE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)
"""The hashes of a null, and of whatever cannot be read."""

_CHUNK = 1 << 15


def chunks(rows: int) -> Iterator[slice]:
    """All rows, in parts whose temporary arrays stay in the processor's cache."""
    for start in range(0, rows, _CHUNK):
        yield slice(start, min(start + _CHUNK, rows))


def reader(data: Column, rows: int) -> Callable[[slice], Hashes]:
    """A function that hashes some consecutive rows of a column of so many rows."""
    values, valid = data.values, data.valid
    if len(values) != rows or (data.dictionary is not None and len(data.dictionary) == 0):
        return lambda part: np.full(part.stop - part.start, NO_VALUE, np.uint64)
    table = None if data.dictionary is None else hashes(data.dictionary)

    def read(part: slice) -> Hashes:
        found = hash_numbers(values[part]) if table is None else table[values[part]]
        return found if valid is None else np.where(valid[part], found, NULL)

    return read
