"""Rows by time: buckets that are found as rows come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group
from leadline.profiles.arrays import NO_TIME, OTHER_TIME, Axes
from leadline.schedule import Width, Zone, floor
from leadline.tables.table import Column

Ints = npt.NDArray[np.int64]

_BLOCK = 1024
"""Rows that are looked up together where they lie in one bucket."""


class TimeBuckets:
    """Places rows in time buckets. Only buckets with rows exist; a profile holds them in time order.

    Rows without a time go to the bucket `NO_TIME`, and so do all rows where the column holds no times; rows
    of more buckets than `limit` go to `OTHER_TIME`.

    Args:
        column: the timestamp column.
        width: of a bucket, in hours, days or weeks.
        place: whose calendar.
        limit: most buckets.
    """

    def __init__(self, column: str, width: Width, place: Zone, limit: int) -> None:
        self.columns: tuple[str, ...] = (column,)
        self.width, self.place, self.limit = width, place, limit
        self._found: dict[int, int] = {}

    @property
    def groups(self) -> int:
        """Number of buckets found so far; at least one."""
        return max(1, len(self._found))

    @property
    def order(self) -> npt.NDArray[np.intp]:
        """Shape (groups,): the buckets in time order."""
        return np.argsort(self.starts)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        return np.array([*self._found] or [NO_TIME], np.int64)

    @property
    def axes(self) -> Axes:
        return Axes(buckets=tuple(sorted(self._found)) or (NO_TIME,))

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        """Shape (rows,): the place of each row among the buckets, as they were found."""
        data = columns.get(self.columns[0])
        if data is None or len(data.values) != rows or not _moments(data):
            return np.full(rows, self._place(NO_TIME), np.intp)
        times = data.values.astype(np.int64, copy=False)
        at = self._turns(times, data.valid)
        starts = floor(times[at], self.width, self.place)
        if data.valid is not None:
            starts[~data.valid[at]] = NO_TIME
        # Times mostly come in order: then there are few runs to look up.
        first = np.flatnonzero(np.diff(starts, prepend=~starts[:1]))
        known, run = np.unique(starts[first], return_inverse=True)
        place = np.array([self._place(int(start)) for start in known], np.intp)
        return np.repeat(place[run], np.diff(at[first], append=rows))

    def _turns(self, times: Ints, valid: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.intp]:
        """Rows in order, with the first, such that those between two are in the bucket of the one before."""
        look = np.ones(len(times), bool)
        # The day of a zone may come back for an hour, as clocks change: its ends do not tell of all between.
        if self.place is UTC or self.width.unit == "hour":
            whole = slice(len(times) // _BLOCK * _BLOCK)
            inner = times[whole].reshape(-1, _BLOCK)
            alike = floor(inner.min(1), self.width, UTC) == floor(inner.max(1), self.width, UTC)
            if valid is not None:
                alike &= valid[whole].reshape(-1, _BLOCK).all(1)
            look[whole].reshape(-1, _BLOCK)[alike, 1:] = False
        return np.flatnonzero(look)

    def _place(self, start: int) -> int:
        if start not in self._found and len(self._found) >= self.limit and start != NO_TIME:
            start = OTHER_TIME
        return self._found.setdefault(start, len(self._found))


def _moments(data: Column) -> bool:
    """Times come as integers; a table whose column is now one of texts or of other numbers has none."""
    return data.dictionary is None and data.values.dtype.kind in "iu"


def bucket_limit(cells: int) -> int:
    """Most buckets of a profile with so many cells: together at most 2**25 counts (256 MB)."""
    return int(max(64, (1 << 25) // max(1, cells)))
