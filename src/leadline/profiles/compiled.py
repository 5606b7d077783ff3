"""The counting of `profiles.counting`, compiled: the same integers, faster where sorting is slow.

Needs the `fast` extra (Numba). A table over a uniform grid between two edges says for most values at once in
which cell they lie; where one or two edges fall into the same slot of the table, one or two comparisons
decide; the few values outside go through a binary search. The compiled code is cached on disk beside this
file where that can be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.counting import NumericCounts, nothing
from leadline.profiles.distinct import MULTIPLIER, Hashes
from leadline.profiles.numeric import CLIP, UNIT_BITS, NumericAxis

MIN_VALUES = 1 << 28
"""Below this many values loading the compiler takes longer than counting."""

_SLOTS = (1 << 11, 1 << 13)
_BLOCK = 1024
_EDGES_IN_SLOT = 2
_LEFT_OUT = 48
"""Most edges at either end that a table leaves out."""

_NO_MASK = np.zeros(0, bool)


def available() -> bool:
    """Numba is installed."""
    return find_spec("numba") is not None


@dataclass(frozen=True)
class SlotTable:
    """The uniform grid over [low, high): the cell in which each slot starts.

    Attributes:
        low, high: the part of the line it covers; both are edges of the axis, in cells of the finest unit.
        step: slots per unit.
        cell: shape (slots + 1,): cell of the slot's start; the last slot is that of all other values, and
            its cell is one past the last of the axis.
        double: two edges lie in some slot.
    """

    low: float
    high: float
    step: float
    cell: npt.NDArray[np.uint16]
    double: bool

    @classmethod
    def build(cls, axis: NumericAxis) -> SlotTable | None:
        """The smallest table of the widest part of the axis in which at most two edges share a slot.

        None where cells differ so much in width that many values would lie outside: sorting is faster there.
        """
        first, last = axis.near
        first = max(first, int(np.searchsorted(axis.edges, axis.low)))
        last = min(last, int(np.searchsorted(axis.edges, axis.high, side="right")) - 1)
        # Edges crowd or thin out at the ends of a column; few values lie there.
        for cut in range(0, min(_LEFT_OUT, (last - first) // 2), 2):
            for slots in _SLOTS:
                table = cls._over(axis, first + cut, last - cut, slots)
                if table is not None:
                    return table
        return None

    @classmethod
    def _over(cls, axis: NumericAxis, first: int, last: int, slots: int) -> SlotTable | None:
        edges = axis.edges[first : last + 1]
        low, high = float(edges[0]), float(edges[-1])
        step = slots / (high - low)
        if not (np.isfinite(step) and step > 0):
            return None
        inside = np.bincount(np.rint((edges - low) * step).astype(np.intp), minlength=slots + 1)
        most = int(inside.max())
        if most > _EDGES_IN_SLOT:
            return None
        start = first - 1 + np.cumsum(inside) - inside
        return cls(low, high, step, np.append(start, axis.cells).astype(np.uint16), most > 1)


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
        np.append(axis.edges, [np.nan, np.nan]),
        axis.exponents,
        axis.centre,
        1.0 / axis.scale,
        table.low,
        table.high,
        table.step,
        table.cell,
        table.double,
        counts.cells[0],
        counts.sums[0],
        counts.squares[0],
        counts.clipped,
        counts.minimum,
        counts.maximum,
    )
    return counts


def hashes_below(bound: np.uint64, values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> Hashes:
    """The hashes of the finite, valid values that lie below a bound, in their order; see `hash_numbers`.

    Args:
        bound: above 0.
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
    """
    found = np.empty(len(values), np.uint64)
    mask = _NO_MASK if valid is None else valid
    size = _hashing()(np.ascontiguousarray(values), mask, valid is not None, bound, found)
    return found[:size].copy()


@cache
def _hashing() -> Any:
    import numba

    block, factor = _BLOCK, MULTIPLIER

    @numba.njit(nogil=True, cache=True, boundscheck=False)  # type: ignore[untyped-decorator, unused-ignore]
    def hashing(values, valid, masked, bound, found):  # type: ignore[no-untyped-def]
        numbers = np.empty(block, np.float64)
        words = numbers.view(np.uint64)
        size = 0
        for start in range(0, len(values), block):
            part = values[start : start + block]
            for i in range(len(part)):
                numbers[i] = np.float64(part[i]) + 0.0
            # No branch: this loop is vectorised, and few blocks of few values hold a hash that is kept.
            below = np.int64(0)
            for i in range(len(part)):
                below += np.int64(words[i] * factor < bound)
            if below == 0:
                continue
            for i in range(len(part)):
                word = words[i] * factor
                if word < bound and np.isfinite(numbers[i]) and (not masked or valid[start + i]):
                    found[size] = word
                    size += 1
        return size

    return hashing


@cache
def _kernel() -> Any:
    import numba

    unit, clip, block = 2.0**UNIT_BITS, CLIP, _BLOCK
    # Added to a number it rounds it to a whole one, which the last bits of the sum then hold.
    magic = 1.5 * 2.0**52
    zero = int(np.float64(magic).view(np.int64))

    @numba.njit(nogil=True, cache=True, boundscheck=False)  # type: ignore[untyped-decorator, unused-ignore]
    def kernel(  # type: ignore[no-untyped-def]
        values, valid, masked, edges, exponents, centre, inverse,
        low, high, step, cell, double,
        cells, sums, squares, clipped, minimum, maximum,
    ):  # fmt: skip
        numbers = np.empty(block, np.float64)
        slots, sizes, powers = np.empty(block), np.empty(block), np.empty(block)
        slot, whole, square = slots.view(np.uint64), sizes.view(np.int64), powers.view(np.int64)
        # Unsigned places spare a look at whether they count from the end.
        low_bits, one, two = np.uint64((1 << 32) - 1), np.uint64(1), np.uint64(2)
        totals = np.zeros((len(cells) + 1, 2), np.int64)
        seconds = np.zeros((len(cells) + 1, 2), np.int64)
        outside = np.uint64(len(cells))
        others = np.float64(len(cell) - 1) + magic
        least, most = np.inf, -np.inf
        for start in range(0, len(values), block):
            part = values[start : start + block]
            size = len(part)
            inside, beyond = np.int64(0), np.int64(0)
            if masked:
                for i in range(size):
                    numbers[i] = np.float64(part[i]) if valid[start + i] else np.nan
            else:
                for i in range(size):
                    numbers[i] = np.float64(part[i])
            # No look-up, no branch, no sum of floats: this loop is vectorised.
            for i in range(size):
                x = numbers[i]
                here = (x >= low) & (x < high)
                z = (x - centre) * inverse
                slots[i] = (x - low) * step + magic if here else others
                sizes[i] = z * unit + magic
                powers[i] = (z * z) * unit + magic if here else magic
                inside += np.int64(here)
                beyond += np.int64(here & ((x < least) | (x > most)))
            near = np.int64(0)
            for i in range(size):
                near += square[i] - zero
            squares[0] += near
            if double:
                for i in range(size):
                    first = np.uint64(cell[slot[i] & low_bits])
                    x = numbers[i]
                    slot[i] = first + np.uint64(x >= edges[first + one]) + np.uint64(x >= edges[first + two])
            else:
                for i in range(size):
                    first = np.uint64(cell[slot[i] & low_bits])
                    slot[i] = first + np.uint64(numbers[i] >= edges[first + one])
            # Two sums in turn: neighbours in the same cell need not wait for each other.
            for i in range(0, size - 1, 2):
                a, b = slot[i], slot[i + 1]
                totals[a, 0] += 1
                totals[a, 1] += whole[i]
                seconds[b, 0] += 1
                seconds[b, 1] += whole[i + 1]
            if size & 1:
                a = slot[size - 1]
                totals[a, 0] += 1
                totals[a, 1] += whole[size - 1]
            if beyond:
                for i in range(size):
                    if slot[i] != outside:
                        least = min(least, numbers[i])
                        most = max(most, numbers[i])
            if inside == size:
                continue
            for i in range(size):
                x = numbers[i]
                if slot[i] != outside or not np.isfinite(x):
                    continue
                least = min(least, x)
                most = max(most, x)
                left, right = np.int64(0), np.int64(len(cells) + 1)
                while left < right:
                    middle = (left + right) >> 1
                    if edges[middle] <= x:
                        left = middle + 1
                    else:
                        right = middle
                found = left - 1
                z = (x - centre) * inverse
                e = exponents[found]
                if e:
                    clipped[0] += np.int64(abs(z) > clip)
                    z = np.ldexp(min(max(z, -clip), clip), -e)
                totals[found, 0] += 1
                totals[found, 1] += np.int64(np.rint(z * unit)) + zero
                squares[e] += np.int64(np.rint((z * z) * unit))
        totals += seconds
        for c in range(len(cells)):
            cells[c] += totals[c, 0]
            sums[c] += totals[c, 1] - totals[c, 0] * zero
        minimum[0] = least
        maximum[0] = most

    return kernel
