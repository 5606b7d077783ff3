"""Counting and ordering of numbers by the compiled loops: the same integers as `profiles.counting` gives.

A table over a uniform grid between two edges says for most values at once in which cell they lie; where one
or two edges fall into the same slot of the table, one or two comparisons decide; the few values outside, and
those in slots with more edges, go through a binary search.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, REAL, WHOLE, WORD, address, available, contiguous, kernel, numbers
from leadline.profiles.counting import Group, NumericCounts, nothing
from leadline.profiles.distinct import LIMIT, MULTIPLIER, Distinct
from leadline.profiles.numeric import CLIP, UNIT_BITS, NumericAxis

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

__all__ = ["CellTable", "available", "count", "sample", "tally"]

_SLOTS = 1 << 12
_CUTS = (0, 8, 16, 32)
"""Edges at either end that a table may leave out: they crowd or thin out there, where few values lie."""

_PLACES = 4096
"""Places for hashes that are kept, as in `native/sample.c`."""


class _Axis(ctypes.Structure):
    """`Axis` of `native/count.c`."""

    _fields_ = (
        ("edges", ADDRESS), ("exponents", ADDRESS), ("slot", ADDRESS),
        ("cells", WHOLE), ("slots", WHOLE), ("twice", WHOLE),
        ("low", REAL), ("high", REAL), ("step", REAL), ("centre", REAL), ("inverse", REAL),
        ("unit", REAL), ("clip", REAL),
    )  # fmt: skip


class CellTable:
    """An axis as the compiled loops read it, with its table over the widest useful part of the line.

    Attributes:
        axis: the axis.
        searched: edges in slots that the table leaves to a binary search, and edges that it leaves out.
    """

    def __init__(self, axis: NumericAxis) -> None:
        self.axis = axis
        self.searched = axis.cells + 1
        self._edges = np.append(axis.edges, [np.nan, np.nan])
        self._exponents = np.ascontiguousarray(axis.exponents)
        self._slot = np.full(_SLOTS + 1, axis.cells, np.uint16)
        self._facts = _Axis(
            address(self._edges), address(self._exponents), address(self._slot),
            axis.cells, _SLOTS, 0, np.inf, -np.inf, 0.0, axis.centre, 1.0 / axis.scale, 2.0**UNIT_BITS, CLIP,
        )  # fmt: skip
        first, last = axis.near
        first = max(first, int(np.searchsorted(axis.edges, axis.low)))
        last = min(last, int(np.searchsorted(axis.edges, axis.high, side="right")) - 1)
        for cut in _CUTS:
            if self.searched <= 2 * cut or last - first < 2 * cut + 1:
                break
            self._fill(first + cut, last - cut, 2 * cut)

    def _fill(self, first: int, last: int, left_out: int) -> None:
        """Take the table over these edges if it leaves less to the search than the one so far."""
        low, high = float(self.axis.edges[first]), float(self.axis.edges[last])
        step = _SLOTS / (high - low)
        if not (np.isfinite(step) and step > 0):
            return
        slot, twice = np.empty(_SLOTS + 1, np.uint16), np.zeros(1, np.int64)
        fill = kernel("tabulate", WHOLE, ADDRESS, WHOLE, WHOLE, WHOLE, REAL, WHOLE, ADDRESS, ADDRESS)
        searched = left_out + fill(
            address(self._edges), first, last, self.axis.cells, step, _SLOTS, address(slot), address(twice)
        )
        if searched < self.searched:
            self.searched, self._slot = searched, slot
            facts = self._facts
            facts.slot, facts.twice = address(slot), int(twice[0])
            facts.low, facts.high, facts.step = low, high, step

    @property
    def address(self) -> int:
        """Where `native/count.c` finds it, as long as this object lives."""
        return ctypes.addressof(self._facts)


def count(
    table: CellTable,
    values: npt.NDArray[Any],
    valid: Mask | None = None,
    group: Group | None = None,
    groups: int = 1,
    *,
    ordered: bool = False,
) -> NumericCounts:
    """Count the finite, valid values; see `counting.count`.

    Args:
        table: of the axis.
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
        group: shape (rows,), group of each row, 0 <= group < groups; None: all in group 0.
        groups: number of groups.
        ordered: groups come one after the other in ascending order, so that few of them need a look.
    """
    axis = table.axis
    counts = nothing(axis, groups)
    values, kind = numbers(values)
    totals = np.zeros((groups, axis.cells + 1, 2), np.int64)
    odd = np.zeros((axis.cells + 1, 2), np.int64)
    mask = contiguous(valid)
    places = None if group is None else np.ascontiguousarray(group, np.int64)
    kernel(
        "count", None, ADDRESS, ADDRESS, WHOLE, ADDRESS, ADDRESS, WHOLE, WHOLE,
        ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS,
    )(
        table.address, address(values), kind, address(mask), address(places), ordered, len(values),
        address(totals), address(odd), address(counts.squares), address(counts.clipped),
        address(counts.minimum), address(counts.maximum),
    )  # fmt: skip
    counts.minimum[:] += 0.0  # there is one zero
    counts.maximum[:] += 0.0
    counts.cells[:], counts.sums[:] = totals[:, :-1, 0], totals[:, :-1, 1]
    return counts


def sample(values: npt.NDArray[Any], valid: Mask | None = None, shift: int = 0) -> Distinct:
    """The sample of the finite, valid values.

    Args:
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
        shift: of a sample with which this one will be merged: what that leaves out is left out at once.
    """
    values, kind = numbers(values)
    hashes, rows = np.zeros(_PLACES, np.uint64), np.zeros(_PLACES, np.int64)
    mask = contiguous(valid)
    last = kernel("sample", WHOLE, ADDRESS, WHOLE, ADDRESS, WHOLE, WORD, WHOLE, WHOLE, ADDRESS, ADDRESS)(
        address(values), kind, address(mask), len(values), int(MULTIPLIER), LIMIT, shift,
        address(hashes), address(rows),
    )  # fmt: skip
    kept = np.flatnonzero(rows)
    return Distinct.of(hashes[kept], rows[kept], int(last))


def tally(codes: npt.NDArray[Any], valid: Mask | None, size: int) -> npt.NDArray[np.int64]:
    """Rows of each code, shape (size,); nulls are left out.

    Args:
        codes: shape (rows,), whole numbers, 0 <= code < size.
        valid: shape (rows,), False where null; None: all valid.
        size: number of codes.

    Raises:
        ValueError: a code is none of them.
    """
    found = np.zeros(size, np.int64)
    codes, kind = numbers(codes)
    mask = contiguous(valid)
    row = kernel("tally", WHOLE, ADDRESS, WHOLE, ADDRESS, WHOLE, WHOLE, ADDRESS)(
        address(codes), kind, address(mask), len(codes), size, address(found)
    )
    if row < len(codes):
        raise ValueError(f"row {row:,} has code {codes[row]} of {size:,}")
    return found
