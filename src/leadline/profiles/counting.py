"""Counting numeric values into the cells of their axis, in NumPy.

Values are taken in chunks that stay in the processor's second-level cache. A table over a uniform
grid between two edges says for most values at once in which cell they lie; where one or two edges
fall into the same slot of the table, one or two exact comparisons decide. Everything else
(far values, slots with more edges) goes through a binary search. The result is exact always.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.grid import CLIP, EXPONENTS, UNIT_BITS, NumericAxis

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHUNK = 16_384
_SLOTS = (1 << 12, 1 << 14, 1 << 16)
_UNIT = 2.0**UNIT_BITS


@dataclass(frozen=True)
class NumericCounts:
    """Counts of finite values of one column, for each of G groups of rows.

    Attributes:
        cells: shape (G, C).
        sums: shape (G, C), in the units of the axis.
        squares: shape (G, EXPONENTS): sums of squared standardised values of the cells with each
            exponent e, in units of 2**(2 e - UNIT_BITS).
        clipped: shape (G,): values summed as if they lay at the clipping bound.
        minimum, maximum: shape (G,), inf and -inf where there is no value.
    """

    cells: Ints
    sums: Ints
    squares: Ints
    clipped: Ints
    minimum: Floats
    maximum: Floats

    def add(self, other: NumericCounts) -> NumericCounts:
        """The counts of both together."""
        return NumericCounts(
            self.cells + other.cells,
            self.sums + other.sums,
            self.squares + other.squares,
            self.clipped + other.clipped,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
        )


def count_sorted(axis: NumericAxis, ordered: Floats) -> NumericCounts:
    """The counts of finite values in ascending order: the same integers, from cuts at the edges.

    Cheaper than `NumericCounter.count` where the values are sorted already, as when a grid is learned.
    """
    cuts = np.searchsorted(ordered, axis.edges, side="left")
    sums = np.zeros(axis.cells, np.int64)
    squares = np.zeros(EXPONENTS, np.int64)
    clipped = 0
    exponents = np.repeat(axis.exponents, np.diff(cuts)) if axis.exponents.any() else None
    for start in range(0, len(ordered), CHUNK):
        stop = min(start + CHUNK, len(ordered))
        z = axis.standardise(ordered[start:stop])
        near = exponents is None or not exponents[start:stop].any()
        if not near and exponents is not None:
            clipped += int(np.count_nonzero(np.abs(z) > CLIP))
            z = np.ldexp(np.clip(z, -CLIP, CLIP), -exponents[start:stop])
        whole = np.rint(z * _UNIT)
        square = np.rint((z * z) * _UNIT)
        # Floating sums of whole numbers below 2**53 are exact: 2**14 values of at most 2**36.
        inside = np.clip(cuts, start, stop) - start
        filled = np.flatnonzero(np.diff(inside))
        sums[filled] += np.add.reduceat(whole, inside[filled]).astype(np.int64)
        if near or exponents is None:
            squares[0] += int(square.sum())
        else:
            parts = np.bincount(exponents[start:stop], weights=square, minlength=EXPONENTS)
            squares += parts.astype(np.int64)
    least, most = (ordered[0], ordered[-1]) if len(ordered) else (np.inf, -np.inf)
    return NumericCounts(
        np.diff(cuts).astype(np.int64)[None],
        sums[None],
        squares[None],
        np.array([clipped], np.int64),
        np.array([least], np.float64),
        np.array([most], np.float64),
    )


@dataclass(frozen=True)
class SlotTable:
    """The uniform grid over [low, high): slot i starts with cell `cell[i]`, and up to two edges lie in it.

    Attributes:
        low, high: the part of the line it covers; both are edges of the axis, inside NEAR.
        step: slots per unit.
        cell: shape (slots,): cell of the slot's start.
        first, second: shape (slots,): the edges inside the slot, inf where there is none.
        crowded: shape (slots,) bool: more than two edges lie in the slot; None when there is none.
        double: some slot holds two edges.
    """

    low: float
    high: float
    step: float
    cell: npt.NDArray[np.intp]
    first: Floats
    second: Floats
    crowded: npt.NDArray[np.bool_] | None
    double: bool

    def slot(self, values: Floats) -> npt.NDArray[np.intp]:
        """The slot of values in [low, high); rounding is monotone, so edges and values agree."""
        scaled = (values - self.low) * self.step
        return np.minimum(scaled.astype(np.intp), len(self.cell) - 1)

    @classmethod
    def build(cls, axis: NumericAxis) -> SlotTable | None:
        """The best table for an axis, or None where the axis has no cells near its centre."""
        near = np.flatnonzero(axis.exponents == 0)
        if len(near) == 0:
            return None
        inner = axis.edges[near[0] : near[-1] + 2]
        inner = inner[(inner >= axis.low) & (inner <= axis.high)]
        best: tuple[float, SlotTable] | None = None
        for trim in (0.0, 0.02, 0.1):
            cut = int(trim * len(inner))
            edges = inner[cut : len(inner) - cut]
            if len(edges) < 2:
                continue
            for slots in _SLOTS:
                table = cls._over(edges, int(np.searchsorted(axis.edges, edges[0])), slots)
                if table is None:
                    continue
                lost = 2 * trim + table._crowded_share()
                cost = lost + slots * 1e-6
                if best is None or cost < best[0] - 1e-9:
                    best = cost, table
                if lost <= 0.01:
                    return table
        return best[1] if best else None

    @classmethod
    def _over(cls, edges: Floats, start: int, slots: int) -> SlotTable | None:
        low, high = float(edges[0]), float(edges[-1])
        step = slots / (high - low)
        if not (np.isfinite(step) and step > 0):
            return None
        place = np.minimum(((edges - low) * step).astype(np.intp), slots - 1)
        count = np.bincount(place, minlength=slots)
        before = np.cumsum(count) - count
        first, second = np.full(slots, np.inf), np.full(slots, np.inf)
        has = count > 0
        first[has] = edges[before[has]]
        two = count > 1
        second[two] = edges[before[two] + 1]
        crowded = count > 2
        return cls(
            low,
            high,
            step,
            before + (start - 1),
            first,
            second,
            crowded if crowded.any() else None,
            bool(two.any()),
        )

    def _crowded_share(self) -> float:
        """Share of the cells that end in a crowded slot: a proxy of the share of values lost to it."""
        if self.crowded is None:
            return 0.0
        steps = np.diff(self.cell, append=self.cell[-1] + 1)
        return float(steps[self.crowded].sum() / max(1, steps.sum()))


class NumericCounter:
    """Counts values on one axis; build it once, use it from any thread.

    Args:
        axis: the cells.
        compiled: use the compiled loop (the `fast` extra) where it applies; the integers are the same.
    """

    def __init__(self, axis: NumericAxis, compiled: bool = False) -> None:
        self.axis = axis
        self.compiled = compiled

    @cached_property
    def table(self) -> SlotTable | None:
        return SlotTable.build(self.axis)

    def count(
        self,
        values: npt.NDArray[Any],
        valid: npt.NDArray[np.bool_] | None = None,
        group: npt.NDArray[np.intp] | None = None,
        groups: int = 1,
    ) -> NumericCounts:
        """Count the finite, valid values.

        Args:
            values: shape (rows,), any real dtype.
            valid: shape (rows,), False where null; None: all valid.
            group: shape (rows,), group of each row, 0 <= group < groups; None: all in group 0.
            groups: number of groups.
        """
        if self.compiled and group is None and groups == 1 and values.dtype.kind in "fiu":
            from leadline.profiles import compiled

            return compiled.count(self.axis, self.table, values, valid)
        total = _Accumulator(self.axis, groups)
        for start in range(0, len(values), CHUNK):
            rows = slice(start, start + CHUNK)
            x = np.asarray(values[rows], dtype=np.float64)
            g = None if group is None else group[rows]
            if valid is not None:
                keep = valid[rows]
                if not keep.all():
                    x, g = x[keep], None if g is None else g[keep]
            self._chunk(x, g, total)
        return total.result()

    def _chunk(self, x: Floats, g: npt.NDArray[np.intp] | None, total: _Accumulator) -> None:
        if len(x) == 0:
            return
        least, most = float(x.min()), float(x.max())
        if not (np.isfinite(least) and np.isfinite(most)):
            keep = np.isfinite(x)
            x, g = x[keep], None if g is None else g[keep]
            if len(x) == 0:
                return
            least, most = float(x.min()), float(x.max())
        total.extremes(x, g, least, most)
        table = self.table
        if table is None:
            self._search(x, g, total)
        elif least >= table.low and most < table.high:
            self._look_up(table, x, g, total)
        else:
            inside = (x >= table.low) & (x < table.high)
            far = ~inside
            self._search(x[far], None if g is None else g[far], total)
            self._look_up(table, x[inside], None if g is None else g[inside], total)

    def _look_up(
        self, table: SlotTable, x: Floats, g: npt.NDArray[np.intp] | None, total: _Accumulator
    ) -> None:
        slot = table.slot(x)
        if table.crowded is not None:
            crowded = table.crowded[slot]
            if crowded.any():
                self._search(x[crowded], None if g is None else g[crowded], total)
                keep = ~crowded
                x, slot, g = x[keep], slot[keep], None if g is None else g[keep]
        cell = table.cell.take(slot)
        cell += x >= table.first.take(slot)
        if table.double:
            cell += x >= table.second.take(slot)
        total.near(cell, self.axis.standardise(x), g)

    def _search(self, x: Floats, g: npt.NDArray[np.intp] | None, total: _Accumulator) -> None:
        if len(x):
            cell = np.searchsorted(self.axis.edges, x, side="right") - 1
            total.far(cell, self.axis.standardise(x), g)


class _Accumulator:
    """Running counts of one call."""

    def __init__(self, axis: NumericAxis, groups: int) -> None:
        self.axis, self.groups, self.width = axis, groups, axis.cells
        self.cells = np.zeros(groups * self.width, np.int64)
        self.sums = np.zeros(groups * self.width, np.int64)
        self.squares = np.zeros((groups, EXPONENTS), np.int64)
        self.clipped = np.zeros(groups, np.int64)
        self.minimum = np.full(groups, np.inf)
        self.maximum = np.full(groups, -np.inf)

    def result(self) -> NumericCounts:
        shape = self.groups, self.width
        return NumericCounts(
            self.cells.reshape(shape),
            self.sums.reshape(shape),
            self.squares,
            self.clipped,
            self.minimum,
            self.maximum,
        )

    def extremes(self, x: Floats, g: npt.NDArray[np.intp] | None, least: float, most: float) -> None:
        if g is None:
            self.minimum[0] = min(self.minimum[0], least)
            self.maximum[0] = max(self.maximum[0], most)
        else:
            np.minimum.at(self.minimum, g, x)
            np.maximum.at(self.maximum, g, x)

    def near(self, cell: npt.NDArray[np.intp], z: Floats, g: npt.NDArray[np.intp] | None) -> None:
        """Values with |z| <= NEAR, in cells of the finest unit: floating sums of a chunk are exact."""
        if g is not None:
            cell = cell + g * self.width
        size = len(self.cells)
        self.cells += np.bincount(cell, minlength=size)
        self.sums += np.bincount(cell, weights=np.rint(z * _UNIT), minlength=size).astype(np.int64)
        squares = np.rint((z * z) * _UNIT)
        if g is None:
            self.squares[0, 0] += int(squares.sum())
        else:
            self.squares[:, 0] += np.bincount(g, weights=squares, minlength=self.groups).astype(np.int64)

    def far(self, cell: npt.NDArray[np.intp], z: Floats, g: npt.NDArray[np.intp] | None) -> None:
        """Any values: integer sums in the unit of each cell."""
        exponent = self.axis.exponents[cell]
        clipped = np.abs(z) > CLIP
        z = np.clip(z, -CLIP, CLIP)
        group = np.zeros(len(z), np.intp) if g is None else g
        np.add.at(self.clipped, group[clipped], 1)
        scaled = np.ldexp(z, -exponent)
        place = cell + group * self.width
        np.add.at(self.cells, place, 1)
        np.add.at(self.sums, place, np.rint(scaled * _UNIT).astype(np.int64))
        np.add.at(self.squares, (group, exponent), np.rint((scaled * scaled) * _UNIT).astype(np.int64))
