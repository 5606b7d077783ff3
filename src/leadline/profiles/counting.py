"""Counting numeric values into the cells of their axis.

Values are taken in chunks that stay in the processor's cache. A chunk is sorted (which modern
processors do at hundreds of millions of values a second) and cut at the edges: the cuts give the counts, and
each cell's values lie together, ready to be summed. The result is exact, and so the same in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.distinct import Sampler, hash_numbers
from leadline.profiles.numeric import CLIP, EXPONENTS, UNIT_BITS, NumericAxis

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Group = npt.NDArray[np.intp]

CHUNK = 1 << 16
"""Values that are sorted together. Sums of a chunk are whole numbers below 2**53, exact as floats."""

FEW = 1 << 10
"""Values of a group in a chunk below which all its groups are counted together: each costs some calls."""

_HALF = 2.0 ** (UNIT_BITS // 2)
"""Values times this square to squares in whole units: scaling by a power of two rounds nothing."""


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


def nothing(axis: NumericAxis, groups: int = 1) -> NumericCounts:
    """The counts of no values: the neutral element of `add`."""
    return NumericCounts(
        np.zeros((groups, axis.cells), np.int64),
        np.zeros((groups, axis.cells), np.int64),
        np.zeros((groups, EXPONENTS), np.int64),
        np.zeros(groups, np.int64),
        np.full(groups, np.inf),
        np.full(groups, -np.inf),
    )


def count(
    axis: NumericAxis,
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None = None,
    group: Group | None = None,
    groups: int = 1,
    sampler: Sampler | None = None,
) -> NumericCounts:
    """Count the finite, valid values.

    Args:
        axis: the cells.
        values: shape (rows,), any real dtype.
        valid: shape (rows,), False where null; None: all valid.
        group: shape (rows,), group of each row, 0 <= group < groups; None: all in group 0.
        groups: number of groups.
        sampler: takes the values on the way; only without groups.
    """
    total = nothing(axis, groups)
    for start in range(0, len(values), CHUNK):
        rows = slice(start, start + CHUNK)
        x = np.array(values[rows], np.float64)
        if valid is not None:
            np.copyto(x, np.nan, where=~valid[rows])
        if group is None:
            x.sort()
            _add(axis, finite(x), 0, total, sampler)
        else:
            _by_group(axis, x, group[rows], total)
    return _unsigned(total)


def count_sorted(axis: NumericAxis, ordered: Floats, sampler: Sampler | None = None) -> NumericCounts:
    """Count finite values that are in ascending order already, as when a grid was learned from them."""
    total = nothing(axis)
    for start in range(0, len(ordered), CHUNK):
        _add(axis, ordered[start : start + CHUNK], 0, total, sampler)
    return _unsigned(total)


def _unsigned(total: NumericCounts) -> NumericCounts:
    """With extremes of one zero: which of both came first does not matter."""
    total.minimum[:] += 0.0
    total.maximum[:] += 0.0
    return total


def _by_group(axis: NumericAxis, x: Floats, g: Group, total: NumericCounts) -> None:
    """Each group's values in order; rows mostly come group by group, then they need not be moved."""
    if len(g) == 0:
        return
    if (g[1:] < g[:-1]).any():
        order = np.argsort(g, kind="stable")
        x, g = x[order], g[order]
    starts = _starts(g)
    if len(g) < FEW * len(starts):
        _add_side_by_side(axis, x, g, total)
        return
    for start, stop in zip(starts, [*starts[1:], len(g)], strict=True):
        _add(axis, finite(np.sort(x[start:stop])), int(g[start]), total)


