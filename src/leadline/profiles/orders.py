"""Order statistics of a numeric column, and its moments: what its axis is learned from.

Values are sorted, or, with the compiled loops, counted into slots of a uniform grid of which only those are
sorted that hold a wanted rank.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, REAL, WHOLE, address, available, contiguous, kernel, numbers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COMPILED_ROWS = 1 << 13
"""Fewer values are sorted sooner than anything is known of them."""

_CHUNK = 1 << 14
_SAMPLE = 1 << 12
_SLOTS = 1 << 14
_MOST = 1 << 22
"""Values that the moments' whole numbers have room for."""

_FIRST_BITS, _SECOND_BITS = 39, 20
"""Bits of a gap, and of one that is squared, before the point: sums of `_MOST` stay below 2**62."""


class Order(Protocol):
    """The finite values of a column; there is one at least.

    Attributes:
        values: shape (n,), in ascending order if `in_order`.
        low, high: the least and the most.
    """

    values: Floats
    in_order: bool
    low: float
    high: float

    def few(self, limit: int) -> Floats | None:
        """The distinct values in order if there are at most `limit`, else None."""
        ...

    def at(self, ranks: Ints) -> Floats:
        """The values of these ranks, 0 <= rank < n, in ascending order."""
        ...

    def ties(self, values: Floats) -> Ints:
        """How many equal each of some values that `at` or `few` gave."""
        ...

    def moments(self, middle: float) -> tuple[float, float]:
        """Mean of the gaps to `middle` (the median), and of their squares; inf or NaN beyond the range."""
        ...


class SortedValues:
    """Values that have been sorted."""

    in_order = True

    def __init__(self, ordered: Floats) -> None:
        self.values = ordered
        self.low, self.high = float(ordered[0]), float(ordered[-1])

    def few(self, limit: int) -> Floats | None:
        first = np.empty(len(self.values), bool)
        first[0] = True
        np.not_equal(self.values[1:], self.values[:-1], out=first[1:])
        return self.values[first] if np.count_nonzero(first) <= limit else None

    def at(self, ranks: Ints) -> Floats:
        return self.values[ranks]

    def ties(self, values: Floats) -> Ints:
        return np.searchsorted(self.values, values, "right") - np.searchsorted(self.values, values, "left")

    def moments(self, middle: float) -> tuple[float, float]:
        first = second = 0.0
        for start in range(0, len(self.values), _CHUNK):
            gap = self.values[start : start + _CHUNK] - middle
            first += float(gap.sum())
            gap *= gap
            second += float(gap.sum())  # not BLAS: its last bits depend on the number of cores
        return first / len(self.values), second / len(self.values)


class SelectedValues:
    """Values in the order of their rows; none is moved, whatever is asked.

    Args:
        values: shape (n,), finite and contiguous, at least one and at most 2**22 of them.
        low, high: the least and the most of them; their distance is finite.
    """

    in_order = False

    def __init__(self, values: Floats, low: float, high: float) -> None:
        self.values, self.low, self.high = values, low, high
        self._distinct: tuple[Floats, Ints] | None = None
        self._known = np.zeros(0)  # the values of the wanted slots, sorted

    def few(self, limit: int) -> Floats | None:
        places = 1 << (4 * limit - 1).bit_length()
        found, rows = np.empty(places), np.zeros(places, np.int64)
        count = kernel("few", WHOLE, ADDRESS, WHOLE, WHOLE, WHOLE, ADDRESS, ADDRESS)(
            address(self.values), len(self.values), limit, places, address(found), address(rows)
        )
        if count < 0:
            return None
        used = np.flatnonzero(rows)
        used = used[np.argsort(found[used])]
        self._distinct = found[used], rows[used]
        return self._distinct[0]

    def at(self, ranks: Ints) -> Floats:
        if self._distinct is not None:
            distinct, rows = self._distinct
            return distinct[np.searchsorted(np.cumsum(rows), ranks, "right")]
        some = np.sort(self.values[:: max(1, len(self.values) // _SAMPLE)])
        one_percent = len(some) // 100
        low, high = some[one_percent], some[-1 - one_percent]
        step = _SLOTS / (high - low) if high > low else 0.0
        grid = (low, step, _SLOTS) if np.isfinite(step) else (low, 0.0, _SLOTS)
        slots = np.zeros(_SLOTS + 1, np.int32)
        kernel("histogram", None, ADDRESS, WHOLE, REAL, REAL, WHOLE, ADDRESS)(
            address(self.values), len(self.values), *grid, address(slots)
        )
        until = np.cumsum(slots, dtype=np.int64)
        slot = np.searchsorted(until, ranks, "right")
        wanted = np.zeros(_SLOTS + 1, bool)
        wanted[slot] = True
        sizes = np.where(wanted, slots, 0)
        starts = np.cumsum(sizes, dtype=np.int64) - sizes
        chosen = np.empty(int(sizes.sum()) + 1)
        count = kernel("choose", WHOLE, ADDRESS, WHOLE, REAL, REAL, WHOLE, ADDRESS, ADDRESS)(
            address(self.values), len(self.values), *grid, address(wanted), address(chosen)
        )
        self._known = chosen[:count]
        self._known.sort()
        return self._known[starts[slot] + ranks - (until - slots)[slot]]

    def ties(self, values: Floats) -> Ints:
        if self._distinct is not None:
            distinct, rows = self._distinct
            return rows[np.searchsorted(distinct, values)]
        return SortedValues(self._known).ties(values)

    def moments(self, middle: float) -> tuple[float, float]:
        reach = max(self.high - middle, middle - self.low)
        if reach == 0:
            return 0.0, 0.0
        exponent = int(np.frexp(reach)[1])
        if not -900 < exponent < 900:  # beyond what a power of two can scale
            return SortedValues(np.sort(self.values)).moments(middle)
        unit, square = 2.0 ** (_FIRST_BITS - exponent), 2.0 ** (_SECOND_BITS - exponent)
        sums = np.empty(2, np.int64)
        kernel("moments", None, ADDRESS, WHOLE, REAL, REAL, REAL, ADDRESS)(
            address(self.values), len(self.values), middle, unit, square, address(sums)
        )
        size = len(self.values)
        return float(sums[0]) / unit / size, float(sums[1]) / square / square / size


def order_of(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None) -> Order | None:
    """The finite, valid values of a column; None where there are none.

    Args:
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
    """
    if available() and COMPILED_ROWS <= len(values) <= _MOST:
        finite, low, high = _finite(values, valid)
        if len(finite) == 0:
            return None
        if len(finite) >= COMPILED_ROWS and np.isfinite(high - low):
            return SelectedValues(finite, low, high)
    else:
        finite = np.array(values, np.float64)
        keep = np.isfinite(finite)
        if valid is not None:
            keep &= valid
        finite = finite if keep.all() else finite[keep]
    return SortedValues(np.sort(finite)) if len(finite) else None


def _finite(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> tuple[Floats, float, float]:
    """The finite, valid values, not copied where all are, and the least and the most of them."""
    values, kind = numbers(values)
    mask, ends = contiguous(valid), np.empty(2)
    gather = kernel("gather", WHOLE, ADDRESS, WHOLE, ADDRESS, WHOLE, ADDRESS, ADDRESS)
    facts = address(values), kind, address(mask), len(values)
    if mask is None and values.dtype == np.float64 and gather(*facts, None, address(ends)) == len(values):
        return values, float(ends[0]), float(ends[1])
    found = np.empty(len(values) + 1)
    count = gather(*facts, address(found), address(ends))
    return found[:count], float(ends[0]), float(ends[1])
