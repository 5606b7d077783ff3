"""Counting on this machine: threads over columns, one pass over the rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from leadline.engines.buckets import TimeBuckets
from leadline.engines.duplicates import DuplicateRows
from leadline.engines.groups import Group, Grouping, SegmentCut, cuts
from leadline.engines.rows import Ranges, Rows, kept, ordered
from leadline.engines.sampling import RowSampler
from leadline.engines.total import Total
from leadline.engines.versions import VersionBuckets
from leadline.errors import DataError
from leadline.profiles.arrays import WHOLE_ROWS
from leadline.profiles.columns import ColumnCounter, ColumnCounts, Known, Weights
from leadline.profiles.distinct import Hashes
from leadline.profiles.grid import Grid
from leadline.profiles.outcomes_sums import WEIGHT_CLIP
from leadline.profiles.profile import Profile
from leadline.profiles.sample import Codes
from leadline.progress import Progress
from leadline.schema import Role
from leadline.tables.rules import ColumnRules
from leadline.tables.table import Batch, Column, Table
from leadline.turns import threads_in_turns

T = TypeVar("T")

PLACES = 4
"""Most places of a wide file that are read at once: each takes memory."""

FEW = 1 << 17
"""Fewer values than these are counted sooner than threads have started."""


class Extra(Protocol):
    """Counts something of several columns together, in additive arrays (outcomes, ratios)."""

    columns: tuple[str, ...]

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch. Batches come in order, one at a time; in a batch, rows come group by group."""
        ...

    def sums(self, groups: int) -> dict[str, npt.NDArray[np.int64]]:
        """Additive arrays of shape (groups, ...), by name."""
        ...


ExtraMaker = Callable[[], Extra]