def _add_side_by_side(axis: NumericAxis, x: Floats, g: Group, total: NumericCounts) -> None:
    """Add values to many groups, group by group in order, each value by itself."""
    keep = np.isfinite(x)
    if not keep.all():
        x, g = x[keep], g[keep]
    if len(x) == 0:
        return
    starts = _starts(g)
    here = g[starts]
    total.minimum[here] = np.minimum(total.minimum[here], np.minimum.reduceat(x, starts))
    total.maximum[here] = np.maximum(total.maximum[here], np.maximum.reduceat(x, starts))
    cell = np.searchsorted(axis.edges, x, side="right") - 1
    row = np.repeat(np.arange(len(here)), np.diff(starts, append=len(g)))

    def add(to: Ints, column: Ints, weights: Floats | None = None) -> None:
        width = to.shape[1]
        sums = np.bincount(row * width + column, weights, len(here) * width)
        to[here] += sums.astype(np.int64, copy=False).reshape(-1, width)

    add(total.cells, cell)
    with np.errstate(over="ignore"):
        z = x - axis.centre
        z *= _HALF * (1.0 / axis.scale)
    far = np.flatnonzero((cell < axis.near[0]) | (cell >= axis.near[1]))
    exponent, clip = axis.exponents[cell], CLIP * _HALF
    np.add.at(total.clipped, g[far], np.abs(z[far]) > clip)
    z[far] = np.ldexp(np.clip(z[far], -clip, clip), -exponent[far])
    add(total.squares, exponent, _squares(z))
    z *= _HALF
    add(total.sums, cell, np.rint(z, out=z))


def _starts(g: Group) -> Group:
    """Where each group begins, of rows group by group; at least one."""
    return np.concatenate([[0], np.flatnonzero(g[1:] != g[:-1]) + 1])


def finite(ordered: Floats) -> Floats:
    """The finite values of a sorted array: NaN and infinity come last, minus infinity first."""
    if len(ordered) == 0 or (np.isfinite(ordered[0]) and np.isfinite(ordered[-1])):
        return ordered
    start = np.searchsorted(ordered, -np.inf, side="right")
    return ordered[start : np.searchsorted(ordered, np.inf, side="left")]


def _add(
    axis: NumericAxis, ordered: Floats, g: int, total: NumericCounts, sampler: Sampler | None = None
) -> None:
    """Add a sorted chunk of finite values to a group."""
    if len(ordered) == 0:
        return
    total.minimum[g] = min(total.minimum[g], ordered[0])
    total.maximum[g] = max(total.maximum[g], ordered[-1])
    cuts = ordered.searchsorted(axis.edges)
    size = cuts[1:] - cuts[:-1]
    filled = size.nonzero()[0]
    total.cells[g] += size
    if sampler is not None:
        if axis.atoms[filled].all():
            sampler.add_hashes(hash_numbers(axis.edges[filled]), size[filled])
        else:
            sampler.add(ordered)
    with np.errstate(over="ignore"):
        z = ordered - axis.centre
        z *= _HALF * (1.0 / axis.scale)
    first, last = (int(cuts[cell]) for cell in axis.near)
    total.squares[g, 0] += int(_squares(z[first:last]).sum())
    low, high = slice(0, axis.near[0]), slice(axis.near[1], axis.cells)
    for part, cells in ((slice(0, first), low), (slice(last, len(z)), high)):
        if part.start < part.stop:
            _scale_far(z[part], np.repeat(axis.exponents[cells], size[cells]), g, total)
    z *= _HALF
    np.rint(z, out=z)
    total.sums[g, filled] += np.add.reduceat(z, cuts[filled]).astype(np.int64)


def _squares(z: Floats) -> Floats:
    """Squares in whole units, of values in units of 1 / `_HALF`."""
    squares = z * z
    return np.rint(squares, out=squares)


def _scale_far(z: Floats, exponent: Ints, g: int, total: NumericCounts) -> None:
    """Put values into the units of their cells, in place, and add their squares."""
    clip = CLIP * _HALF
    total.clipped[g] += np.count_nonzero(np.abs(z) > clip)
    np.ldexp(np.clip(z, -clip, clip), -exponent, out=z)
    squares = np.bincount(exponent, weights=_squares(z), minlength=EXPONENTS)
    total.squares[g] += squares.astype(np.int64)
