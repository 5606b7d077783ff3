"""A sample of rows as the grid sees them: of each time bucket the rows with the smallest hashes.

Which rows are kept follows from the rows, not from their order, and the samples of parts merge into the
sample of the whole (bottom-k sampling: Cohen and Kaplan, PODC 2007). Of a row only the cells of its values
are kept, and what estimators need of its outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from leadline.profiles.distinct import Hashes, mix
from leadline.profiles.file import Arrays
from leadline.profiles.grid import Grid

Codes = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MISSING, UNREADABLE = 65_535, 65_534
"""Codes of values without a cell: null, NaN or empty text; and of a type that the axis cannot read."""

BUCKETS = 20
"""A time bucket keeps at most one part in so many of the rows of a table without times."""

SPARE = 5
"""All buckets together keep at most so many times the rows of a table without times."""


@dataclass(frozen=True)
class Limits:
    """Most rows of one bucket, and of all buckets together."""

    bucket: int
    total: int

    @classmethod
    def of(cls, rows: int, timed: bool) -> Limits:
        """For the option `rows`: so many of a table without times, a twentieth of them in each time bucket.

        Many buckets are thinned evenly to five times `rows`, so that a long profile stays small.
        """
        return cls(max(1, rows // BUCKETS), SPARE * rows) if timed else cls(rows, rows)

    def least(self, other: Limits) -> Limits:
        """The smaller ones of both."""
        return Limits(min(self.bucket, other.bucket), min(self.total, other.total))


@dataclass(frozen=True, eq=False)
class RowSample:
    """Rows by bucket, then by hash.

    Attributes:
        limits: most rows.
        bucket: shape (n,): first moment of each row's bucket, ascending; see `Axes.buckets`.
        hashes: shape (n,) uint64: uniform over all 64-bit words; ascending within a bucket.
        cells: shape (n, A): cell of each column of the grid that has an axis, in their order; or `MISSING`,
            or `UNREADABLE` (also where the table has no such column). Infinities lie in the outermost cells.
        score: shape (n,): of the positive class; NaN where there is none.
        prediction, label: shape (n,): codes of classes, negative for none; of a regression numbers, NaN for
            none. All NaN where no outcomes are counted.
    """

    limits: Limits
    bucket: Ints
    hashes: Hashes
    cells: Codes
    score: Floats
    prediction: Floats
    label: Floats

    def __len__(self) -> int:
        return len(self.hashes)

    @classmethod
    def empty(cls, limits: Limits, columns: int) -> RowSample:
        """No rows: the neutral element of `merge` among samples with these limits."""
        none = np.zeros(0)
        return cls(
            limits,
            np.zeros(0, np.int64),
            np.zeros(0, np.uint64),
            np.zeros((0, columns), np.uint16),
            none,
            none,
            none,
        )

    @property
    def arrays(self) -> Arrays:
        """What is known of each row, by name."""
        return {name: getattr(self, name) for name in SAMPLE_ARRAYS}

    def merge(self, other: RowSample) -> RowSample:
        """The sample of both tables' rows: exact, in any order."""
        return RowSample.together([self, other])

    @classmethod
    def together(cls, parts: Sequence[RowSample]) -> RowSample:
        """The sample of the rows of all parts, in any order; there is one part at least."""
        if len(parts) == 1:
            return parts[0]
        limits = reduce(Limits.least, (part.limits for part in parts))
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in SAMPLE_ARRAYS}
        return cls(limits, **joined).cut()

    def cut(self) -> RowSample:
        """The rows that belong to the sample, in order, of rows in any order."""
        order = self._order()
        bucket = self.bucket[order]
        first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1])[: len(self)])
        size = np.diff(first, append=len(self))
        if size.max(initial=0) > self.limits.bucket:
            order = order[np.arange(len(self)) - np.repeat(first, size) < self.limits.bucket]
        if len(order) > self.limits.total:
            smallest = np.argsort(self.hashes[order], kind="stable")[: self.limits.total]
            order = order[np.sort(smallest)]
        return self.take(order)

    def _order(self) -> npt.NDArray[np.intp]:
        together = len(self) == 0 or bool((self.bucket == self.bucket[0]).all())
        order = np.argsort(self.hashes) if together else np.lexsort((self.hashes, self.bucket))
        hashes, bucket = self.hashes[order], self.bucket[order]
        if ((hashes[1:] == hashes[:-1]) & (bucket[1:] == bucket[:-1])).any():
            order = np.lexsort((self._content(), self.hashes, self.bucket))
        return order

    def _content(self) -> Hashes:
        """A hash of all that is kept of each row, which orders rows with equal hashes."""
        words = np.zeros(len(self), np.uint64)
        numbers = [x.view(np.uint64) for x in (self.score, self.prediction, self.label)]
        for column in [*self.cells.T, *numbers]:
            words = mix(words ^ column.astype(np.uint64)) + np.uint64(1)
        return words

    def take(self, rows: npt.NDArray[np.generic]) -> RowSample:
        """The rows that a mask or an array of places chooses; they must be in order."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(self, **{name: getattr(self, name).take(places, axis=0) for name in SAMPLE_ARRAYS})

    def between(self, start: int, end: int) -> RowSample:
        """The rows of the buckets that begin in [start, end)."""
        return self.take((self.bucket >= start) & (self.bucket < end))

    def even(self) -> RowSample:
        """The rows below the smallest bound of any bucket: a sample to which all rows had the same chance."""
        if len(self) == 0:
            return self
        bound = self.hashes.max()
        first = np.flatnonzero(np.append(True, self.bucket[1:] != self.bucket[:-1]))
        last = np.append(first[1:], len(self)) - 1
        full = last - first + 1 >= self.limits.bucket
        if full.any():
            bound = min(bound, self.hashes[last[full]].min())
        return self.take(self.hashes <= bound)

    def collapse(self) -> RowSample:
        """An even sample of all rows, on one bucket."""
        found = self.even()
        together = replace(
            found, limits=Limits(self.limits.total, self.limits.total), bucket=np.zeros_like(found.bucket)
        )
        return together.cut()


SAMPLE_ARRAYS = ("bucket", "hashes", "cells", "score", "prediction", "label")
"""What is known of each row."""


def sampled_columns(grid: Grid) -> list[int]:
    """Positions of the columns whose cells are kept, in order."""
    return sorted([*grid.numeric.tolist(), *grid.categorical.tolist()])
