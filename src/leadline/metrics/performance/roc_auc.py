"""Area under the ROC curve."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, bounded_interval, estimate, unavailable
from leadline.metrics.performance.ranking import Ranking, macro, ranking
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def roc_auc(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Chance that a random positive has a higher score than a random negative, ties half, 0..1; shape (...).

    Rows of one cell count as ties: exact for cells of one score, and off by at most `bin_error` else.
    Standard error of DeLong from the cells. Any range of scores. NaN with one class only, and where
    scores so far from the reference's that a quarter of them share a cell cannot be ranked. Several classes:
    unweighted mean of each class against the rest.
    """
    if isinstance(counts, MulticlassCounts):
        if counts.cells is None:
            return unavailable(counts.confusion.shape[:-2], "there are no scores")
        return macro(roc_auc(counts.one_vs_rest), counts)
    r = ranking(counts)
    if not isinstance(r, Ranking):
        return r
    with np.errstate(divide="ignore", invalid="ignore"):
        above = (np.cumsum(r.positive, -1) - r.positive / 2) / r.p
        below = 1 - (np.cumsum(r.negative, -1) - r.negative / 2) / r.n
        value = (r.positive * below).sum(-1) / r.p[..., 0]
        centre = value[..., None]
        variance = _variance(r.positive_squares, below - centre, r.p)
        variance = variance + _variance(r.negative_squares, above - centre, r.n)
        unresolved = np.where(r.tied, 0.0, r.positive * r.negative).sum(-1)
        bin_error = unresolved / (2 * r.p * r.n)[..., 0]
        error = np.sqrt(variance * counts.inflation)
        third = _third(r.positive, below - centre, r.p) + _third(r.negative, above - centre, r.n)
        skewness = np.where(variance > 0, third / variance**1.5, 0.0) * np.sqrt(counts.inflation)
    low, high = bounded_interval(value, error, r.size)
    return estimate(
        value, error, r.size, r.unranked, low=low, high=high, bin_error=bin_error, skewness=skewness
    )


def _variance(squares: np.ndarray, deviation: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Variance of the mean of one side's placements, with the small-sample factor n / (n - 1)."""
    size = total[..., 0] ** 2 / squares.sum(-1)
    return (squares * deviation**2).sum(-1) / total[..., 0] ** 2 * size / np.maximum(size - 1, 1.0)


def _third(mass: np.ndarray, deviation: np.ndarray, total: np.ndarray) -> np.ndarray:
    return (mass * deviation**3).sum(-1) / total[..., 0] ** 3


METRIC = Metric(
    key="roc_auc",
    title="ROC AUC",
    family="performance",
    summary="Chance that a random positive row has a higher score than a random negative one.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Hanley and McNeil, Radiology 143 (1982); DeLong et al., Biometrics 44 (1988)",
    compute=roc_auc,
)
