"""Counting one column of one batch: the cells of its axis, and what lies beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles import compiled, vectors
from leadline.profiles.arrays import (
    CLIPPED,
    EMPTY_TEXT,
    MINUS_INFINITY,
    NAN,
    NULL,
    PLUS_INFINITY,
    SPECIALS,
    UNREADABLE,
)
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.counting import NumericCounts, count, count_sorted
from leadline.profiles.distinct import Distinct, Sampler, beyond_floats, hash_numbers
from leadline.profiles.grid import GridColumn
from leadline.profiles.numeric import CLIP, EXPONENTS, UNIT_BITS, NumericAxis
from leadline.profiles.orders import COMPILED_ROWS, Order
from leadline.profiles.outcomes_sums import WEIGHT_BITS
from leadline.profiles.vectors import VectorAxis
from leadline.tables.table import Column
from leadline.tables.texts import empty, hashes, pick
from leadline.tables.vectors import Vectors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Group = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ColumnCounts:
    """What one batch adds to one column, for G groups of rows (see `Profile.sums`)."""

    cells: Ints
    moments: Ints
    squares: Ints
    specials: Ints
    minimum: Floats
    maximum: Floats
    weighted: dict[str, Ints]
    vectors: Ints | None = None


@dataclass(frozen=True)
class Weights:
    """Row weights of a batch as integers (see `WEIGHT_BITS`), and as floats in weight units."""

    units: Floats

    @property
    def fixed(self) -> Floats:
        return np.rint(self.units * 2.0**WEIGHT_BITS)

    @property
    def fixed_squares(self) -> Floats:
        return np.rint(self.units * self.units * 2.0**WEIGHT_BITS)


@dataclass(frozen=True)
class Known:
    """What is known of a numeric column before it is counted: its axis was learned from all its values."""

    counts: NumericCounts
    distinct: Distinct

    @classmethod
    def of(cls, axis: NumericAxis, order: Order) -> Known:
        """The counts of the values that the axis was learned from."""
        sampler = Sampler()
        if order.in_order:
            counts = count_sorted(axis, order.values, sampler)
        else:
            counts = compiled.count(compiled.CellTable(axis), order.values)
            _add_compiled(sampler, axis, counts, order.values, None)
        return cls(counts, sampler.result())


class ColumnCounter:
    """Counts one column; build once for a grid, use it for every batch.

    Args:
        column: the column, with its axis.
        known: the counts of all finite values, when the one batch that comes holds just those.
    """

    def __init__(self, column: GridColumn, known: Known | None = None) -> None:
        self.column = column
        self.known = known
        self._sampler = Sampler()
        self._no_texts = isinstance(column.axis, NumericAxis | VectorAxis)
        self._table: compiled.CellTable | None = None

    @property
    def distinct(self) -> Distinct:
        """The sample of the distinct values of all batches."""
        return self._sampler.result() if self.known is None else self.known.distinct

    def count(
        self,
        data: Column,
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None = None,
        again: bool = False,
    ) -> ColumnCounts:
        """Count a batch's column.

        Args:
            data: the column; its `values` are empty where the type cannot be read.
            rows: number of rows of the batch.
            group: shape (rows,), group of each row, never falling; None: one group.
            groups: number of groups.
            weights: of the rows, or None.
            again: the rows have been counted before, by other groups; distinct values are not looked for.
        """
        sampler = None if again or self.known is not None else self._sampler
        specials = np.zeros((groups, len(SPECIALS)), np.int64)
        if data.valid is not None:
            specials[:, NULL] = _tally(~data.valid, group, groups)
        if isinstance(self.column.axis, VectorAxis) and data.vectors is not None:
            return self._vectors(self.column.axis, data.vectors, data.valid, specials, group, groups)
        if data.dictionary is not None:
            return self._texts(data, data.dictionary, specials, group, groups, weights, sampler)
        if len(data.values) != rows or isinstance(self.column.axis, VectorAxis):
            present = rows if data.valid is None else int(data.valid.sum())
            if groups == 1:
                specials[0, UNREADABLE] = present
            else:
                valid = np.ones(rows, bool) if data.valid is None else data.valid
                specials[:, UNREADABLE] = _tally(valid, group, groups)
            return self._nothing(specials, groups)
        return self._numbers(data, specials, group, groups, weights, sampler)

    def _nothing(self, specials: Ints, groups: int) -> ColumnCounts:
        width = self.column.axis.cells if self.column.axis else 0
        zeros = np.zeros((groups, width), np.int64)
        return ColumnCounts(
            zeros,
            zeros,
            np.zeros((groups, EXPONENTS), np.int64),
            specials,
            np.full(groups, np.inf),
            np.full(groups, -np.inf),
            {},
        )

    def _texts(
        self,
        data: Column,
        dictionary: Any,
        specials: Ints,
        group: Group | None,
        groups: int,
        weights: Weights | None,
        sampler: Sampler | None,
    ) -> ColumnCounts:
        rows_of = entry_rows(data)
        present = np.flatnonzero(rows_of)
        texts = pick(dictionary, present)
        blank = empty(texts)
        axis = self.column.axis
        width = axis.cells if isinstance(axis, CategoricalAxis) else 0
        full = max(width, 1) + 1
        cells = np.where(blank, width, axis.assign(texts)) if isinstance(axis, CategoricalAxis) else blank
        extra: dict[str, Ints] = {}
        if group is None and weights is None:
            counted = _count(cells.astype(np.intp), None, 1, full, rows_of[present])
        else:
            place = np.zeros(len(dictionary), np.intp)
            place[present] = cells
            keep = slice(None) if data.valid is None else data.valid
            cell, group = place[data.values[keep]], None if group is None else group[keep]
            counted = _count(cell, group, groups, full)
            if weights is not None and width:
                extra = self._weigh(cell, None, group, groups, Weights(weights.units[keep]), full)
        specials[:, EMPTY_TEXT] = counted[:, -1] if width == 0 else counted[:, width]
        if sampler is not None:
            sampler.add_hashes(hashes(texts)[~blank], rows_of[present][~blank])
        nothing = self._nothing(specials, groups)
        if width == 0:
            if self._no_texts:
                specials[:, UNREADABLE] = counted[:, 0]
            return nothing
        return replace(nothing, cells=counted[:, :width], weighted=extra)

    def _vectors(
        self,
        axis: VectorAxis,
        lists: Vectors,
        valid: npt.NDArray[np.bool_] | None,
        specials: Ints,
        group: Group | None,
        groups: int,
    ) -> ColumnCounts:
        counted = vectors.count(axis, lists, valid, group, groups)
        specials[:, NAN], specials[:, PLUS_INFINITY] = counted.nan, counted.infinite
        specials[:, UNREADABLE], specials[:, CLIPPED] = counted.unreadable, counted.clipped
        return replace(self._nothing(specials, groups), vectors=counted.sums)

    def _numbers(
        self,
        data: Column,
        specials: Ints,
        group: Group | None,
        groups: int,
        weights: Weights | None,
        sampler: Sampler | None,
    ) -> ColumnCounts:
        values, axis = data.values, self.column.axis
        if isinstance(axis, CategoricalAxis):
            labels = as_labels(data)
            return self._texts(labels, labels.dictionary, specials, group, groups, weights, sampler)
        if not isinstance(axis, NumericAxis):
            self._count_non_finite(data, specials, group, groups)
            if sampler is not None:
                sampler.add(_present(data))
            return self._nothing(specials, groups)
        if self.known is not None and group is None:
            counted = self.known.counts
        else:
            counted = self._sum(axis, data, group, groups, sampler)
        present = len(values) if data.valid is None else np.count_nonzero(data.valid)
        if counted.cells.sum() < present:
            self._count_non_finite(data, specials, group, groups)
        specials[:, CLIPPED] = counted.clipped
        extra = {}
        if weights is not None:
            extra = self._weigh_numbers(axis, data, group, groups, weights)
        return ColumnCounts(
            counted.cells,
            counted.sums,
            counted.squares,
            specials,
            counted.minimum,
            counted.maximum,
            extra,
        )

    def _sum(
        self,
        axis: NumericAxis,
        data: Column,
        group: Group | None,
        groups: int,
        sampler: Sampler | None,
    ) -> NumericCounts:
        if compiled.available() and len(data.values) >= COMPILED_ROWS:
            if self._table is None:
                self._table = compiled.CellTable(axis)
            counted = compiled.count(self._table, data.values, data.valid, group, groups, ordered=True)
            if sampler is not None:
                _add_compiled(sampler, axis, counted, data.values, data.valid)
            return counted
        if group is None and not beyond_floats(data.values.dtype, -np.inf, np.inf):
            return count(axis, data.values, data.valid, sampler=sampler)
        counted = count(axis, data.values, data.valid, group, groups)
        if sampler is not None and not _add_atoms(sampler, axis, counted, data.values):
            sampler.add(_present(data))
        return counted

    def _count_non_finite(self, data: Column, specials: Ints, group: Group | None, groups: int) -> None:
        values = data.values
        if not np.issubdtype(values.dtype, np.floating):
            return
        odd = np.flatnonzero(~np.isfinite(values))
        if data.valid is not None:
            odd = odd[data.valid[odd]]
        found = values[odd]
        g = None if group is None else group[odd]
        specials[:, NAN] = _tally(np.isnan(found), g, groups)
        specials[:, PLUS_INFINITY] = _tally(found == np.inf, g, groups)
        specials[:, MINUS_INFINITY] = _tally(found == -np.inf, g, groups)

    def _weigh_numbers(
        self, axis: NumericAxis, data: Column, group: Group | None, groups: int, weights: Weights
    ) -> dict[str, Ints]:
        keep = np.isfinite(np.asarray(data.values, np.float64))
        if data.valid is not None:
            keep &= data.valid
        x = np.asarray(data.values, np.float64)[keep]
        cell = np.searchsorted(axis.edges, x, side="right") - 1
        g = None if group is None else group[keep]
        return self._weigh(cell, axis.standardise(x), g, groups, Weights(weights.units[keep]), axis.cells)

    def _weigh(
        self,
        cell: npt.NDArray[np.intp],
        z: Floats | None,
        group: Group | None,
        groups: int,
        weights: Weights,
        width: int,
    ) -> dict[str, Ints]:
        """Weighted counts: sums of weights and of their squares by cell; weighted moments."""
        axis = self.column.axis
        cells = axis.cells if axis else 0
        out = {
            "cells_weight": _count(cell, group, groups, width, weights.fixed)[:, :cells],
            "cells_weight_squared": _count(cell, group, groups, width, weights.fixed_squares)[:, :cells],
        }
        if z is not None and isinstance(axis, NumericAxis):
            exponent = axis.exponents[cell]
            scaled = np.ldexp(np.clip(z, -CLIP, CLIP), -exponent)
            moments = np.rint(scaled * weights.units * 2.0**UNIT_BITS)
            out["moments_weight"] = _count(cell, group, groups, width, moments)[:, :cells]
            squares = np.rint(scaled * scaled * weights.units * 2.0**UNIT_BITS)
            out["squares_weight"] = _count(exponent, group, groups, EXPONENTS, squares)
        return out


def _add_atoms(sampler: Sampler, axis: NumericAxis, counted: NumericCounts, values: npt.NDArray[Any]) -> bool:
    """Add the values that were counted, where the cells tell them and no row needs to be looked at again."""
    rows = counted.cells.sum(0)
    filled = np.flatnonzero(rows)
    ends = float(counted.minimum.min()), float(counted.maximum.max())
    if not axis.atoms[filled].all() or beyond_floats(values.dtype, *ends):
        return False
    sampler.add_hashes(hash_numbers(axis.edges[filled]), rows[filled])
    return True


def _add_compiled(
    sampler: Sampler,
    axis: NumericAxis,
    counted: NumericCounts,
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None,
) -> None:
    """Add the values that were counted."""
    if not _add_atoms(sampler, axis, counted, values):
        sampler.merge(compiled.sample(values, valid, sampler.shift))


def entry_rows(data: Column) -> Ints:
    """Rows of each entry of a text column's dictionary, shape (entries,); nulls are left out."""
    size = len(data.dictionary or ())
    if compiled.available() and len(data.values) >= COMPILED_ROWS:
        return compiled.tally(data.values, data.valid, size)
    found = np.bincount(data.values, minlength=size)
    if data.valid is not None:
        found -= np.bincount(data.values[~data.valid], minlength=size)
    return found


