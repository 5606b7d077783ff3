"""Rows for the sample of a profile: which ones, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group, Grouping
from leadline.engines.row_hashes import NO_VALUE, chunks, reader
from leadline.profiles import outcomes
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.columns import as_labels
from leadline.profiles.distinct import Hashes, mix
from leadline.profiles.grid import Grid, Outcome, RowKey
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.outcomes import BinaryGrid, MulticlassGrid, RegressionGrid
from leadline.profiles.outcomes_cells import CellLookup
from leadline.profiles.sample import MISSING, UNREADABLE, Codes, Limits, RowSample, sampled_columns
from leadline.schema import ColumnSchema, Role
from leadline.tables.table import Batch, Column
from leadline.tables.texts import empty, pick

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

KEY_COLUMNS = 3
"""Columns whose values make up a row's key where no column identifies rows: one of them may break."""

REPEATED = 0.01
"""Share of rows whose key another row has, above which equal rows are told apart by counting them."""

BROKEN = 0.05
"""The same share in a batch, above which they are told apart there, whatever the reference was like."""

KEY_ROLES = {Role.TIMESTAMP, Role.FEATURE, Role.SEGMENT, Role.SCORE, Role.PREDICTION, Role.ENTITY}
"""What may be part of a key: what a row is, not what becomes known of it later."""

_LOOK = 2048
_WORTH = 8
_ODD = np.uint64(0xD6E8FEB86659FD93)
_BITS = 2.0**64


def learn_key(columns: Sequence[ColumnSchema], by_distinct: Sequence[str], few: Batch) -> RowKey | None:
    """By what rows are sampled: the id, or the columns with the most distinct values; None without any.

    Where these leave many rows equal, all columns are taken, and rows that are equal even then are counted:
    the second, third, ... row is another row. Each batch is counted anew.

    Args:
        columns: the columns of the grid.
        by_distinct: names of columns, the one with the most distinct values first.
        few: some rows.
    """
    role = {column.name: column.role for column in columns}
    usable = tuple(name for name in by_distinct if role[name] in KEY_ROLES)
    ids = tuple(name for name in role if role[name] is Role.ID)
    for names in (ids[:1], usable[:KEY_COLUMNS]):
        if names and _repeated(names, few) <= REPEATED:
            return RowKey(names)
    return RowKey(tuple(by_distinct), repeats=True) if usable else None


def _repeated(names: Sequence[str], few: Batch) -> float:
    """Share of rows whose key another row has."""
    return _equal(_keys([few.column(name) for name in names], few.rows))


def _equal(keys: Hashes) -> float:
    """Share of keys that another row has."""
    ordered = np.sort(keys)
    same = ordered[1:] == ordered[:-1]
    return float(np.mean(np.append(same, False) | np.append(False, same))) if len(keys) else 0.0


@dataclass(frozen=True)
class Drawn:
    """Rows of a batch that may belong to the sample: their places, hashes and groups."""

    rows: Rows
    hashes: Hashes
    group: Group


def sampler(grid: Grid, rows: int, timed: bool) -> RowSampler | None:
    """What keeps rows for the option `rows`; None where none are asked for, or none can be chosen."""
    return RowSampler(grid, Limits.of(rows, timed)) if rows and grid.key is not None else None


