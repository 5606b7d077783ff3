"""Area under the precision-recall curve (average precision)."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, bounded_interval, estimate, unavailable
from leadline.metrics.performance.ranking import Ranking, macro, ranking
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def pr_auc(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Average precision: mean over the positives of the precision at their score, 0..1; shape (...).

    Exact for cells that hold one score or one row; else the expectation over random orders within each cell,
    off by at most `bin_error`. NaN without positives or without negatives, and where a quarter of
    the scores share a cell. Several classes: unweighted mean of each class against the rest.
    """
    if isinstance(counts, MulticlassCounts):
        if counts.cells is None:
            return unavailable(counts.confusion.shape[:-2], "there are no scores")
        return macro(pr_auc(counts.one_vs_rest), counts)
    r = ranking(counts)
    if not isinstance(r, Ranking):
        return r
    p, n = r.positive, r.negative
    hits, rows = np.cumsum(p, -1), np.cumsum(p + n, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.maximum(r.positive_squares + r.negative_squares, 0) / (p + n)
        within = _within(p, n, hits - p, rows - p - n, r.tied, np.where(weight > 0, weight, 1.0))
        total = r.p[..., 0]
        value = within[0].sum(-1) / total
        bin_error = np.maximum((within[2] - within[0]).sum(-1), (within[0] - within[1]).sum(-1)) / total
        variance = _variance(r, hits, rows, value)
    error = np.sqrt(variance * counts.inflation)
    low, high = bounded_interval(value, error, r.size)
    return estimate(
        value, error, r.size, r.unranked, low=low, high=high, bin_error=np.maximum(bin_error, 0.0)
    )


def _within(p: Any, n: Any, hits: Any, rows: Any, tied: Any, unit: Any) -> tuple[Any, Any, Any]:
    """Sum of the precisions at a cell's positives: expected, least, most.

    Args:
        p, n: positives and negatives in the cell. hits, rows: positives and all rows above it. tied: they are
            truly tied, or there is one row only. unit: weight of a row.
    """
    m = p + n
    tie = np.where(p > 0, p * (hits + p) / np.where(rows + m > 0, rows + m, 1.0), 0.0)
    single = np.broadcast_to(tied, p.shape) | (m <= unit * (1 + 1e-9))
    count, positives = m / unit, p / unit
    slope = np.where(count > 1, (positives - 1) / np.where(count > 1, count - 1, 1.0), 0.0)
    start, base = hits / unit, rows / unit
    steps = harmonic(base + count) - harmonic(base)
    mixed = slope * count + (start + 1 - slope - slope * base) * steps
    mixed = np.where(p > 0, p / np.where(m > 0, m, 1.0) * mixed, 0.0)
    # Every order has its least precision with the negatives first, its most with the positives tied on top.
    below = rows + n
    if np.array_equal(unit, np.ones_like(unit)):
        fall = harmonic(below + p) - harmonic(below)
    else:
        # Rows of unlike weights: the sum over steps of any size is at least the integral.
        fall = np.log1p(p / np.where(below > 0, below, 1.0))
    least = np.where(p > 0, p + (hits - below) * fall, 0.0)
    most = np.where(p > 0, p * (hits + p) / np.where(rows + p > 0, rows + p, 1.0), 0.0)
    mixed = np.clip(mixed, np.minimum(least, most), most)
    return tuple(np.where(single, tie, x) for x in (mixed, least, most))  # type: ignore[return-value]


def harmonic(x: Any) -> Any:
    """Harmonic numbers of real arguments x >= 0 (digamma(x + 1) + Euler's constant)."""
    x = np.asarray(x, np.float64)
    lift = np.zeros(x.shape)
    small = x < 16
    if small.any():
        s = x[small]
        lift[small] = sum(1.0 / (s + i) for i in range(1, 17))
    y = np.where(small, x + 16, x)
    series = np.log(y) + np.euler_gamma + 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4)
    return series - lift


def _variance(r: Ranking, hits: Any, rows: Any, value: Any) -> Any:
    """Delta method on the cells' counts, with the rows of a cell as ties."""
    precision = np.where(rows > 0, hits / np.where(rows > 0, rows, 1.0), 0.0)
    per_row = np.where(rows > 0, r.positive / np.where(rows > 0, rows, 1.0), 0.0)
    # A row adds to the counts at its own cell and at every cell below it.
    gained = np.cumsum((per_row * (1 - precision))[..., ::-1], -1)[..., ::-1]
    lost = np.cumsum((per_row * precision)[..., ::-1], -1)[..., ::-1]
    slope_positive = (precision - value[..., None] + gained) / r.p
    slope_negative = -lost / r.p
    return (r.positive_squares * slope_positive**2 + r.negative_squares * slope_negative**2).sum(-1)


METRIC = Metric(
    key="pr_auc",
    title="PR AUC",
    family="performance",
    summary="Average precision: mean precision at the scores of the positive rows.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Boyd, Eng and Page, ECML PKDD (2013)",
    compute=pr_auc,
)
