"""The counting of `profiles.counting`, compiled: the same integers, faster where sorting is slow.

Needs the `fast` extra (Numba). A table over a uniform grid between two edges says for most values at once in
which cell they lie; where one or two edges fall into the same slot of the table, one or two comparisons
decide; everything else goes through a binary search. The compiled code is cached on disk beside this
file where that can be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.counting import Floats, NumericCounts, nothing
from leadline.profiles.grid import CLIP, UNIT_BITS, NumericAxis

MIN_VALUES = 1 << 28
"""Below this many values loading the compiler takes longer than counting."""

_SLOTS = (1 << 11, 1 << 12, 1 << 13)
_NO_MASK = np.zeros(0, bool)


def available() -> bool:
    """Numba is installed."""
    return find_spec("numba") is not None


@dataclass(frozen=True)
class SlotTable:
    """The uniform grid over [low, high): slot i starts with cell `cell[i]`, and up to two edges lie in it.

    Attributes:
        low, high: the part of the line it covers; both are edges of the axis, in cells of the finest unit.
        step: slots per unit.
        cell: shape (slots,): cell of the slot's start.
        ends: shape (slots, 2): the edges inside the slot, inf where there is none.
        double: some slot holds two edges.
    """

    low: float
    high: float
    step: float
    cell: npt.NDArray[np.int16]
    ends: Floats
    double: bool

    @classmethod
    def build(cls, axis: NumericAxis) -> SlotTable | None:
        """The smallest table with at most two edges in a slot; None where none is small enough.

        That is so where cells differ much in width (heavy tails): sorting is faster there.
        """
        edges = axis.edges[axis.near[0] : axis.near[1] + 1]
        edges = edges[(edges >= axis.low) & (edges <= axis.high)]
        # Edges crowd at the ends of a column that stops abruptly; few values lie there.
        for cut in (0, 12):
            inner = edges[cut : len(edges) - cut]
            for slots in _SLOTS if len(inner) > 1 else ():
                table = cls._over(inner, int(np.searchsorted(axis.edges, inner[0])), slots)
                if table is not None:
                    return table
        return None

    @classmethod
    def _over(cls, edges: Floats, start: int, slots: int) -> SlotTable | None:
        low, high = float(edges[0]), float(edges[-1])
        step = slots / (high - low)
        if not (np.isfinite(step) and step > 0):
            return None
        place = np.minimum(((edges - low) * step).astype(np.intp), slots - 1)
        count = np.bincount(place, minlength=slots)
        if count.max() > 2:
            return None
        before = np.cumsum(count) - count
        ends = np.full((slots, 2), np.inf)
        for k in range(2):
            has = count > k
            ends[has, k] = edges[before[has] + k]
        return cls(low, high, step, (before + (start - 1)).astype(np.int16), ends, bool((count > 1).any()))


def count(
    axis: NumericAxis,
    table: SlotTable,
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None,
) -> NumericCounts:
    """Count the finite, valid values into one group; see `counting.count`.

    Args:
        axis, table: the cells, and their table (`SlotTable.build(axis)`).
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
    """
    counts = nothing(axis)
    _kernel()(
        np.ascontiguousarray(values),
        _NO_MASK if valid is None else valid,
        valid is not None,
        axis.edges,
        axis.exponents,
        axis.centre,
        1.0 / axis.scale,
        table.low,
        table.high,
        table.step,
        table.cell,
        table.ends,
        table.double,
        counts.cells[0],
        counts.sums[0],
        counts.squares[0],
        counts.clipped,
        counts.minimum,
        counts.maximum,
    )
    return counts


@cache
def _kernel() -> Any:
    import numba

    unit, clip, block = 2.0**UNIT_BITS, CLIP, 2048

    @numba.njit(nogil=True, cache=True, boundscheck=False)  # type: ignore[untyped-decorator, unused-ignore]
    def kernel(  # type: ignore[no-untyped-def]
        values, valid, masked, edges, exponents, centre, inverse,
        low, high, step, cell, ends, double,
        cells, sums, squares, clipped, minimum, maximum,
    ):  # fmt: skip
        slots = np.empty(block, np.int32)
        whole = np.empty(block, np.float64)
        totals = np.zeros((len(cells), 2), np.int64)
        last = np.int32(len(cell) - 1)
        least, most = np.inf, -np.inf
        for start in range(0, len(values), block):
            part = values[start : start + block]
            size = len(part)
            # No look-up and no branch: this loop is vectorised.
            inside, square = True, 0.0
            for i in range(size):
                x = np.float64(part[i])
                inside &= (x >= low) & (x < high)
                z = (x - centre) * inverse
                whole[i] = np.rint(z * unit)
                square += np.rint((z * z) * unit)
                slots[i] = np.int32(min(max((x - low) * step, 0.0), np.float64(last)))
            if inside and not masked:
                squares[0] += np.int64(square)
                for i in range(size):
                    x = np.float64(part[i])
                    slot = slots[i]
                    found = cell[slot] + np.int64(x >= ends[slot, 0])
                    if double:
                        found += np.int64(x >= ends[slot, 1])
                    totals[found, 0] += 1
                    totals[found, 1] += np.int64(whole[i])
                    least = min(least, x)
                    most = max(most, x)
                continue
            for i in range(size):
                x = np.float64(part[i])
                if (masked and not valid[start + i]) or not np.isfinite(x):
                    continue
                least = min(least, x)
                most = max(most, x)
                slot = slots[i]
                if x >= low and x < high:
                    found = cell[slot] + np.int64(x >= ends[slot, 0]) + np.int64(x >= ends[slot, 1])
                else:
                    a, b = np.int64(0), np.int64(len(edges))
                    while a < b:
                        middle = (a + b) >> 1
                        if edges[middle] <= x:
                            a = middle + 1
                        else:
                            b = middle
                    found = a - 1
                z = (x - centre) * inverse
                e = exponents[found]
                if e:
                    clipped[0] += np.int64(abs(z) > clip)
                    z = np.ldexp(min(max(z, -clip), clip), -e)
                totals[found, 0] += 1
                totals[found, 1] += np.int64(np.rint(z * unit))
                squares[e] += np.int64(np.rint((z * z) * unit))
        for c in range(len(cells)):
            cells[c] += totals[c, 0]
            sums[c] += totals[c, 1]
        minimum[0] = least
        maximum[0] = most

    return kernel
