"""Ratios of sums: users' metrics, and the mean of a column as a proxy of performance."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_sums import (
    Bools,
    Integers,
    by_name,
    chunks,
    count_codes,
    decode_counts,
    decode_sums,
    moments,
    weighed,
    weighted_sums,
)

CLIP = 2.0**20
"""Standardised values are clipped here, and the clipped rows counted."""

QUANTITIES = ("numerator", "denominator", "numerator2", "denominator2", "product")

STATUS = ("rows", "bad_weight", "clipped_weight", "missing", "clipped")
"""Counted conditions of rows; missing: numerator or denominator is null, NaN or infinite."""


class RatioGrid(msgspec.Struct, frozen=True, tag="ratio"):
    """How a ratio of two sums is counted.

    Attributes:
        numerator_scale, denominator_scale: powers of two at or below the root mean squares.
        weight_scale: unit of weights; None: rows are not weighted.
    """

    numerator_scale: float = 1.0
    denominator_scale: float = 1.0
    weight_scale: float | None = None


def learn_ratio(
    numerator: npt.NDArray[Any],
    denominator: npt.NDArray[Any] | None = None,
    weight_scale: float | None = None,
) -> RatioGrid:
    """Learn the scales from (a sample of) the reference; NaN and infinite values are ignored."""
    return RatioGrid(_scale(numerator), 1.0 if denominator is None else _scale(denominator), weight_scale)


def _scale(values: npt.NDArray[Any]) -> float:
    x = np.abs(values[np.isfinite(values)].astype(np.float64))
    largest = float(x.max()) if x.size else 0.0
    if not 1e-290 < largest < 1e290:
        return 1.0
    rms = largest * float(np.sqrt(np.mean((x / largest) ** 2)))
    return 2.0 ** int(np.floor(np.log2(rms)))


def empty_ratio(grid: RatioGrid) -> dict[str, Integers]:
    """The counts of no rows: the neutral element of adding."""
    counts, second = moments(grid.weight_scale)
    return {
        "status": np.zeros(len(STATUS), np.int64),
        "counted": np.zeros((1, counts), np.int64),
        "sums": np.zeros((len(QUANTITIES), second, 4), np.int64),
    }


def count_ratio(
    grid: RatioGrid,
    numerator: npt.NDArray[Any],
    denominator: npt.NDArray[Any] | None = None,
    valid: Bools | None = None,
    weights: npt.NDArray[Any] | None = None,
) -> dict[str, Integers]:
    """Count one batch; without `denominator` every row counts 1, and the ratio is a mean."""
    out = empty_ratio(grid)
    for rows, (a, b, present, given) in chunks(numerator, denominator, valid, weights):
        status = dict.fromkeys(STATUS, 0)
        status["rows"] = rows
        usable, w = weighed(status, rows, grid.weight_scale, given)
        a = a[usable].astype(np.float64)
        b = np.ones(len(a)) if b is None else b[usable].astype(np.float64)
        keep = np.isfinite(a) & np.isfinite(b)
        if present is not None:
            keep &= present[usable]
        status["missing"] = len(a) - int(keep.sum())
        a, b, w = a[keep] / grid.numerator_scale, b[keep] / grid.denominator_scale, w and w[keep]
        status["clipped"] = int(((np.abs(a) > CLIP) | (np.abs(b) > CLIP)).sum())
        a, b = np.clip(a, -CLIP, CLIP), np.clip(b, -CLIP, CLIP)
        out["counted"] += count_codes(np.zeros(len(a), np.intp), 1, w)
        out["sums"] += weighted_sums(iter((a, b, a * a, b * b, a * b)), w)
        out["status"] += np.array(list(status.values()), np.int64)
    return out


def decode_ratio(grid: RatioGrid, counts: dict[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """The same counts as float arrays, by the names of `metrics.performance.RatioCounts`."""
    counted, counted_squares = decode_counts(counts["counted"])
    sums, sums_squares = decode_sums(counts["sums"], QUANTITIES)
    return {
        "status": by_name(counts["status"], STATUS),
        "rows": counts["counted"][..., 0, 0].astype(np.float64),
        "counted": counted[..., 0],
        "counted_squares": counted_squares[..., 0],
        "sums": sums,
        "sums_squares": sums_squares,
        "unit": grid.numerator_scale / grid.denominator_scale,
    }