def as_labels(data: Column) -> Column:
    """Numbers as the texts of their values: booleans True and False, whole numbers without a point.

    Values that cannot be read become nulls.
    """
    values = data.values
    if data.valid is not None and len(values) != len(data.valid):
        return Column(np.zeros(len(data.valid), np.intp), np.zeros(len(data.valid), bool), [""])
    if values.dtype == np.bool_:
        return Column(values.astype(np.intp), data.valid, [str(False), str(True)])
    valid = np.ones(len(values), bool) if data.valid is None else data.valid
    if np.issubdtype(values.dtype, np.floating):
        valid = valid & ~np.isnan(values)
    distinct_values, codes = np.unique(np.where(valid, values, values.dtype.type(0)), return_inverse=True)
    texts = [_label(value) for value in distinct_values.tolist()]
    return Column(codes.astype(np.intp), None if valid.all() else valid, texts)


def _label(value: bool | int | float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _present(data: Column) -> npt.NDArray[Any]:
    """The values that are neither null nor NaN nor infinite."""
    values = data.values if data.valid is None else data.values[data.valid]
    if not np.issubdtype(values.dtype, np.floating):
        return values
    keep = np.isfinite(values)
    return values if keep.all() else values[keep]


def _tally(mask: npt.NDArray[np.bool_], group: Group | None, groups: int) -> Ints:
    """Rows of each group where the mask holds."""
    if group is None:
        return np.array([np.count_nonzero(mask)], np.int64)
    return np.bincount(group[mask], minlength=groups).astype(np.int64)


def _count(
    cell: npt.NDArray[np.intp],
    group: Group | None,
    groups: int,
    width: int,
    weights: Floats | Ints | None = None,
) -> Ints:
    """Shape (groups, width): rows, or exact sums of whole-numbered weights, by group and cell."""
    place = cell if group is None else cell + group * width
    if weights is None:
        return np.bincount(place, minlength=groups * width).reshape(groups, width).astype(np.int64)
    total = np.zeros(groups * width, np.int64)
    np.add.at(total, place, weights.astype(np.int64))
    return total.reshape(groups, width)
