"""Duplicate rows, from a sample of rows that all copies of a row fall into together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.engines.row_hashes import NO_VALUE, NULL, chunks, reader
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.distinct import EMPTY, LIMIT, Distinct, Hashes, hash_numbers, mix
from leadline.profiles.grid import Axis, Grid
from leadline.profiles.numeric import NumericAxis
from leadline.tables.table import Batch, Column
from leadline.tables.texts import hashes, pick

_HIGH = np.uint64(0xFFFFFFFF00000000)
_HALF = np.uint64(32)
_LOOK_ROWS = 20_000
_TOGETHER = 1 << 16
"""Values that the pivots have together, where the columns have as many."""


def by_distinct(columns: Sequence[str], batch: Batch) -> list[str]:
    """The columns that can be read, those with the most distinct values among the first rows first.

    Equals come in the order of their names: neither the order of columns nor how a frame writes what is
    missing decides.
    """
    counts = {}
    for name in columns:
        data = batch.column(name)
        if len(data.values) == batch.rows and batch.rows:
            some = data.values[:_LOOK_ROWS]
            if data.valid is not None:
                some = some[data.valid[:_LOOK_ROWS]]
            some = np.sort(some[some == some])
            counts[name] = min(len(some), 1) + int(np.count_nonzero(some[1:] != some[:-1]))
    return sorted(counts, key=lambda name: (-counts[name], name))


def pivots(grid: Grid, columns: Sequence[str]) -> tuple[str, ...]:
    """The grid's pivot, and the columns with the most values beside it, until there are many together."""
    values = {name: _values(grid.columns[grid.index[name]].axis) for name in columns}
    found, together = [], 1
    for name in sorted(columns, key=lambda name: (name != grid.pivot, -values[name], name)):
        if together < _TOGETHER:
            found.append(name)
            together *= values[name]
    return tuple(found)


def _values(axis: Axis | None) -> int:
    """About how many values the grid tells apart, 1 at least."""
    if isinstance(axis, CategoricalAxis):
        return max(1, len(axis.vocabulary))
    if isinstance(axis, NumericAxis):
        return max(1, int(np.count_nonzero((axis.edges >= axis.low) & (axis.edges <= axis.high))))
    return 1


@dataclass(frozen=True)
class Chosen:
    """Rows of a batch that are looked at, and the hash of the pivots in each."""

    rows: npt.NDArray[np.intp]
    pivots: Hashes


class DuplicateRows:
    """Counts rows that are equal in all columns.

    The hash of a row is that of a few columns above, the pivots, and that of all columns below; so the
    threshold of `Distinct` chooses by the pivots alone, and only the chosen rows are hashed as a whole.
    Copies of a row share the pivots' values and are chosen together: the share of copies among the chosen
    rows is that of the table. So are other rows with the same pivots, which makes a sample of few different
    pivots a poor one; `Distinct.repeated_interval` says how poor.

    For each batch: `choose` from the pivots, a `part` for each column (in any order, from any thread), and
    `add` of their sum.

    Args:
        columns: the columns that make up a row.
        pivots: some of them, with many distinct values together.
        exact: hash every row (8 bytes of memory each).
    """

    def __init__(self, columns: Sequence[str], pivots: Sequence[str], exact: bool = False) -> None:
        self.columns, self.pivots, self.exact = frozenset(columns), tuple(pivots), exact
        self._salts = dict(zip(columns, hashes(list(columns)), strict=True))
        self._state = EMPTY
        self._all: list[Hashes] = []

    def choose(self, pivots: Mapping[str, Column], rows: int) -> Chosen:
        """The rows of a batch that are looked at."""
        readers = [(reader(pivots[name], rows), self._salts[name]) for name in self.pivots]
        hashes = np.zeros(rows, np.uint64)
        for part in chunks(rows):
            for read, salt in readers:
                hashes[part] += _salted(read(part), salt)
            hashes[part] = mix(hashes[part])
        if self.exact:
            return Chosen(np.arange(rows), hashes)
        if not self._state.shift and rows > 4 * LIMIT:
            # At first nothing is known: begin with a threshold that the sample will soon reach anyway.
            shift = int(np.log2(rows / LIMIT))
            if np.count_nonzero(hashes < _bound(shift)) > LIMIT // 2:
                self._state = Distinct(shift, EMPTY.hashes, EMPTY.rows).merge(self._state)
        if not self._state.shift:
            return Chosen(np.arange(rows), hashes)
        chosen = np.flatnonzero(hashes < _bound(self._state.shift))
        return Chosen(chosen, hashes[chosen])

    def part(self, name: str, data: Column, chosen: Chosen, rows: int) -> Hashes:
        """What one column adds to the hashes of the chosen rows."""
        return _salted(_hashes(data, chosen.rows, rows), self._salts[name])

    def add(self, chosen: Chosen, total: Hashes) -> None:
        """Add a batch: the sum of the parts of all columns."""
        hashes = (chosen.pivots & _HIGH) | (mix(total) >> _HALF)
        if self.exact:
            self._all.append(hashes)
        else:
            self._state = self._state.merge(Distinct.of(hashes))

    def result(self) -> Distinct:
        """The sample of rows; of all rows when exact."""
        if not self.exact:
            return self._state
        ordered = np.sort(np.concatenate(self._all)) if self._all else EMPTY.hashes
        first = np.ones(len(ordered), bool)
        first[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(first)
        return Distinct(0, ordered[starts], np.diff(starts, append=len(ordered)).astype(np.int64))


def _salted(hashes: Hashes, salt: np.uint64) -> Hashes:
    """Without the salt 0 would have the hash 0, and be chosen always."""
    return mix(hashes ^ salt)


def _bound(shift: int) -> np.uint64:
    return np.uint64(1 << (64 - shift))


def _hashes(data: Column, part: npt.NDArray[np.intp], rows: int) -> Hashes:
    """A hash of the value of each chosen row; null has one of its own; unreadable values are all alike."""
    if len(data.values) != rows or (data.dictionary is not None and len(data.dictionary) == 0):
        found = np.full(len(part), NO_VALUE, np.uint64)
    elif data.dictionary is not None:
        codes = data.values[part]
        used = np.flatnonzero(np.bincount(codes, minlength=len(data.dictionary)))
        table = np.zeros(len(data.dictionary), np.uint64)
        table[used] = hashes(pick(data.dictionary, used))
        found = table[codes]
    else:
        found = hash_numbers(data.values[part])
    return found if data.valid is None else np.where(data.valid[part], found, NULL)
