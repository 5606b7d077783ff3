"""Counting on this machine: threads over columns, one pass over the rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.profiles import compiled
from leadline.profiles.columns import WEIGHT_CLIP, ColumnCounter, ColumnCounts, Weights, as_labels
from leadline.profiles.distinct import EMPTY, Distinct
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Axes, Profile, empty_sums
from leadline.progress import Progress
from leadline.schema import Role
from leadline.tables.table import Batch, Column, Table

Group = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SAMPLE_ROWS = 1 << 20
"""Up to this many rows a grid is learned from all of them."""


class Grouping(Protocol):
    """Gives each row its place on the leading axes of a profile."""

    axes: Axes
    columns: tuple[str, ...]

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        """Shape (rows,): bucket * versions + version of each row."""
        ...


class Extra(Protocol):
    """Counts something of several columns together (outcomes, rules, duplicates)."""

    columns: tuple[str, ...]

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch. Batches come in row order, from one thread."""
        ...

    def sums(self) -> dict[str, npt.NDArray[np.int64]]:
        """Additive arrays of shape (groups, ...), by name."""
        ...


@dataclass(frozen=True)
class Rows:
    """Some rows of a batch, as columns: what the counters work on."""

    batch: Batch
    keep: Mask | None

    @property
    def count(self) -> int:
        return self.batch.rows if self.keep is None else int(np.count_nonzero(self.keep))

    def column(self, name: str) -> Column:
        """The column's kept rows."""
        data = self.batch.column(name)
        if self.keep is None:
            return data
        return data.take(self.keep)