def count(
    table: Table,
    grid: Grid,
    *,
    grouping: Grouping | None = None,
    segments: bool = True,
    extras: Sequence[ExtraMaker] = (),
    rules: Sequence[ColumnRules] = (),
    duplicates: DuplicateRows | None = None,
    sampler: RowSampler | None = None,
    skip: Ranges | None = None,
    batches: Iterable[Batch] | None = None,
    known: Mapping[str, Known] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Profile:
    """Count a table on a grid.

    Columns of the grid that the table lacks are counted as nothing; columns that the grid lacks are not
    read.

    Args:
        grouping: places rows on the bucket and version axes; without it there is one of each.
        segments: count the grid's segments apart, too.
        extras: makers of counters of several columns together.
        rules: declared rules that are counted along.
        duplicates: counter of duplicate rows.
        sampler: keeps some of the rows; a table that lacks columns of its key has no sample.
        skip: row ranges (starts, stops) that are left out.
        batches: the rows, if they are not to be read from the table.
        known: what is known of columns whose values have been sorted; only with one batch of all rows.
        threads: number of counting threads; one for each core by default. The counts do not depend on it.
        progress: told after every batch.

    Raises:
        DataError: the table cannot be read, or it lacks the weight column.
    """
    threads = threads or os.cpu_count() or 1
    work = _Work(table, grid, grouping, segments, extras, rules, duplicates, sampler, known or {}, threads)
    seen, few = 0, (table.rows or FEW) * len(work.read) < FEW
    with _Here() if few else threads_in_turns(threads) as pool:
        for batch in _read(table, work.read, few) if batches is None else batches:
            rows = Rows(batch, kept(skip, seen, batch.rows))
            seen += batch.rows
            work.add(rows, pool)
            if progress is not None:
                progress(seen, table.rows)
    return work.profile()


class _Work:
    """One pass: what is read, who counts it, and the profile that grows."""

    def __init__(
        self,
        table: Table,
        grid: Grid,
        grouping: Grouping | None,
        segments: bool,
        extras: Sequence[ExtraMaker],
        rules: Sequence[ColumnRules],
        duplicates: DuplicateRows | None,
        sampler: RowSampler | None,
        known: Mapping[str, Known],
        threads: int,
    ) -> None:
        self.table, self.grid, self.grouping, self.rules = table, grid, grouping, rules
        self.present = {item.name for item in table.fields}
        self.duplicates = duplicates if duplicates and duplicates.columns <= self.present else None
        self.sampler = sampler if sampler and set(sampler.key.columns) <= self.present else None
        self.weight = _weight_column(grid, self.present, table.name)
        slices = grid.segments if segments else ()
        self.cuts = cuts(slices)
        self.total = Total(grid, (None, *slices))
        self.extras = [[make() for make in extras] for _ in self.cuts]
        chosen = [i for i, column in enumerate(grid.columns) if column.name in self.present]
        columns = {i: grid.columns[i] for i in apart(chosen, threads)}
        self.counters = {i: ColumnCounter(c, known.get(c.name)) for i, c in columns.items()}
        self.read = self._names()

    def _names(self) -> list[str]:
        """The columns that are read, in the table's order."""
        wanted = {self.grid.columns[i].name for i in self.counters}
        wanted.update(cut.column for cut in self.cuts if cut.column is not None)
        wanted.update(rule.column for rule in self.rules)
        wanted.update(self.duplicates.columns if self.duplicates else ())
        for part in (self.grouping, self.sampler, *self.extras[0]):
            wanted.update(part.columns if part is not None else ())
        return [item.name for item in self.table.fields if item.name in wanted]

    def add(self, rows: Rows, pool: Executor) -> None:
        """Count one batch."""
        rows, weights = self._weighted(rows)
        size = rows.rows
        group = None
        if self.grouping is not None:
            keys = self._columns(rows, self.grouping.columns)
            group = self.grouping.assign(keys, size)
            self.total.grow(self.grouping.groups)
            if isinstance(self.grouping, TimeBuckets | VersionBuckets):
                times = keys.get(self.grouping.columns[0])
                if times is not None:
                    self.total.times(times)
        for first, (cut, extras) in enumerate(zip(self.cuts, self.extras, strict=True)):
            place, groups = self._place(cut, rows, size, group)
            ours, place, w = ordered(rows, place, weights)
            # Each of these is one thread's work: it goes on while the others count columns.
            beside = [
                pool.submit(extra.count, self._columns(ours, extra.columns), size, place, groups, w)
                for extra in extras
            ]
            self._count(ours, size, place, groups, w, cut, pool, whole=first == 0)
            for done in beside:
                done.result()
        for rule in self.rules:
            if rule.column in self.present:
                rule.add(rows)

    def _columns(self, rows: Batch, names: Iterable[str]) -> dict[str, Column]:
        return {name: rows.column(name) for name in names if name in self.present}

    def _place(self, cut: SegmentCut, rows: Rows, size: int, group: Group | None) -> tuple[Group | None, int]:
        """The place of each row in groups x slices of the cut; None: there is only one."""
        groups = self.total.groups * cut.size
        if cut.column is None:
            return group, groups
        data = rows.column(cut.column) if cut.column in self.present else None
        place = cut.assign(data, size)
        return (place if group is None else group * cut.size + place), groups

    def _count(
        self,
        rows: Batch,
        size: int,
        place: Group | None,
        groups: int,
        weights: Weights | None,
        cut: SegmentCut,
        pool: Executor,
        whole: bool,
    ) -> None:
        self.total.rows(size, place, weights, cut, whole)
        sampler, drawing = self.sampler if whole else None, None
        if sampler is not None:
            group = None if self.grouping is None or place is None else place // cut.size
            drawing = pool.submit(sampler.draw, rows, size, group, self.total.groups)
        look = self.duplicates if whole else None
        chosen = None
        if look is not None:
            chosen = look.choose({name: rows.column(name) for name in look.pivots}, size)
        drawn = drawing.result() if drawing is not None else None
        codes: dict[int, Codes] = {}

        def work(i: int) -> tuple[int, ColumnCounts, Column | None, Hashes | None]:
            column = self.grid.columns[i]
            name = column.name
            data = rows.column(name)
            if data.unreadable:
                self.total.unreadable.setdefault(name, data.unreadable)
            part = None
            if look is not None and chosen is not None and name in look.columns:
                part = look.part(name, data, chosen, size)
            counts = self.counters[i].count(data, size, place, groups, weights, again=not whole)
            if sampler is not None and drawn is not None and i in sampler.places:
                codes[i] = sampler.codes(i, data, drawn, size)  # now that the column is in the cache
            # What waits to be added holds no values: of a wide table they take much memory.
            return i, counts, data if column.role is Role.TIMESTAMP else None, part

        total = np.zeros(0 if chosen is None else len(chosen.rows), np.uint64)
        for i, counts, times, part in pool.map(work, self.counters):
            self.total.column(i, counts, cut, whole)
            if part is not None:
                total += part
            if times is not None:
                self.total.times(times)
        if look is not None and chosen is not None:
            look.add(chosen, total)
        if sampler is not None and drawn is not None:
            sampler.add(drawn, codes, self._columns(rows, sampler.outcome.columns))

    def _weighted(self, rows: Rows) -> tuple[Rows, Weights | None]:
        """The rows with a usable weight, and the weights in weight units."""
        if self.weight is None:
            return rows, None
        data = rows.column(self.weight)
        values = np.asarray(data.values, np.float64)
        if len(values) != rows.rows or data.dictionary is not None:
            raise DataError(
                "the weight column holds no numbers",
                where=f"{self.table.name}, {self.weight}",
                accepted="numbers >= 0",
            )
        with np.errstate(invalid="ignore"):
            good = np.isfinite(values) & (values >= 0)
        if data.valid is not None:
            good &= data.valid
        if not good.all():
            keep = np.ones(rows.batch.rows, bool) if rows.keep is None else rows.keep.copy()
            keep[np.flatnonzero(keep)[~good]] = False
            rows = Rows(rows.batch, keep)
            self.total.left_out(int(np.count_nonzero(~good)))
        return rows, Weights(np.minimum(values[good] / self.grid.weight_unit, WEIGHT_CLIP))

    def profile(self) -> Profile:
        """What was counted."""
        for first, (cut, extras) in enumerate(zip(self.cuts, self.extras, strict=True)):
            for extra in extras:
                self.total.extra(extra.sums(self.total.groups * cut.size), cut, whole=first == 0)
        for i in sorted(self.counters):
            self.total.distinct[self.grid.columns[i].name] = self.counters[i].distinct
        if self.duplicates is not None:
            self.total.distinct[WHOLE_ROWS] = self.duplicates.result()
        counted = tuple(count for rule in self.rules for count in rule.counts)
        sample = None if self.sampler is None else self.sampler.result(self.grouping)
        return self.total.profile(self.table.name, counted, self.grouping, sample)


def apart(items: Sequence[T], threads: int) -> list[T]:
    """The items in such an order that several threads work at several places far from each other.

    Neighbouring columns of a wide file are read together, by the first thread that asks for one of them.
    """
    stride = -(-len(items) // min(threads, PLACES)) or 1
    return [items[i] for first in range(stride) for i in range(first, len(items), stride)]


class _Here(Executor):
    """Does everything at once, in the calling thread."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """See `Executor.submit`."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


def _read(table: Table, names: list[str], few: bool) -> Iterator[Batch]:
    """The batches of a table; unless they hold few values, the next is read while the last is counted."""
    batches = table.batches(names)
    if few:
        yield from batches
        return
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _weight_column(grid: Grid, present: set[str], table: str) -> str | None:
    if not grid.weight_unit:
        return None
    name = next(column.name for column in grid.columns if column.role is Role.WEIGHT)
    if name not in present:
        raise DataError.no_column(name, present, table, "weight")
    return name
