"""The counting loop of `profiles.counting`, compiled: the same integers, about three times as fast.

Needs the `fast` extra (Numba). The compiled code is cached on disk beside this file where
that can be written.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.counting import NumericCounts, SlotTable
from leadline.profiles.grid import CLIP, EXPONENTS, UNIT_BITS, NumericAxis

MIN_VALUES = 1 << 24
"""Below this many values loading the compiler takes longer than counting."""

_NO_MASK = np.zeros(0, bool)


def available() -> bool:
    """Numba is installed."""
    return find_spec("numba") is not None


def count(
    axis: NumericAxis,
    table: SlotTable | None,
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None,
) -> NumericCounts:
    """Count the finite, valid values into one group; see `NumericCounter.count`."""
    counts = NumericCounts(
        np.zeros((1, axis.cells), np.int64),
        np.zeros((1, axis.cells), np.int64),
        np.zeros((1, EXPONENTS), np.int64),
        np.zeros(1, np.int64),
        np.full(1, np.inf),
        np.full(1, -np.inf),
    )
    nothing = np.zeros(0)
    if table is None:
        table = SlotTable(0.0, -1.0, 1.0, np.zeros(1, np.intp), nothing, nothing, None, False)
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
        table.first,
        table.second,
        _NO_MASK if table.crowded is None else table.crowded,
        table.crowded is not None,
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

    unit = 2.0**UNIT_BITS
    clip = CLIP

    @numba.njit(nogil=True, cache=True, boundscheck=False)  # type: ignore[untyped-decorator, unused-ignore]
    def kernel(  # type: ignore[no-untyped-def]
        values, valid, masked, edges, exponents, centre, inverse,
        low, high, step, cell, first, second, crowded, has_crowded, double,
        cells, sums, squares, clipped, minimum, maximum,
    ):  # fmt: skip
        least, most = np.inf, -np.inf
        near = np.int64(0)
        last_slot = len(cell) - 1
        for i in range(len(values)):
            if masked and not valid[i]:
                continue
            x = np.float64(values[i])
            if not np.isfinite(x):
                continue
            least = min(least, x)
            most = max(most, x)
            found = np.int64(-1)
            if low <= x < high:
                slot = min(np.int64((x - low) * step), last_slot)
                if not (has_crowded and crowded[slot]):
                    found = cell[slot] + np.int64(x >= first[slot])
                    if double:
                        found += np.int64(x >= second[slot])
            if found < 0:
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
            cells[found] += 1
            if e == 0:
                sums[found] += np.int64(np.rint(z * unit))
                near += np.int64(np.rint((z * z) * unit))
            else:
                if abs(z) > clip:
                    clipped[0] += 1
                    z = min(max(z, -clip), clip)
                scaled = np.ldexp(z, -e)
                sums[found] += np.int64(np.rint(scaled * unit))
                squares[e] += np.int64(np.rint((scaled * scaled) * unit))
        squares[0] += near
        minimum[0] = least
        maximum[0] = most

    return kernel