def count(
    table: Table,
    grid: Grid,
    *,
    grouping: Grouping | None = None,
    extras: Sequence[Extra] = (),
    skip: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None,
    only: Sequence[str] | None = None,
    batches: Iterable[Batch] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Profile:
    """Count a table on a grid.

    Columns of the grid that the table lacks are counted as nothing; columns the grid lacks are not
    read.

    Args:
        grouping: places rows on the bucket and version axes; without it there is one of each.
        extras: counters of several columns together.
        skip: row ranges (starts, stops) that are left out.
        only: names of the columns to count; all of the grid by default.
        batches: the rows, if they are not to be read from the table.
        threads: number of counting threads; one for each core by default. The counts do not depend on it.
        progress: told after every batch.

    Raises:
        DataError: the table cannot be read.
    """
    present = {item.name for item in table.fields}
    chosen = [i for i, c in enumerate(grid.columns) if c.name in present and (only is None or c.name in only)]
    names = {grid.columns[i].name for i in chosen}
    weight = next((c.name for c in grid.columns if c.role is Role.WEIGHT), None) if grid.weight_unit else None
    for part in (grouping, *extras):
        names.update(name for name in (part.columns if part else ()) if name in present)
    if weight is not None and weight not in present:
        raise DataError.no_column(weight, present, table.name, "weight")
    total = _Total(grid, grouping.axes if grouping else Axes(), extras)
    fast = (table.rows or 0) * len(chosen) >= compiled.MIN_VALUES and compiled.available()
    counters = {i: ColumnCounter(grid.columns[i], fast) for i in chosen}
    read = [item.name for item in table.fields if item.name in names]
    seen = 0
    workers = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        for batch in table.batches(read) if batches is None else batches:
            rows = Rows(batch, _kept(skip, seen, batch.rows))
            seen += batch.rows
            rows, weights = _weighted(rows, weight, grid.weight_unit, total)
            _count_batch(rows, grid, counters, grouping, weights, total, pool, extras, present)
            if progress is not None:
                progress(seen, table.rows)
    return total.profile(table.name)


def _count_batch(
    rows: Rows,
    grid: Grid,
    counters: Mapping[int, ColumnCounter],
    grouping: Grouping | None,
    weights: Weights | None,
    total: _Total,
    pool: ThreadPoolExecutor,
    extras: Sequence[Extra],
    present: set[str],
) -> None:
    size, groups = rows.count, total.groups
    group = None
    if grouping is not None:
        group = grouping.assign({name: rows.column(name) for name in grouping.columns}, size)
    total.rows(size, group, weights)

    def work(i: int) -> tuple[int, ColumnCounts, Column]:
        data = rows.column(grid.columns[i].name)
        return i, counters[i].count(data, size, group, groups, weights), data

    for i, counts, data in pool.map(work, counters):
        total.column(i, counts)
        if grid.columns[i].role is Role.TIMESTAMP:
            total.times(data)
    for extra in extras:
        columns = {name: rows.column(name) for name in extra.columns if name in present}
        extra.count(columns, size, group, groups, weights)


class _Total:
    """The profile that grows batch by batch."""

    def __init__(self, grid: Grid, axes: Axes, extras: Sequence[Extra]) -> None:
        self.grid, self.axes, self.extras = grid, axes, extras
        buckets, versions, _ = axes.shape
        self.groups = buckets * versions
        self.sums = empty_sums(grid, axes)
        self.flat = {name: array.reshape(self.groups, *array.shape[3:]) for name, array in self.sums.items()}
        shape = self.groups, len(grid.columns)
        self.minimum, self.maximum = np.full(shape, np.inf), np.full(shape, -np.inf)
        self.distinct: dict[str, Distinct] = {}
        self.start: int | None = None
        self.end: int | None = None
        self.bad_weights = 0

    def rows(self, size: int, group: Group | None, weights: Weights | None) -> None:
        place = np.zeros(size, np.intp) if group is None else group
        self.flat["rows"] += np.bincount(place, minlength=self.groups)
        if weights is not None:
            np.add.at(self.flat["rows_weight"], place, weights.fixed.astype(np.int64))
            np.add.at(self.flat["rows_weight_squared"], place, weights.fixed_squares.astype(np.int64))

    def column(self, i: int, counts: ColumnCounts) -> None:
        part = slice(int(self.grid.offsets[i]), int(self.grid.offsets[i + 1]))
        self.flat["cells"][:, part] += counts.cells
        self.flat["moments"][:, part] += counts.moments
        self.flat["squares"][:, i] += counts.squares
        self.flat["specials"][:, i] += counts.specials
        for name, array in counts.weighted.items():
            target = self.flat[name]
            if name == "squares_weight":
                target[:, i] += array
            else:
                target[:, part] += array
        self.minimum[:, i] = np.minimum(self.minimum[:, i], counts.minimum)
        self.maximum[:, i] = np.maximum(self.maximum[:, i], counts.maximum)
        name = self.grid.columns[i].name
        self.distinct[name] = self.distinct.get(name, EMPTY).merge(counts.distinct)

    def times(self, data: Column) -> None:
        values = data.values if data.valid is None else data.values[data.valid]
        if len(values) and data.dictionary is None and values.dtype.kind in "iu":
            least, most = int(values.min()), int(values.max())
            self.start = least if self.start is None else min(self.start, least)
            self.end = most if self.end is None else max(self.end, most)

    def profile(self, name: str) -> Profile:
        sums = dict(self.sums)
        for extra in self.extras:
            for key, array in extra.sums().items():
                sums[key] = array.reshape(*self.axes.shape, *array.shape[1:])
        shape = (*self.axes.shape, len(self.grid.columns))
        return Profile(
            self.grid,
            self.axes,
            sums,
            self.minimum.reshape(shape),
            self.maximum.reshape(shape),
            self.start,
            self.end,
            self.distinct,
            name,
        )


def _kept(
    skip: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None, first: int, rows: int
) -> Mask | None:
    """Which of the rows [first, first + rows) lie in none of the ranges; None: all."""
    if skip is None:
        return None
    starts, stops = skip
    near = (stops > first) & (starts < first + rows)
    if not near.any():
        return None
    keep = np.ones(rows, bool)
    for start, stop in zip(starts[near], stops[near], strict=True):
        keep[max(0, start - first) : max(0, stop - first)] = False
    return keep


def _weighted(rows: Rows, weight: str | None, unit: float, total: _Total) -> tuple[Rows, Weights | None]:
    """The rows with a usable weight, and the weights in weight units."""
    if weight is None:
        return rows, None
    data = rows.column(weight)
    values = np.asarray(data.values, np.float64)
    if len(values) != rows.count or data.dictionary is not None:
        raise DataError("the weight column holds no numbers", where=weight, accepted="numbers >= 0")
    with np.errstate(invalid="ignore"):
        good = np.isfinite(values) & (values >= 0)
    if data.valid is not None:
        good &= data.valid
    total.bad_weights += int(len(good) - np.count_nonzero(good))
    if not good.all():
        keep = np.ones(rows.batch.rows, bool) if rows.keep is None else rows.keep.copy()
        keep[np.flatnonzero(keep)[~good]] = False
        rows = Rows(rows.batch, keep)
    return rows, Weights(np.minimum(values[good] / unit, WEIGHT_CLIP))


class TimeBuckets:
    """Rows by time: buckets of equal length from a first moment on; later and earlier rows join the ends.

    Rows without a time go to the first bucket.
    """

    def __init__(self, column: str, start: int, width: int, buckets: int) -> None:
        self.columns: tuple[str, ...] = (column,)
        self.start, self.width, self.buckets = start, width, buckets
        self.axes = Axes(buckets=tuple(start + i * width for i in range(buckets)))

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        data = columns[self.columns[0]]
        if len(data.values) != rows or data.dictionary is not None:
            return np.zeros(rows, np.intp)
        place = np.clip((data.values - self.start) // self.width, 0, self.buckets - 1).astype(np.intp)
        if data.valid is not None:
            place[~data.valid] = 0
        return place


class EntityBlocks:
    """Rows by entity: every entity falls into one of some blocks, by its hash."""

    def __init__(self, column: str, blocks: int) -> None:
        self.columns: tuple[str, ...] = (column,)
        self.blocks = blocks
        self.axes = Axes(buckets=tuple(range(blocks)))

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        from leadline.profiles.distinct import hash_texts, mix

        data = columns[self.columns[0]]
        if len(data.values) != rows:
            return np.zeros(rows, np.intp)
        if data.dictionary is None:
            hashes = mix((np.asarray(data.values, np.float64) + 0.0).view(np.uint64))
        else:
            hashes = (
                hash_texts(data.dictionary)[data.values]
                if len(data.dictionary)
                else np.zeros(rows, np.uint64)
            )
        return (hashes % np.uint64(self.blocks)).astype(np.intp)


def labels_of(data: Column) -> Column:
    """The column as text codes, whatever it holds."""
    return data if data.dictionary is not None else as_labels(data)


def value_counts(data: Column) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct texts of a column (empty text left out) and how often each occurs."""
    coded: Any = labels_of(data)
    codes = coded.values if coded.valid is None else coded.values[coded.valid]
    counts = np.bincount(codes, minlength=len(coded.dictionary))[: len(coded.dictionary)]
    used = [int(i) for i in np.flatnonzero(counts) if coded.dictionary[int(i)] != ""]
    return [coded.dictionary[i] for i in used], counts[used].astype(np.int64)