class RowSampler:
    """Keeps the rows with the smallest hashes of each group.

    For each batch: `draw`, then `codes` of each column (in any order, from any thread), and `add` of all.

    Args:
        grid: with a key.
        limits: most rows.
    """

    def __init__(self, grid: Grid, limits: Limits) -> None:
        assert grid.key is not None
        self.key, self.outcome, self.limits = grid.key, grid.outcome, limits
        self.columns = (*grid.key.columns, *grid.outcome.columns)
        self.places = {k: i for i, k in enumerate(sampled_columns(grid))}
        self._axes: dict[int, CellLookup | CategoricalAxis] = {}
        for k in self.places:
            axis = grid.columns[k].axis
            assert isinstance(axis, NumericAxis | CategoricalAxis)
            self._axes[k] = _lookup(axis) if isinstance(axis, NumericAxis) else axis
        self._sample = RowSample.empty(limits, len(self.places))
        self._waiting: list[RowSample] = []
        self._bounds = np.full(1, np.iinfo(np.uint64).max, np.uint64)

    def draw(self, batch: Batch, rows: int, group: Group | None, groups: int) -> Drawn:
        """The rows of a batch that the sample needs, and a few more."""
        found = _keys([batch.column(name) for name in self.key.columns], rows)
        if self.key.repeats or _equal(found[:: len(found) // _LOOK + 1]) > BROKEN:
            _tell_apart(found)
        if group is None:
            chosen = np.flatnonzero(found <= self._bounds_of(np.array([rows]))[0])
            return Drawn(chosen, found[chosen], np.zeros(len(chosen), np.intp))
        chosen = np.flatnonzero(found <= self._bounds_of(np.bincount(group, minlength=groups))[group])
        return Drawn(chosen, found[chosen], group[chosen])

    def _bounds_of(self, sizes: npt.NDArray[np.intp]) -> Hashes:
        """Bounds on the hashes that a batch can add to each group."""
        known = np.full(max(len(sizes), len(self._bounds)), np.iinfo(np.uint64).max, np.uint64)
        known[: len(self._bounds)] = self._bounds
        self._bounds = known
        share = _expected(sizes, self.limits.bucket) / np.maximum(sizes, 1)
        likely = np.where(share < 1, np.minimum(share, 0.999) * _BITS, 0).astype(np.uint64)
        return np.where(share < 1, np.minimum(likely, known[: len(sizes)]), known[: len(sizes)])

    def codes(self, k: int, data: Column, drawn: Drawn, rows: int) -> Codes:
        """The cells of the drawn rows in column k of the grid; shape (len(drawn.rows),)."""
        valid = None if data.valid is None else data.valid.take(drawn.rows)
        axis = self._axes[k]
        if len(data.values) != rows:
            found = np.full(len(drawn.rows), UNREADABLE, np.uint16)
        elif isinstance(axis, CellLookup):
            found = _of_numbers(axis, data, drawn.rows)
        else:
            found = _of_categories(axis, data.take(drawn.rows))
        if valid is not None:
            found[~valid] = MISSING
        return found

    def add(self, drawn: Drawn, codes: Mapping[int, Codes], columns: Mapping[str, Column]) -> None:
        """Add a batch.

        Args:
            drawn: the rows.
            codes: of the columns that the table has.
            columns: the whole columns of the outcome.
        """
        cells = np.full((len(drawn.rows), len(self.places)), UNREADABLE, np.uint16)
        for k, found in codes.items():
            cells[:, self.places[k]] = found
        taken = {name: data.take(drawn.rows) for name, data in columns.items()}
        score, prediction, label = row_outcomes(self.outcome, taken, len(drawn.rows))
        batch = RowSample(
            self.limits, drawn.group.astype(np.int64), drawn.hashes, cells, score, prediction, label
        )
        self._waiting.append(batch)
        # Few rows are not worth putting the many others into order again.
        if sum(map(len, self._waiting)) * _WORTH > len(self._sample):
            self._absorb()

    def _absorb(self) -> None:
        self._sample = RowSample.together([self._sample, *self._waiting])
        self._waiting = []
        self._note_bounds()

    def _note_bounds(self) -> None:
        """A full group takes only rows below its largest hash; a full sample below that of all."""
        found = self._sample
        if len(found) >= self.limits.total:
            self._bounds = np.minimum(self._bounds, found.hashes.max())
        size = np.bincount(found.bucket, minlength=len(self._bounds))
        full = np.flatnonzero(size >= self.limits.bucket)
        self._bounds[full] = np.minimum(self._bounds[full], found.hashes[np.cumsum(size)[full] - 1])

    def result(self, grouping: Grouping | None) -> RowSample:
        """The sample, with the buckets that the groups were."""
        self._absorb()
        found = self._sample
        if grouping is None:
            return found
        return replace(found, bucket=grouping.starts[found.bucket]).cut()


def _expected(sizes: npt.NDArray[np.intp], wanted: int) -> Floats:
    """Rows to be drawn of groups of these sizes, so that they hardly ever are fewer than wanted."""
    return np.minimum(sizes, wanted + 6 * np.sqrt(wanted) + 20)


def _keys(columns: Sequence[Column], rows: int) -> Hashes:
    """A hash of some columns for each row, uniform over all words."""
    readers = [reader(data, rows) for data in columns]
    found = np.empty(rows, np.uint64)
    for part in chunks(rows):
        total = readers[0](part)
        for read in readers[1:]:
            total *= _ODD
            total += read(part)
        found[part] = mix(total ^ NO_VALUE)
    return found


def _tell_apart(found: Hashes) -> None:
    """Give the second, third, ... row with the same hash another one, in place.

    Equal rows are not told apart, so that it does not matter which is the second.
    """
    order = np.argsort(found)
    ordered = found[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(found) else order
    rank = np.arange(len(found)) - np.repeat(first, np.diff(first, append=len(found)))
    later = rank > 0
    rows = order[later]
    found[rows] = mix(found[rows] + rank[later].astype(np.uint64) * _ODD)


def _of_numbers(axis: CellLookup, data: Column, rows: Rows) -> Codes:
    if data.dictionary is not None:
        return _without_cell(data.take(rows), UNREADABLE)
    values = np.array(data.values.take(rows), np.float64)
    absent = np.flatnonzero(np.isnan(values))
    values[absent] = 0.0
    found = axis.cells(values).astype(np.uint16)
    found[absent] = MISSING
    return found


def _lookup(axis: NumericAxis) -> CellLookup:
    """The cells of an axis; infinities lie in the outermost. The table covers all but both tails."""
    inner = axis.edges[1:-1]
    if len(inner) == 0:
        return CellLookup(inner)
    low, high = float(inner[len(inner) // 20]), float(inner[-1 - len(inner) // 20])
    with np.errstate(over="ignore"):
        ordinary = np.isfinite(high - low) and high - low > np.spacing(abs(low)) * CellLookup.SLOTS
    return CellLookup(inner, low, high) if ordinary else CellLookup(inner)


def _of_categories(axis: CategoricalAxis, data: Column) -> Codes:
    labels = data if data.dictionary is not None else as_labels(data)
    texts = labels.dictionary or ()
    table = np.full(max(len(texts), 1), MISSING, np.uint16)
    used = np.flatnonzero(np.bincount(labels.values, minlength=len(texts))[: len(texts)])
    named = used[~empty(pick(texts, used))]
    table[named] = axis.assign(pick(texts, named))
    found = table[labels.values]
    return found if labels.valid is None else np.where(labels.valid, found, np.uint16(MISSING))


def _without_cell(data: Column, code: int) -> Codes:
    """Texts that the axis cannot read; empty ones are missing."""
    texts = data.dictionary or ()
    table = np.append(np.where(empty(texts), MISSING, code), MISSING).astype(np.uint16)
    return table[data.values]


def row_outcomes(outcome: Outcome, columns: Mapping[str, Column], rows: int) -> tuple[Floats, Floats, Floats]:
    """Score, prediction and label of each row, as `RowSample` keeps them."""
    grid, none = outcome.grid, np.full(rows, np.nan)
    readable = {name: data for name, data in columns.items() if len(data.values) == rows}

    def number(name: str | None) -> Floats:
        data = readable.get(name) if name is not None else None
        if data is None or data.dictionary is not None:
            return none
        values = np.asarray(data.values, np.float64)
        return values if data.valid is None else np.where(data.valid, values, np.nan)

    def code(name: str | None) -> Floats:
        data = readable.get(name) if name is not None else None
        if data is None or not isinstance(grid, BinaryGrid | MulticlassGrid):
            return np.full(rows, float(outcomes.MISSING))
        return outcomes.encode(data.values, data.valid, data.dictionary, grid.classes).astype(np.float64)

    if isinstance(grid, RegressionGrid):
        return none, number(outcome.prediction), number(outcome.label)
    if grid is None:
        return none, none, none
    score = number(outcome.scores[0]) if isinstance(grid, BinaryGrid) and outcome.scores else none
    return score, code(outcome.prediction), code(outcome.label)
