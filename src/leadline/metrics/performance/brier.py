"""Brier score."""

from __future__ import annotations

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.probability import mean_loss
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def brier(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Mean squared distance of probabilities and outcomes; shape (...).

    Binary: (score - outcome)^2, 0..1. Several classes: summed over the classes, 0..2 (Brier's original). NaN
    without labelled scores, and where scores lie outside 0..1.
    """
    return mean_loss(counts, "brier", METRIC.range_of(isinstance(counts, BinaryCounts))[1])


METRIC = Metric(
    key="brier",
    title="Brier score",
    family="performance",
    summary="Mean squared distance of probabilities and outcomes.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 2.0),
    binary_range=(0.0, 1.0),
    worse="higher",
    reference="Brier, Mon. Weather Rev. 78 (1950)",
    compute=brier,
)
