"""Metrics of each class against all others."""

from __future__ import annotations

from typing import cast

from leadline.metrics.declare import Metric
from leadline.metrics.performance import (
    accuracy,
    f_beta,
    pr_auc,
    precision,
    prevalence,
    recall,
    roc_auc,
    specificity,
)
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.views import MulticlassCounts

PER_CLASS: tuple[Metric, ...] = (
    precision.METRIC,
    recall.METRIC,
    f_beta.F1,
    specificity.METRIC,
    accuracy.METRIC,
    roc_auc.METRIC,
    pr_auc.METRIC,
    prevalence.PREVALENCE,
    prevalence.PREDICTED_POSITIVE_SHARE,
)
"""What is computed for each class, in the order in which it is shown."""


def per_class(counts: MulticlassCounts) -> dict[str, Estimate]:
    """The metrics `PER_CLASS` by key, each with the classes as the last axis: shape (..., K)."""
    return {metric.key: cast("Estimate", metric.compute(counts.one_vs_rest)) for metric in PER_CLASS}
