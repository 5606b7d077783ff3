"""Average precision when outcomes are expected, not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.estimators.tables import Bools, Floats
from leadline.metrics.performance.pr_auc import harmonic


@dataclass(frozen=True)
class AveragePrecision:
    """Expected average precision, shape (...), and its slope: by an expected positive, shape (..., C)."""

    value: Floats
    slope: Floats


def average_precision(positive: Floats, rows: Floats, noise: Floats, tied: Bools) -> AveragePrecision:
    """Expected average precision of ranked cells, to second order in the number of positives.

    A row counts itself among the hits when it is positive, so that expected outcomes do not simply take the
    place of known ones: with few positives the difference is large. Without noise this is the metric
    `pr_auc`.

    Args:
        positive, rows, noise: shape (..., C), the highest score first: expected positives, rows, and variance
            of the number of positives of each cell.
        tied: shape (C,): the rows of the cell are truly tied; else they are in random order.
    """
    hits, before = np.cumsum(positive, -1) - positive, np.cumsum(rows, -1) - rows
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rows > 0, positive / rows, 0.0)
        pairs = np.where(rows > 1, (positive**2 + noise - positive) / (rows * (rows - 1)), 0.0)
        steps = harmonic(before + rows) - harmonic(before)
        later = rows - (before + 1) * steps
        end = np.where(before + rows > 0, before + rows, 1.0)
        apart = share * (1 + hits) * steps + pairs * later
        together = (positive * (hits + positive) + noise) / end
        single = tied | (rows <= 1)
        total = positive.sum(-1, keepdims=True)
        found = np.where(single, together, apart)
        value = found.sum(-1) / total[..., 0]

        by_hits = np.where(single, positive / end, share * steps)
        after = by_hits.sum(-1, keepdims=True) - np.cumsum(by_hits, -1)
        one = np.where(rows > 0, rows, 1.0)
        own_apart = (1 + hits) * steps / one + 2 * share * later / one
        own_together = (hits + 2 * positive + 1 - 2 * share) / end
        by_positive = np.where(single, own_together, own_apart) + after
        slope = (by_positive - value[..., None]) / total
        # A ratio of sums that move together: its mean to second order.
        together_moved = (noise * by_positive).sum(-1) / total[..., 0] ** 2
        value = value - together_moved + value * noise.sum(-1) / total[..., 0] ** 2
    none = (total[..., 0] <= 0) | (rows.sum(-1) - total[..., 0] <= 0)
    return AveragePrecision(np.where(none, np.nan, value), np.where(np.isfinite(slope), slope, 0.0))
