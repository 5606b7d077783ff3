"""Exact sums of floats: fixed point, in limbs, so that adding and subtracting is exact in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, WHOLE, address, available, kernel

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LIMB_BITS = (50, 20, -10, -40)
"""A sum is four integers in units of 2**50, 2**20, 2**-10 and 2**-40. Each row adds less than 2**30 to
every limb but the first, so the sums hold for 2**33 rows."""

LIMBS = len(LIMB_BITS)

CHUNK = 1 << 14
"""Rows looked at together: their temporaries stay in the L2 cache, and their integer sums exact."""

WEIGHT_BITS = 20
"""Weights are integers in units of 2**-20 of the grid's unit of weights, their squares in 2**-20 of its
square."""

WEIGHT_CLIP = 4096.0
"""Weights are clipped at this many units, so that 10**9 rows cannot overflow."""

_TOP = 2.0**80


def wide_sum(values: Floats) -> list[int]:
    """The exact sum of `values`, each rounded to 2**-40: four integer limbs; no value may be NaN.

    A value's limbs depend on the value alone, so the sum does not depend on how rows are cut in batches.
    """
    if available():
        values, found = np.ascontiguousarray(values, np.float64), np.zeros(LIMBS, np.int64)
        kernel("wide_sum", None, ADDRESS, WHOLE, ADDRESS)(address(values), len(values), address(found))
        return found.tolist()
    total = [0] * LIMBS
    if values.size == 0:
        return total
    largest = float(np.abs(values).max())
    if largest >= _TOP:
        values, largest = np.clip(values, -_TOP, _TOP), _TOP
    rest = values
    for i, bits in enumerate(LIMB_BITS[:-1]):
        unit = 2.0**bits
        if largest < unit:
            continue
        whole = np.trunc(rest * (1 / unit))
        total[i] = int(whole.sum())
        rest = rest - whole * unit
    total[-1] = int(np.rint(rest * 2.0 ** -LIMB_BITS[-1]).sum())
    return total


def wide_sum_by(groups: npt.NDArray[Any], values: Floats, count: int) -> Integers:
    """`wide_sum` in each of `count` groups; shape (count, LIMBS)."""
    out = np.zeros((count, LIMBS), np.int64)
    rest = values
    for i, bits in enumerate(LIMB_BITS[:-1]):
        whole = np.trunc(rest * 2.0**-bits)
        if whole.any():
            out[:, i] = np.bincount(groups, weights=whole, minlength=count).astype(np.int64)
            rest = rest - whole * 2.0**bits
    fraction = np.rint(rest * 2.0 ** -LIMB_BITS[-1])
    out[:, -1] = np.bincount(groups, weights=fraction, minlength=count).astype(np.int64)
    return out


def decode_sum(limbs: npt.NDArray[np.integer[Any]]) -> Floats:
    """Sums as floats from limbs (..., LIMBS): shape (...)."""
    units = np.array([2.0**bits for bits in LIMB_BITS])
    return (limbs.astype(np.float64) * units).sum(-1)


def decode_sums(
    limbs: npt.NDArray[np.integer[Any]], names: Sequence[str]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Weighted sums of named quantities, and sums weighted by squares, from limbs (..., Q, 1 or 2, LIMBS)."""
    sums = decode_sum(limbs)
    return by_name(sums[..., 0], names), by_name(sums[..., -1], names)


def by_name(values: npt.NDArray[Any], names: Sequence[str]) -> dict[str, Floats]:
    """The last axis as float arrays by name."""
    return {name: values[..., i].astype(np.float64, copy=False) for i, name in enumerate(names)}


def decode_counts(counts: npt.NDArray[np.integer[Any]]) -> tuple[Floats, Floats]:
    """Sums of weights and of their squares from counts (..., 1) or (..., 3); without weights: rows."""
    if counts.shape[-1] == 1:
        rows = counts[..., 0].astype(np.float64)
        return rows, rows
    scaled = counts[..., 1:].astype(np.float64) * 2.0**-WEIGHT_BITS
    return scaled[..., 0], scaled[..., 1]


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of some rows in units of the grid's scale: `w` and its square, rounded to 2**-20."""

    w: Floats
    squares: Floats

    def __getitem__(self, index: Any) -> Weights:
        return Weights(self.w[index], self.squares[index])


