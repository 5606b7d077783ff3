"""Duplicate rows, from a sample of rows that all copies of a row fall into together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.profiles.distinct import EMPTY, LIMIT, Distinct, Hashes, hash_numbers, hash_texts, mix
from leadline.tables.table import Batch, Column

_HIGH = np.uint64(0xFFFFFFFF00000000)
_HALF = np.uint64(32)
_LOOK_ROWS = 20_000
_NULL = np.uint64(0x9E3779B97F4A7C15)


def choose_pivot(columns: Sequence[str], batch: Batch) -> str | None:
    """The column with the most distinct values among the first rows, or None without columns."""
    best: tuple[int, str] | None = None
    for name in columns:
        data = batch.column(name)
        if len(data.values) == batch.rows and batch.rows:
            count = len(np.unique(data.take(np.arange(min(batch.rows, _LOOK_ROWS))).values))
            if best is None or count > best[0]:
                best = count, name
    return best[1] if best else None


class DuplicateRows:
    """Counts rows that are equal in all columns.

    The hash of a row is the pivot's hash above and that of all columns below; so the threshold of
    `Distinct` chooses by the pivot alone, and only the chosen rows are hashed as a whole. Copies of
    a row share the pivot's value and are chosen together: the share of copies among the chosen rows is that
    of the table.

    Args:
        columns: the columns that make up a row.
        pivot: one of them, with many distinct values.
        exact: hash every row (8 bytes of memory each).
    """

    def __init__(self, columns: Sequence[str], pivot: str, exact: bool = False) -> None:
        self.columns, self.pivot, self.exact = tuple(columns), pivot, exact
        self._state = EMPTY
        self._all: list[Hashes] = []

    def add(self, batch: Batch) -> None:
        """Add one batch."""
        chosen = np.arange(batch.rows)
        pivot = _hashes(batch.column(self.pivot))
        if not self.exact and self._state.shift:
            chosen = np.flatnonzero(pivot < np.uint64(1 << (64 - self._state.shift)))
        for part in self._parts(pivot, chosen):
            rows = np.zeros(len(part), np.uint64)
            for name in self.columns:
                rows = mix(rows ^ _hashes(batch.column(name).take(part)))
            hashes = (pivot[part] & _HIGH) | (rows >> _HALF)
            if self.exact:
                self._all.append(hashes)
            else:
                self._state = self._state.merge(Distinct.of(hashes, shift=0))

    def _parts(self, pivot: Hashes, chosen: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
        """The chosen rows; at first, when nothing is known, only as many as the sample will hold."""
        if self.exact or self._state.shift or len(chosen) <= 4 * LIMIT:
            return [chosen]
        shift = int(np.ceil(np.log2(len(chosen) / LIMIT)))
        below = pivot < np.uint64(1 << (64 - shift))
        if np.count_nonzero(below) <= LIMIT // 2:
            return [chosen]
        self._state = Distinct(shift, EMPTY.hashes, EMPTY.rows).merge(self._state)
        return [np.flatnonzero(below)]

    def result(self) -> Distinct:
        """The sample of rows; of all rows when exact."""
        if not self.exact:
            return self._state
        ordered = np.sort(np.concatenate(self._all)) if self._all else EMPTY.hashes
        first = np.ones(len(ordered), bool)
        first[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(first)
        return Distinct(0, ordered[starts], np.diff(starts, append=len(ordered)).astype(np.int64))


def _hashes(data: Column) -> Hashes:
    """A hash of each row's value; null has one of its own; types that cannot be read are all alike."""
    if data.dictionary is not None:
        found = hash_texts(data.dictionary)[data.values] if len(data.dictionary) else _alike(len(data.values))
    elif len(data.values):
        found = hash_numbers(data.values)
    else:
        found = _alike(0 if data.valid is None else len(data.valid))
    if data.valid is not None and len(found) == len(data.valid):
        found = np.where(data.valid, found, _NULL)
    return found


def _alike(rows: int) -> Hashes:
    return np.full(rows, _NULL, np.uint64)