def weight_scale(weights: npt.NDArray[Any]) -> float:
    """The unit of weights: the power of two at or below their mean; 1 where no weight is positive."""
    w = np.asarray(weights, np.float64)
    w = w[_usable(w)]
    mean = float(w.mean()) if w.size else 0.0
    return 2.0 ** int(np.floor(np.log2(mean))) if mean > 0 else 1.0


def _usable(weights: Floats) -> Bools:
    """Rows whose weight is finite and not negative; a null is NaN."""
    usable: Bools = np.isfinite(weights) & (weights >= 0)
    return usable


def scaled_weights(weights: Floats, scale: float) -> tuple[Weights, int]:
    """Weights in units of `scale`, rounded, and how many were clipped."""
    relative = weights / scale
    clipped = int((relative > WEIGHT_CLIP).sum())
    unit = 2.0**WEIGHT_BITS
    w = np.rint(np.minimum(relative, WEIGHT_CLIP) * unit) / unit
    return Weights(w, np.rint(w * w * unit) / unit), clipped


def weighed(
    status: dict[str, int],
    rows: int,
    scale: float | None,
    weights: npt.NDArray[Any] | None,
) -> tuple[Any, Weights | None]:
    """Which rows have a usable weight (an index), and those weights; both are trivial without a scale.

    The others, and weights that are clipped, are noted in the status.
    """
    if scale is None:
        return slice(None), None
    raw = np.ones(rows) if weights is None else weights.astype(np.float64, copy=False)
    usable = _usable(raw)
    status["bad_weight"] = rows - int(usable.sum())
    found, status["clipped_weight"] = scaled_weights(raw[usable], scale)
    return usable, found


def moments(scale: float | None) -> tuple[int, int]:
    """Length of the last axis of counts, and of the axis of weights of sums."""
    return (1, 1) if scale is None else (3, 2)


def count_codes(codes: npt.NDArray[Any], cells: int, weights: Weights | None) -> Integers:
    """Rows in each cell, shape (cells, 1); with weights (cells, 3): rows, sum of w, sum of w squared."""
    rows = np.bincount(codes, minlength=cells)
    if weights is None:
        return rows.astype(np.int64)[:, None]
    unit = 2.0**WEIGHT_BITS
    sums = [_exact_bincount(codes, part * unit, cells) for part in (weights.w, weights.squares)]
    return np.stack([rows, *sums], -1).astype(np.int64)


def _exact_bincount(codes: npt.NDArray[Any], units: Floats, cells: int) -> Integers:
    """Sum whole numbers below 2**48 by code without losing a bit: float64 holds 2**53, so in two halves."""
    high = np.trunc(units * 2.0**-24)
    low = units - high * 2.0**24
    parts = [np.bincount(codes, weights=p, minlength=cells).astype(np.int64) for p in (high, low)]
    return (parts[0] << 24) + parts[1]


def weighted_sums(quantities: Iterator[Floats], weights: Weights | None) -> Integers:
    """Sums of several quantities over the same rows: shape (Q, 1, LIMBS), with weights (Q, 2, LIMBS).

    The second axis: sum of w x, sum of w squared x.
    """
    rows = []
    for x in quantities:
        if weights is None:
            rows.append([wide_sum(x)])
        else:
            rows.append([wide_sum(x * weights.w), wide_sum(x * weights.squares)])
    return np.array(rows, np.int64)


def chunks(*columns: npt.NDArray[Any] | None) -> Iterator[tuple[int, list[Any]]]:
    """At most CHUNK rows at a time: how many, and their part of each column; a column may be None."""
    rows = next((len(column) for column in columns if column is not None), 0)
    for start in range(0, rows, CHUNK):
        part = slice(start, min(rows, start + CHUNK))
        yield part.stop - part.start, [None if column is None else column[part] for column in columns]
